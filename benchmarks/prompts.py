"""Which wording gives more usable replies: `uv run python benchmarks/prompts.py ROLE PROMPT [PROMPT ...]`.

ROLE is instructions, input_first or output_first; a PROMPT is a shipped name or a file that ends in .yaml. All get the
same questions: instruction requests about the chain's seeds, or instances for seeds that the prompt does not show.
Usable is a reply of which something is left: an instruction that joins the pool, or an instance that the chain's
filters keep. First attempts only.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains import load_config, read_seeds
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files.chain import parse_overrides
from selfinstruct_chains.files.seeds import seeds_source
from selfinstruct_chains.method.graph import finisher
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.run.assembly import as_known_for, demonstrations, links, role_models
from selfinstruct_chains.run.journal import call_seed
from selfinstruct_chains.run.language import in_language, lexicon_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import AIMessage

    from selfinstruct_chains.config import ChainConfig, Role
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.tasks import Task

_SECTIONS = {"instructions": "instructions"} | {role: f"instances.{role}" for role in ("input_first", "output_first")}


class Tally(NamedTuple):
    """What came of the replies to one prompt."""

    asked: int
    readable: int
    """Replies that the parser could read."""
    usable: int
    kept: int
    """Instructions or instances that are left."""
    tokens: int
    """Of prompts and replies."""
    seconds: float


def questions(role: Role, links_: Links, config: ChainConfig, seeds: Sequence[Task], count: int) -> list[Any]:
    """What a role is asked: instructions to show, or instructions that its prompt does not show."""
    if role == "instructions":
        pool = Pool(config, seeds, lexicon=lexicon_of(config))
        return [pool.draw(request, 0).asked for request in range(count)]
    shown = links_.prompt("").to_string()
    kind = role == "output_first"
    hidden = [task.instruction for task in seeds if task.is_classification == kind and task.instruction not in shown]
    return Random(config.run.seed).sample(hidden, min(count, len(hidden)))


def keeper(role: Role, config: ChainConfig, seeds: Sequence[Task]) -> Callable[[Any, Any], int]:
    """The function that says how many items of a parsed reply are left."""
    if role == "instructions":
        pool = Pool(config, seeds, lexicon=lexicon_of(config))
        return lambda _, parsed: sum(pool.admit("", text) is None for text in parsed.items)
    finish = finisher(config.filters, config.instances.max_instances, (), lexicon_of(config))
    is_classification = role == "output_first"
    return lambda text, parsed: len(
        finish.invoke({"instruction": text, "is_classification": is_classification, "parsed": parsed}).instances
    )


async def tally(role: Role, config: ChainConfig, count: int) -> Tally:
    """Ask about all of it, and count."""
    seeds = read_seeds(seeds_source(config))
    config = in_language(config, seeds)
    kinds = {each: config.model_for(each).kind for each in ROLES}
    config = as_known_for(config, role_models(config).models, hopeful=True)
    own = links(config, demonstrations(config, seeds), kinds)[role]
    model = role_models(config).models[role]
    asked = questions(role, own, config, seeds, count)
    limit = asyncio.Semaphore(config.run.max_concurrency)

    async def ask(number: int, value: Any) -> AIMessage:
        async with limit:
            message: AIMessage = await model.ainvoke(
                own.prompt(value), seed=call_seed(config.run.seed, f"{role}/{number}/1"), **own.options
            )
            return message

    started = time.perf_counter()
    replies = await asyncio.gather(*(ask(number, value) for number, value in enumerate(asked)))
    seconds = time.perf_counter() - started
    if isinstance(model, ConfiguredModel):
        await model.aclose()
    keep, kept = keeper(role, config, seeds), []
    for value, reply in zip(asked, replies, strict=True):
        try:
            kept.append(keep(value, own.parser.invoke(reply)))
        except UnreadableReply:
            continue
    tokens = sum(reply.usage_metadata["total_tokens"] for reply in replies if reply.usage_metadata)
    return Tally(len(asked), len(kept), sum(map(bool, kept)), sum(kept), tokens, seconds)


def main() -> None:
    """Print a line for each prompt."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=list(_SECTIONS))
    parser.add_argument("prompts", nargs="+", metavar="PROMPT")
    parser.add_argument("--chain", default="embedded")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="KEY=VALUE, of the chain")
    parser.add_argument("--output", choices=["text", "json_schema"], help="instead of the chain's")
    parser.add_argument("--count", type=int, default=40, help="replies asked of each prompt")
    given = parser.parse_args()
    section = _SECTIONS[given.role]
    print(f"{'prompt':<28}{'asked':>6}{'readable':>10}{'usable':>10}{'kept':>7}{'tokens':>9}{'seconds':>9}")
    for prompt in given.prompts:
        changes = {f"{section}.prompt": prompt} | ({f"{section}.output": given.output} if given.output else {})
        changes |= parse_overrides(given.settings)
        found = asyncio.run(tally(given.role, load_config(given.chain, changes), given.count))
        shares = "".join(f"{part / found.asked:>10.0%}" for part in (found.readable, found.usable))
        print(
            f"{prompt[-27:]:<28}{found.asked:>6}{shares}{found.kept:>7}{found.tokens:>9,}{found.seconds:>9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

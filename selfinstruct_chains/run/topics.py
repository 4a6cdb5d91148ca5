"""Topics that the model writes: `topics: {ask: N}` of a chain, before a run's first request.

One call after another asks for more, and shows what is there. They are read and filtered as instructions are, by
refusals, keywords and ROUGE-L among one another. What was found stands in the journal, and is fixed for the folder.
"""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct_chains.config import KeywordFilter, RefusalFilter
from selfinstruct_chains.errors import ConfigError, ItemRefused
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.filters import drop_instruction, scripts
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.parsers import InstructionsParser
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.rendering import numbered
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.found import TOPICS, Listed, found_key
from selfinstruct_chains.run.language import lexicon_of
from selfinstruct_chains.run.settling import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import ChainConfig, Kind
    from selfinstruct_chains.run.settling import Settling

AT_ONCE = 20
"""Topics that a call asks for."""
_LONGEST = 300  # characters
_IN_VAIN = 2  # calls without a new topic, one after another, after which no more are made


def calls_to_ask(config: ChainConfig) -> int:
    """Calls that a run makes to have its topics written, as long as each gives what it is asked for."""
    return ceil(config.topics.ask / AT_ONCE) if config.topics else 0


async def ask_topics(given: Settling, note: Callable[[str], None]) -> ChainConfig:
    """The chain with the topics that its model wrote, where it asks for them; `note` is told how many there are.

    Raises:
        ConfigError: none came, or the step for instructions is the user's own.
        ProviderError: the provider does not answer.
        RunStopped: the run is ending.
    """
    config = given.config
    if config.topics is None or not config.topics.ask:
        return config
    if "instructions" in given.own.steps:
        raise ConfigError("topics: ask: your own step for instructions can't be asked for topics; list them")
    names = await _written(given, config.topics.ask)
    if not names:
        raise ConfigError("topics: ask: the model's replies held no topic; list them in the chain: topics: [...]")
    found = Listed(names=tuple(names), wanted=config.topics.ask)
    given.journal.write(Entry.found(found_key("instructions", TOPICS), found.model_dump(mode="json")))
    for line in found.lines():
        note(line)
    return found.applied(config)


async def _written(given: Settling, wanted: int) -> list[str]:
    names: list[str] = []
    index = NoveltyIndex(given.config.novelty.threshold, given.config.novelty.tokenizer)
    call = in_vain = 0
    while len(names) < wanted and in_vain < _IN_VAIN:
        call += 1
        new = [one for one in await _asked(given, call, names, wanted) if _is_new(one, given, index)]
        names += new[: wanted - len(names)]
        in_vain = 0 if new else in_vain + 1
    return names


def _is_new(name: str, given: Settling, index: NoveltyIndex) -> bool:
    """Whether it is a topic that is not there yet; it is from now on."""
    kept = tuple(one for one in given.config.filters if isinstance(one, RefusalFilter | KeywordFilter))
    known = scripts(task.instruction for task in given.seeds)
    if len(name) > _LONGEST or drop_instruction(name, kept, known, lexicon_of(given.config)) or index.nearest(name):
        return False
    index.add(name, name)
    return True


async def _asked(given: Settling, number: int, names: Sequence[str], wanted: int) -> list[str]:
    """The topics in the reply to a call; none where it can't be read, or is refused."""
    kind = given.found.kinds["instructions"]
    prompt, stop = topics_prompt(given, number, names, min(AT_ONCE, wanted - len(names)), kind)
    parser = InstructionsParser(reply_characters=given.config.run.reply_characters, lexicon=lexicon_of(given.config))
    options = {"stop": stop} if kind == "completion" else {}
    try:
        message = await answer(given, "instructions", found_key("instructions", TOPICS + number), prompt, options)
    except ItemRefused:
        return []
    # A completion goes on behind the number of its first topic, which may be followed by a list of any kind.
    marks = ("", f"{len(names) + 1}. ", "1. ", "- ") if kind == "completion" else ("",)
    items = max((_items(parser, message, mark) for mark in marks), key=len)
    return [" ".join(item.split()).rstrip(".") for item in items]


def _items(parser: InstructionsParser, message: AIMessage, mark: str) -> tuple[str, ...]:
    """What a reply lists if it begins with this mark; nothing where it can't be read."""
    try:
        return parser.read(message.model_copy(update={"content": f"{mark}{message.text}"})).items
    except UnreadableReply:
        return ()


def topics_prompt(
    given: Settling, number: int, names: Sequence[str], ask: int, kind: Kind
) -> tuple[PromptValue, list[str]]:
    """What a call is told, and what ends its reply: other seeds each time, and the topics that are there."""
    config = given.config
    prompt = load_prompt("topics", "topics", "text", beside=Path(), at="topics", language=config.prompts_in)
    prompt = prompt.about(config.subject("topics"))
    shown = [example.instruction for example in Pool(config, given.seeds).draw(number, 0).examples]
    there = f"\n{numbered(names)}" if names else ("none yet" if kind == "chat" else "")
    form = template(prompt, kind, "text", system_role=config.instructions.model.system_role is not False)
    first, last = len(names) + 1, len(names) + ask
    values = {"examples": numbered(shown), "known": there, "ask": str(ask), "first": str(first), "last": str(last)}
    return form.invoke(values), list(prompt.completion.stop)

"""The exact prompt of a role, without calling anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import ROLES, ChainConfig, Kind, Role
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.method.demonstrations import CHARACTERS_PER_TOKEN
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.run.assembly import demonstrations, links

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.prompt_values import PromptValue


class Preview(NamedTuple):
    """A prompt, and what there is to say of it."""

    prompt: str
    about: str
    """Who gets it, how long it is, and what ends the reply: one line."""
    notes: tuple[str, ...]


def preview(
    config: ChainConfig, role: Role, *, kind: Kind | None = None, seeds: Path | None = None, instruction: str = ""
) -> Preview:
    """What the model of `role` is given: for "instructions" in request 0, for the others about `instruction`.

    Raises:
        DataError: the seeds can't be read, or are too few.
    """
    tasks = read_seeds(seeds or shipped.SEEDS)
    shown = demonstrations(config, tasks)
    kinds = {name: kind or config.model_for(name).kind for name in ROLES}
    part = links(config, shown, kinds)[role]
    examples = [example.instruction for example in Pool(config, tasks).draw(0, 0)]
    text = _written(part.prompt(examples if role == "instructions" else instruction))
    model = config.model_for(role)
    tokens = len(text) // CHARACTERS_PER_TOKEN
    stop = "".join(f", ends at {stop!r}" for stop in part.options.get("stop", []))
    size = f"{len(text):,} characters, at most about {tokens:,} tokens"
    about = f"{model.provider}: {model.name}, {kinds[role]}; {size}{stop}"
    return Preview(text, about, tuple(note for note in shown.notes if note.startswith(role)))


def _written(prompt: PromptValue) -> str:
    messages = prompt.to_messages()
    if len(messages) == 1:
        return prompt.to_string()
    return "\n\n".join(f"[{message.type}]\n{message.content}" for message in messages)

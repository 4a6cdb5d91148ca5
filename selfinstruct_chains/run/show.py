"""The exact prompt of a role, without calling anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import ROLES, ChainConfig, Kind, Role
from selfinstruct_chains.files.seeds import read_seeds, seeds_source
from selfinstruct_chains.method.demonstrations import CHARACTERS_PER_TOKEN, Demonstrations
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.run.assembly import as_known_for, demonstrations, links, role_models
from selfinstruct_chains.run.language import language_line

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.prompt_values import PromptValue


class ShownPrompt(NamedTuple):
    """A prompt, and what there is to say of it."""

    prompt: str
    about: str
    """Who gets it, how long it is, and what ends the reply: one line."""
    notes: tuple[str, ...]


def show_prompt(
    config: ChainConfig, role: Role, *, kind: Kind | None = None, seeds: Path | None = None, instruction: str = ""
) -> ShownPrompt:
    """What the model of `role` is given: for "instructions" in request 0, for the others about `instruction`.

    Raises:
        DataError: the seeds can't be read, or are too few.
    """
    tasks = read_seeds(seeds_source(config, seeds))
    language = language_line(config, tasks)
    wanted = config.role(role).output
    config = as_known_for(config, role_models(config).models, hopeful=True)
    shown = demonstrations(config, tasks)
    kinds = {name: kind or config.model_for(name).kind for name in ROLES}
    part = links(config, shown, kinds)[role]
    first = Pool(config, tasks).draw(0, 0)
    text = as_text(part.prompt(first.asked if role == "instructions" else instruction))
    model = config.model_for(role)
    tokens = len(text) // CHARACTERS_PER_TOKEN
    stop = "".join(f", ends at {stop!r}" for stop in part.options.get("stop", []))
    size = f"{len(text):,} characters, at most about {tokens:,} tokens"
    output = f", output: auto: {config.role(role).output}" if wanted == "auto" else ""
    given = shown.by_role.get(role, Demonstrations("", len(first.examples), 0))
    made = f"{given.shown} examples" + (f" ({given.filled_up} of them shipped)" if given.filled_up else "")
    made += f"; seeds too long for one (example_characters): {given.too_long}" if given.too_long else ""
    about = f"{model.provider}: {model.name}, {kinds[role]}{output}; {made}; {size}{stop}"
    return ShownPrompt(text, about, (language, *(note for note in shown.notes if note.startswith(role))))


def as_text(prompt: PromptValue) -> str:
    """A prompt as people read it: a chat model's messages below their authors."""
    if isinstance(prompt, StringPromptValue):
        return prompt.to_string()
    return "\n\n".join(f"[{message.type}]\n{message.content}" for message in prompt.to_messages())

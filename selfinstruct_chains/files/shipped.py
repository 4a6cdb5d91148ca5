"""Where the data folders lie: an installed wheel carries them in `data/`, a checkout keeps them at its root."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_INSTALLED = files("selfinstruct_chains") / "data"
_ROOT: Traversable = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[2]

CHAINS: Traversable = _ROOT / "chains"
"""The shipped chain files, one `*.yaml` each."""

PROMPTS: Traversable = _ROOT / "prompts"
"""The shipped prompt files, one `*.yaml` each."""

LANGUAGES: Traversable = PROMPTS / "languages"
"""What languages say for the method, one `*.yaml` each. Beside it lie prompts in other languages, a folder for each."""

SEEDS: Traversable = _ROOT / "seeds" / "seed_tasks.jsonl"
"""The shipped seed tasks."""

LANGUAGE_SEEDS: Traversable = _ROOT / "seeds" / "languages"
"""Twenty seed tasks for each of some languages, one `TAG.jsonl` each."""

HELDOUT: Traversable = _ROOT / "seeds" / "heldout_tasks.jsonl"
"""The shipped held-out tasks, which only an evaluation reads."""


def names(folder: Traversable) -> list[str]:
    """The names of the YAML files in `folder`, without their suffix, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def prompt_languages() -> list[str]:
    """The BCP 47 tags of the languages that prompts are shipped in besides English, sorted."""
    return sorted(
        entry.name for entry in PROMPTS.iterdir() if entry.is_dir() and (entry / "instructions.yaml").is_file()
    )


def prompts_in(language: str, name: str) -> Traversable:
    """The folder that has the prompt `name` in a language; that of the English ones where it is not there."""
    folder = PROMPTS / language if language in prompt_languages() else PROMPTS
    return folder if name in names(folder) else PROMPTS

"""prompts/languages/*.yaml -> Language."""

from __future__ import annotations

from functools import cache

from selfinstruct_chains.config import Language, whole_language
from selfinstruct_chains.files import shipped, yaml

ENGLISH = "en"


def load_language(tag: str) -> Language | None:
    """What is shipped for the language of a BCP 47 tag: for "pt-BR" that of "pt", for "yue" that of "zh"; else None.

    Raises:
        ConfigError: its file is not sound.
    """
    name = whole_language(tag)
    return _load(name) if name in shipped.names(shipped.LANGUAGES) else None


def load_languages() -> tuple[Language, ...]:
    """All that are shipped, English first.

    Raises:
        ConfigError: a file is not sound.
    """
    names = shipped.names(shipped.LANGUAGES)
    return tuple(map(_load, sorted(names, key=lambda name: (name != ENGLISH, name))))


@cache
def _load(name: str) -> Language:
    source = yaml.Source(shipped.LANGUAGES / f"{name}.yaml", f"prompts/languages/{name}.yaml")
    return yaml.validate(Language, yaml.read(source, quick=True), lambda key: f"{source.shown}: {key}")

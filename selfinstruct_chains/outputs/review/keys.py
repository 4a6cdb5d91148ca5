"""The keys of the review page, and other ones that a reviewer would rather press."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from selfinstruct_chains.outputs.review.cards import Features, Question

_MOVES = {"skip": "s", "undo": "u", "search": "/", "guidelines": "g"}


def usual_keys(questions: Sequence[Question], features: Features) -> dict[str, str]:
    """Each key by what it does: an answer's text in small letters where it is one word, else its value, and moves."""
    keys = {action_of(choice.value, choice.text): choice.key for question in questions for choice in question.choices}
    keys |= _MOVES
    keys |= {"back": "b"} if features.back else {}
    keys |= {"comment": "c"} if features.comment else {}
    return keys | ({"correct": "e"} if features.correct else {})


def action_of(value: bool | str, text: str) -> str:  # noqa: FBT001 - an answer
    """What an answer is called in `--keys`: yes, no, unsure, or a level's letter."""
    return text.lower() if isinstance(value, bool) else value.lower()


def own_keys(given: str, usual: Mapping[str, str]) -> dict[str, str]:
    """All keys by what they do, with those of `given`, such as "yes=j,no=k".

    Raises:
        ConfigError: there is nothing of that name, a key is not one character, or does two things.
    """
    keys = dict(usual)
    for part in filter(None, (part.strip() for part in given.split(","))):
        name, equals, key = (piece.strip() for piece in part.partition("="))
        if not equals or len(key) != 1 or not key.isprintable():
            raise ConfigError(f"--keys {part!r}: one character for each is expected, as in yes=j,no=k")
        if name.lower() not in keys:
            raise ConfigError(f"--keys: no {name!r}{did_you_mean(name, keys)}; there are {', '.join(keys)}")
        keys[name.lower()] = key.lower()
    for name, key in keys.items():
        if twice := [other for other, its in keys.items() if its == key and other != name]:
            raise ConfigError(f"--keys: {key!r} can't be both {name} and {twice[0]}; give one of them another key")
    return keys

"""Which values of a chain shape the dataset, and which of them enter its fingerprint."""

from __future__ import annotations

from typing import Any

NOT_SHAPING = frozenset(
    {"base_url", "api_key_env", "headers_env", "timeout", "server", "requests_per_minute", "tokens_per_minute"}
    | {"max_concurrency", "patience", "give_up_after", "max_failing_share", "price"}
    | {"max_response_mib"}
)
"""Keys that change how a run goes, but not which dataset it gives; they stay out of the fingerprint."""

WHERE = ("run.engine", "run.ray.")
"""How the dotted keys begin that say where calls are made, which changes nothing either."""

REPLY_CHARACTERS = 200_000
"""Characters of a reply that are read, where the chain file does not say."""
SINCE_FORMAT_1: dict[str, Any] = {
    "prompt.chat.turns": [],
    "classification_only": False,
    "model.optional": [],
    "model.system_role": None,
    "run.reply_characters": REPLY_CHARACTERS,
    "language": "en",
    "domain": None,
    "topics": None,
    "prompt.parts": {},
    "prompt_language": "english",
}
"""Keys that came after the first format of run folders, with the value that was in force before: with it they
stay out of the fingerprint, so that a newer version finds its runs."""


def is_new_and_unset(key: str, value: Any) -> bool:
    """Whether a dotted key came after the first format and has the value that was in force before."""
    return any(f".{key}".endswith(f".{name}") and value == unset for name, unset in SINCE_FORMAT_1.items())

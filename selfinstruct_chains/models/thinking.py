"""Models that think before they reply: their hidden thoughts are paid for, and count against `max_tokens`.

LangChain's profiles say which models can; where there is none, names do. For some it has to be switched on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.models.forms import without_key
from selfinstruct_chains.models.sampling import profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

ROOM = 1024
"""Tokens that a limit should have with thoughts in it: the least that Anthropic allows them, platform.claude.com/docs,
"extended thinking". OpenAI's guide to reasoning advises to begin with 25,000."""
_NAMES = re.compile(
    r"(?<![a-z0-9])(?:reason(?:er|ing)|think(?:er|ing)|r1|qwq|magistral|gpt-oss)(?![a-z0-9])", re.IGNORECASE
)
_KEYS = re.compile("think|reason|effort", re.IGNORECASE)
_SHOWN = re.compile("include|exclude|display|summary", re.IGNORECASE)
"""What only says whether thoughts are shown."""
_OFF = frozenset({"none", "minimal", "disabled", "false", "0"})


def may_think(config: ModelConfig, model: BaseChatModel | BaseLLM) -> bool:
    """Whether `model` can think, and the chain file does not switch it off.

    Args:
        config: the chain file's.
        model: what was built of it.
    """
    can = profile(config, model).get("reasoning_output") or _NAMES.search(config.name)
    return bool(can) and not any(str(value).lower() in _OFF for value in _switches(config.extra))


def may_think_without_key(config: ModelConfig) -> bool:
    """The same, for what calls nothing: no key has to be there; where the package is missing, the name says."""
    if config.provider == "embedded":
        return False
    model = without_key(config)
    return may_think(config, model) if model else bool(_NAMES.search(config.name))


def thinking_notes(config: ModelConfig, model: BaseChatModel | BaseLLM) -> list[str]:
    """A line if the model may think and `max_tokens` leaves no room for it; else none."""
    if config.max_tokens is None or config.max_tokens >= ROOM or not may_think(config, model):
        return []
    what = f"max_tokens is {config.max_tokens}, and {config.provider}: {config.name} may think before it replies"
    return [f"{what}, which counts: give the role {ROOM} or more (model.max_tokens), or turn it off under model.extra"]


def _switches(extra: Any, *, named: bool = False) -> Iterator[Any]:
    """What stands in `extra` under keys that speak of thinking, at any depth."""
    for key, value in extra.items():
        about = named or bool(_KEYS.search(key))
        if isinstance(value, dict):
            yield from _switches(value, named=about)
        elif about and not _SHOWN.search(key):
            yield value

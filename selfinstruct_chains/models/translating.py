"""A call's neutral options -> those of LangChain's class for the model.

Neutral are `stop`, `seed`, `max_tokens`, `larger` (how many times as much room as usual), the schema of the reply under
one of `json_schema`, `function_calling` and `json_mode`, and `top_logprobs` (how many alternatives of the first token
to report).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from selfinstruct_chains.config import Held
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.dialects import dialect, takes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseLanguageModel

    from selfinstruct_chains.models.dialect_table import Dialect

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "num_predict", "max_tokens_to_sample")
"""What providers call the most tokens that a reply may have."""
HELD: tuple[Held, ...] = get_args(Held)
_SHAPING = frozenset(
    "response_format tools functions format output_config response_schema response_json_schema".split()  # noqa: SIM905
)


def translate(
    model: BaseLanguageModel[Any],
    provider: str | None,
    options: dict[str, Any],
    *,
    send_seed: bool | None = None,
    bound: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """`options` under the names that `model` takes; None, and a seed that it can't take, are left out.

    Args:
        model: a LangChain model.
        provider: what the chain file calls its provider; None: there is no chain file.
        options: of one call, neutral.
        send_seed: whether a seed goes along; None: if the provider is known to take one.
        bound: what the model's user has bound to it, under the model's own names: it comes along, and wins.

    Raises:
        ConfigError: the model can't be held to JSON in this way, or has no log-probabilities to give.
    """
    spoken = dialect(model, provider)
    neutral = {key: value for key, value in options.items() if value is not None and key not in bound}
    limit, larger = neutral.pop("max_tokens", None), neutral.pop("larger", None) or 1
    native = _held(model, spoken, neutral, bound) | _logprobs(spoken, neutral) | _seed(spoken, neutral, send=send_seed)
    native = _over(neutral | native, bound) | _limit(model, spoken, limit, larger, bound)
    return spoken.finish(model, native) if spoken.finish else native


def shaped_by(bound: Mapping[str, Any]) -> bool:
    """Whether what is bound to a model gives its replies a shape already, which a schema of ours would contradict."""
    return not _SHAPING.isdisjoint(bound)


def _held(model: Any, spoken: Dialect, neutral: dict[str, Any], bound: Mapping[str, Any]) -> dict[str, Any]:
    schemas = {how: neutral.pop(how) for how in HELD if how in neutral}
    native: dict[str, Any] = {}
    for how, schema in schemas.items() if not shaped_by(bound) else ():
        hold = spoken.held.get(how)
        if hold is None:
            raise ConfigError(f"output: {how} is not to be had from {spoken.family}; use output: text, or auto")
        native |= hold(model, schema)
    return native


def _logprobs(spoken: Dialect, neutral: dict[str, Any]) -> dict[str, Any]:
    top = neutral.pop("top_logprobs", None)
    if top is None:
        return {}
    if spoken.logprobs is None:
        raise ConfigError(f"decide: logprob is not to be had from {spoken.family}; use decide: text")
    return spoken.logprobs(top)


def _seed(spoken: Dialect, neutral: dict[str, Any], *, send: bool | None) -> dict[str, Any]:
    seed = neutral.pop("seed", None)
    if seed is None or send is False or (send is None and spoken.seed is None):
        return {}
    return {spoken.seed or "seed": seed}


def _limit(model: Any, spoken: Dialect, limit: int | None, larger: int, bound: Mapping[str, Any]) -> dict[str, Any]:
    """How the call says how long the reply may be; a larger one is larger than the model's own limit, if it has one."""
    name = next((name for name in LIMITS if name in bound), spoken.max_tokens)
    if name in bound or limit is None:
        limit = None if larger == 1 else bound.get(name, _own_limit(model, name))
    elif not takes(model, name):
        return {}
    return {name: limit * larger} if limit is not None and limit > 0 else {}


def _own_limit(model: Any, name: str) -> int | None:
    """What the model was made with; LangChain's field may have the older name."""
    limit: int | None = getattr(model, name, None) or getattr(model, "max_tokens", None)
    return limit


def _over(ours: dict[str, Any], bound: Mapping[str, Any]) -> dict[str, Any]:
    """Both, and of what both have, the bound one; what both have something in is joined."""
    both = {
        key: {**ours[key], **value}
        for key, value in bound.items()
        if isinstance(value, dict) and isinstance(ours.get(key), dict)
    }
    return {**ours, **bound, **both}

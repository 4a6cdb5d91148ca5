"""What makes a user's model the one it is, for a run's fingerprint: no secrets, addresses, waits or retries."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.prompts import BasePromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.configurable import DynamicRunnable
from pydantic import BaseModel, SecretBytes, SecretStr

from selfinstruct_chains.config.secret_names import names_a_secret
from selfinstruct_chains.models.own import OwnModel
from selfinstruct_chains.models.parts import inside, model_of
from selfinstruct_chains.models.translating import LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from selfinstruct_chains.models.parts import LangChainModel

PARAMETERS = (
    *("model", "model_name", "model_id", "model_path", "repo_id", "deployment_name", "azure_deployment", "name"),
    *("temperature", "top_p", "top_k", "min_p", "typical_p", "tfs_z", "mirostat", "mirostat_eta", "mirostat_tau"),
    *(
        "presence_penalty",
        "frequency_penalty",
        "repeat_penalty",
        "repeat_last_n",
        "repetition_penalty",
        "length_penalty",
    ),
    *("stop", "stop_sequences", "seed", "n", "best_of", "logit_bias", "num_ctx", "format", "raw", "template", "system"),
    *("reasoning", "reasoning_effort", "verbosity", "thinking", "thinking_budget", "include_thoughts", "effort"),
    *("response_mime_type", "response_schema", "safety_settings", "service_tier", "use_responses_api", "model_kwargs"),
    *("extra_body", "betas", "quantization", *LIMITS),
)
"""The fields of LangChain's integrations that shape a reply."""
_ELSEWHERE = re.compile(r"url|endpoint|host|prox|header|timeout|retr|callbacks", re.IGNORECASE)


def identity(model: Runnable[Any, Any]) -> Any:
    """A JSON value that is equal for models that answer alike, as far as can be seen, in every process.

    Args:
        model: what the user gave, or the `OwnModel` made of it.
    """
    if isinstance(model, OwnModel):
        return identity(model.given)
    within = identity(model.bound) if isinstance(model, RunnableBindingBase) else _itself(model)
    if not isinstance(model, RunnableBindingBase | DynamicRunnable):
        return within
    # Listeners, tags and retries change no reply; keywords, and what is configured, do.
    bound = _plain(model.kwargs) if isinstance(model, RunnableBindingBase) else {}
    configured = _plain((model.config or {}).get("configurable") or {})
    added = ({"bound": bound} if bound else {}) | ({"configured": configured} if configured else {})
    return {**added, "model": within} if added else within


def chosen(parts: Iterable[Runnable[Any, Any]], configurable: Mapping[str, Any]) -> dict[str, Any]:
    """What a call's `configurable` chooses in `parts`, by the id of the field; JSON values, without secrets."""
    ids = {spec.id for part in parts for spec in part.config_specs}
    found: dict[str, Any] = _plain({key: value for key, value in configurable.items() if key in ids})
    return found


def _itself(model: Runnable[Any, Any]) -> Any:
    if found := model_of(model):
        return {"class": _qualified(type(found)), "parameters": _parameters(found)}
    if isinstance(model, RunnableLambda):
        return {"function": _function(getattr(model, "func", None) or model.afunc)}
    if isinstance(model, BasePromptTemplate):
        template: Any = model
        text = template.pretty_repr()
        return {"class": _qualified(type(model)), "text": hashlib.sha256(text.encode()).hexdigest()}
    parts = [identity(part) if isinstance(part, Runnable) else _function(part) for part in inside(model)]
    return {"class": _qualified(type(model)), **({"parts": parts} if parts else {})}


def _parameters(model: LangChainModel) -> dict[str, Any]:
    values = {name: getattr(model, name, None) for name in PARAMETERS if name in type(model).model_fields}
    found: dict[str, Any] = _plain({name: value for name, value in values.items() if value not in (None, {}, [])})
    return found


def _plain(value: Any) -> Any:
    """`value` in JSON's types, without secrets; what has no JSON is told by its class."""
    if isinstance(value, dict):
        return {str(key): _plain(below) for key, below in sorted(value.items(), key=_named) if _is_open(key, below)}
    if isinstance(value, list | tuple | set | frozenset):
        plain = [_plain(below) for below in value]
        return sorted(plain, key=str) if isinstance(value, set | frozenset) else plain
    if isinstance(value, BaseModel):
        return {"class": _qualified(type(value))} | _plain(dict(value))
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, type) and issubclass(value, BaseModel):
        return {"class": _qualified(value), "schema": value.model_json_schema()}
    return _function(value)


def _named(item: tuple[Any, Any]) -> str:
    return str(item[0])


def _is_open(name: Any, value: Any) -> bool:
    hidden = names_a_secret(str(name)) or _ELSEWHERE.search(str(name))
    return not hidden and not isinstance(value, SecretStr | SecretBytes)


def _function(function: Any) -> str:
    while isinstance(function, partial):
        function = function.func
    return _qualified(function if hasattr(function, "__qualname__") else type(function))


def _qualified(named: Any) -> str:
    return f"{named.__module__}.{named.__qualname__}"

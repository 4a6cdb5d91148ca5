"""What each provider calls the neutral options of a call, and what it does not have.

Neutral are `stop`, `seed`, `max_tokens`, `larger` (how many times as much room as usual), `json_schema` (the schema of
the reply) and `top_logprobs` (how many alternatives of the first token to report). Each row was read off the provider's
LangChain integration.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.language_models import BaseLanguageModel

Server = Literal["llamacpp", "vllm"]
"""A server that understands more than the OpenAI protocol it speaks."""

Model = Any  # a LangChain chat or completion model, of whichever integration
_MAX_COMPLETION_LOGPROBS = 5  # OpenAI's own limit
_ROOM = ("max_tokens", "larger")
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "num_predict", "max_tokens_to_sample")
"""What providers call the most tokens that a reply may have."""
_SHAPING = frozenset(
    "response_format tools functions format output_config response_schema response_json_schema".split()  # noqa: SIM905
)


class Dialect(NamedTuple):
    """How one family of models is spoken to."""

    family: str
    schema: Callable[[Model, dict[str, Any]], dict[str, Any]] | None = None
    """From a JSON schema to the call's options; None: the reply can't be bound to one."""
    logprobs: Callable[[int], dict[str, Any]] | None = None
    """From the number of alternatives to the call's options; None: there are no log-probabilities."""
    max_tokens: str = "max_tokens"
    """The call's name for the limit of a reply."""
    finish: Callable[[Model, dict[str, Any]], dict[str, Any]] | None = None
    """A last change to the call's options."""


def dialect(model: BaseLanguageModel[Any], server: Server | None = None) -> Dialect:
    """The dialect of a LangChain model, told by the classes it descends from."""
    names = {base.__name__ for base in type(model).__mro__}
    if "BaseChatOpenAI" in names:
        if getattr(model, "use_responses_api", None):
            return Dialect("OpenAI's Responses API in LangChain")
        return _OPENAI_CHAT if server is None else _OPENAI_CHAT._replace(schema=_guided_chat)
    if "BaseOpenAI" in names:
        return _OPENAI_COMPLETION[server]
    return next((found for name, found in _BY_CLASS.items() if name in names), Dialect(type(model).__name__))


def translate(
    model: BaseLanguageModel[Any],
    server: Server | None,
    options: dict[str, Any],
    *,
    send_seed: bool | None = None,
    bound: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """`options` with the neutral ones under the names that `model` takes; None and seeds it can't take are left out.

    Args:
        model: a LangChain model.
        server: what stands behind it, if that matters.
        options: of one call.
        send_seed: whether a seed goes along; None: if the integration has a field for it.
        bound: what the model's user has bound to it, under the model's own names: it comes along, and wins.

    Raises:
        ConfigError: the model has no JSON schema or no log-probabilities to give.
    """
    spoken = dialect(model, server)
    native = {key: value for key, value in options.items() if value is not None and key not in bound}
    schema, top, limit, larger = (native.pop(key, None) for key in ("json_schema", "top_logprobs", *_ROOM))
    if not (takes(model, "seed") if send_seed is None else send_seed):
        native.pop("seed", None)
    if schema is not None and not shaped_by(bound):
        native |= _needed(spoken.schema, spoken, "output: json_schema", "output: text")(model, schema)
    if top is not None:
        native |= _needed(spoken.logprobs, spoken, "decide: logprob", "decide: text")(top)
    native = _over(native, bound) | _limit(model, spoken, limit, larger or 1, bound)
    return spoken.finish(model, native) if spoken.finish else native


def shaped_by(bound: Mapping[str, Any]) -> bool:
    """Whether what is bound to a model gives its replies a shape already, which a schema of ours would contradict."""
    return not _SHAPING.isdisjoint(bound)


def _limit(model: Model, spoken: Dialect, limit: int | None, larger: int, bound: Mapping[str, Any]) -> dict[str, Any]:
    """How the call says how long the reply may be; a larger one is larger than the model's own limit, if it has one."""
    name = next((name for name in LIMITS if name in bound), spoken.max_tokens)
    if name in bound or limit is None:
        limit = None if larger == 1 else bound.get(name, getattr(model, name, None))
    elif not takes(model, name):
        return {}
    return {name: limit * larger} if limit is not None and limit > 0 else {}


def _over(ours: dict[str, Any], bound: Mapping[str, Any]) -> dict[str, Any]:
    """Both, and of what both have, the bound one; what both have something in is joined."""
    both = {
        key: {**ours[key], **value}
        for key, value in bound.items()
        if isinstance(value, dict) and isinstance(ours.get(key), dict)
    }
    return {**ours, **bound, **both}


def takes(model: BaseLanguageModel[Any], name: str) -> bool:
    """Whether the integration has a field, or an alias of one, of that name."""
    fields = type(model).model_fields
    return name in fields or any(name == field.alias for field in fields.values())


def _needed(found: Any, spoken: Dialect, wanted: str, instead: str) -> Any:
    if found is None:
        raise ConfigError(f"{wanted} is not to be had from {spoken.family}; use {instead}")
    return found


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def _body(model: Model, **keys: Any) -> dict[str, Any]:
    """Keys of the request's body that the integration knows nothing of; a call's would replace the model's own."""
    return {"extra_body": {**(model.extra_body or {}), **keys}}


def _compact(schema: dict[str, Any]) -> dict[str, Any]:
    # Without it llguidance (llama.cpp, vLLM) lets small models write blanks between tokens for ever.
    return schema | {"x-guidance": {"whitespace_flexible": False}}


def _unbounded(schema: Any) -> Any:
    """`schema` without the longest length of strings, which OpenAI and Google refuse or ignore."""
    if isinstance(schema, dict):
        return {key: _unbounded(value) for key, value in schema.items() if key != "maxLength"}
    return [_unbounded(value) for value in schema] if isinstance(schema, list) else schema


def _chat_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    # In the body, because the SDK's own parser raises on a cut reply and loses its text.
    return _body(model, response_format=_named(_unbounded(schema)))


def _guided_chat(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    return _body(model, response_format=_named(_compact(schema)))


def _llamacpp_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    return _body(model, json_schema=_compact(schema))


def _vllm_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    return _body(model, structured_outputs={"json": _compact(schema)})


def _anthropic_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    from anthropic import transform_schema  # leaves out what the API refuses, such as maxItems

    return {"output_config": {"format": {"type": "json_schema", "schema": transform_schema(schema)}}}


def _anthropic_finish(model: Model, options: dict[str, Any]) -> dict[str, Any]:
    # Stop strings of blanks alone are refused.
    stop = [text for text in options.pop("stop", ()) if text.strip()]
    return options | ({"stop": stop} if stop else {})


def _google_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    return {"response_mime_type": "application/json", "response_json_schema": _unbounded(schema)}


def _ollama_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    return {"format": schema}


_OLLAMA_OPTIONS = (
    "mirostat mirostat_eta mirostat_tau num_ctx num_gpu num_thread num_predict repeat_last_n repeat_penalty temperature"
    " seed stop tfs_z top_k top_p"
)


def _ollama_finish(model: Model, options: dict[str, Any]) -> dict[str, Any]:
    # A call's sampling parameters go into `options`, which replaces the model's own as a whole.
    names = _OLLAMA_OPTIONS.split()
    own = {name: value for name in names if (value := getattr(model, name, None)) is not None}
    call = {name: options.pop(name) for name in names if name in options}
    return options | ({"options": own | call | options.get("options", {})} if call else {})


def _ollama_completion_finish(model: Model, options: dict[str, Any]) -> dict[str, Any]:
    # `raw`: without it Ollama would put the prompt into the model's chat template.
    return _ollama_finish(model, options) | {"raw": True}


def _chat_logprobs(top: int) -> dict[str, Any]:
    return {"logprobs": True, "top_logprobs": top}


def _completion_logprobs(top: int) -> dict[str, Any]:
    return {"logprobs": min(top, _MAX_COMPLETION_LOGPROBS)}


def _server_logprobs(top: int) -> dict[str, Any]:
    return {"logprobs": top}


def _scripted_schema(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    return {"json_schema": schema}


_OPENAI_CHAT = Dialect("an OpenAI chat model", _chat_schema, _chat_logprobs)
_OPENAI_COMPLETION: dict[Server | None, Dialect] = {
    None: Dialect(
        "an OpenAI completion model (for servers of your own there are the providers vllm and llamacpp)",
        None,
        _completion_logprobs,
    ),
    "llamacpp": Dialect("llama.cpp", _llamacpp_schema, _server_logprobs),
    "vllm": Dialect("vLLM", _vllm_schema, _server_logprobs),
}
_GOOGLE = Dialect("Google's models in LangChain", _google_schema, None, "max_output_tokens")
_BY_CLASS = {
    "ChatAnthropic": Dialect("Anthropic's models", _anthropic_schema, finish=_anthropic_finish),
    "AnthropicLLM": Dialect("LangChain's AnthropicLLM", finish=_anthropic_finish),
    "ChatGoogleGenerativeAI": _GOOGLE,
    "GoogleGenerativeAI": _GOOGLE,
    "ChatOllama": Dialect("Ollama", _ollama_schema, _chat_logprobs, "num_predict", _ollama_finish),
    "OllamaLLM": Dialect(
        "Ollama's completion models in LangChain", _ollama_schema, None, "num_predict", _ollama_completion_finish
    ),
    "ScriptedChat": Dialect("a scripted model", _scripted_schema),
    "ScriptedCompletion": Dialect("a scripted model", _scripted_schema),
}

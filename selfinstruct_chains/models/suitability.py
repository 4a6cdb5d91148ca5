"""What a chain file asks of a model that it does not have, found before anything is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.models.dialects import dialect, takes
from selfinstruct_chains.models.providers import SAMPLING

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

_WAY_OUT = "if that is out of date, put it right under model.extra.profile"


def refuse_what_it_lacks(config: ModelConfig, model: BaseChatModel | BaseLLM, output: str, decide: str) -> None:
    """Compare the chain file with the integration's parameters, and with LangChain's profile of the model.

    Raises:
        ConfigError: naming the key, and what to write instead.
    """
    _parameters(config, model)
    spoken = dialect(model, config.provider)
    if output not in {"auto", "text", *spoken.held}:
        raise ConfigError(
            f"{_name(config)}: output: {output} is not to be had from {spoken.family}; use output: text, or auto"
        )
    if decide == "logprob" and spoken.logprobs is None:
        raise ConfigError(f"{_name(config)}: decide: logprob is not to be had from {spoken.family}; use decide: text")
    # A server of one's own may call its models whatever it likes.
    profile: dict[str, Any] = {} if config.base_url else dict(getattr(model, "profile", None) or {})
    _sampling(config, profile)
    if output == "json_schema" and profile.get("structured_output") is False:
        raise ConfigError(
            f"{_name(config)} has no JSON schema, by LangChain's profile of it; use output: text, or auto ({_WAY_OUT})"
        )
    if decide == "logprob" and profile.get("temperature") is False:
        raise ConfigError(f"{_name(config)} is a reasoning model and has no log-probabilities; use decide: text")


def _parameters(config: ModelConfig, model: BaseChatModel | BaseLLM) -> None:
    spoken = dialect(model, config.provider)
    limit = {"max_tokens": spoken.max_tokens}
    for key in SAMPLING:
        native = limit.get(key, key)
        if getattr(config, key) is not None and not (takes(model, native) or takes(model, key)):
            raise ConfigError(
                f"{_name(config)}: model.{key}: {type(model).__name__} has no such parameter; leave it out"
            )
    for key in config.extra:
        if not takes(model, key):
            near = did_you_mean(key, type(model).model_fields)
            raise ConfigError(f"{_name(config)}: model.extra.{key}: {type(model).__name__} has no such parameter{near}")


def _sampling(config: ModelConfig, profile: dict[str, Any]) -> None:
    if profile.get("temperature") is not False:
        return
    refused = ["temperature", "top_p"]
    refused += ["presence_penalty", "frequency_penalty"] if config.provider == "openai" else []
    neutral = {"temperature": 1, "top_p": 1}
    for key in refused:
        if getattr(config, key) not in {None, neutral.get(key, 0)}:
            raise ConfigError(
                f"{_name(config)} takes no {key}, by LangChain's profile of it; leave it out ({_WAY_OUT})"
            )


def _name(config: ModelConfig) -> str:
    return f"{config.provider}: {config.name}"

"""What a chain file asks of a model that it does not have, found before anything is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.models.dialects import dialect, takes
from selfinstruct_chains.models.sampling import WAY_OUT, lacking, profile
from selfinstruct_chains.models.thinking import thinking_notes

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig


def refuse_what_it_lacks(config: ModelConfig, model: BaseChatModel | BaseLLM, output: str, decide: str) -> list[str]:
    """Compare the chain file with the integration's parameters, and with LangChain's profile of the model.

    Returns:
        What is left out of the `optional` sampling, and a limit that leaves no room to think, a line for each.

    Raises:
        ConfigError: naming the key, and what to write instead.
    """
    notes = _sampling(config, model)
    _extra(config, model)
    spoken = dialect(model, config.provider)
    if output not in {"auto", "text", *spoken.held}:
        raise ConfigError(
            f"{_name(config)}: output: {output} is not to be had from {spoken.family}; use output: text, or auto"
        )
    if decide == "logprob" and spoken.logprobs is None:
        raise ConfigError(
            f"{_name(config)}: classification.decide: logprob is not to be had from {spoken.family}; use decide: text"
        )
    known = profile(config, model)
    if output == "json_schema" and known.get("structured_output") is False:
        raise ConfigError(
            f"{_name(config)} has no JSON schema, by LangChain's profile of it; use output: text ({WAY_OUT})"
        )
    if decide == "logprob" and known.get("temperature") is False:
        raise ConfigError(
            f"{_name(config)} is a reasoning model and has no log-probabilities; use classification.decide: text"
        )
    return notes + thinking_notes(config, model)


def _sampling(config: ModelConfig, model: BaseChatModel | BaseLLM) -> list[str]:
    lacked = lacking(config, model)
    for key, why in lacked.items():
        if key not in config.optional:
            hint = f" ({WAY_OUT})" if "profile" in why else ""
            raise ConfigError(f"{_name(config)}: model.{key}: {why}; leave it out{hint}")
    return [f"{key} is left out: {_name(config)}: {why}" for key, why in lacked.items()]


def _extra(config: ModelConfig, model: BaseChatModel | BaseLLM) -> None:
    for key in config.extra:
        if not takes(model, key):
            near = did_you_mean(key, type(model).model_fields)
            raise ConfigError(f"{_name(config)}: model.extra.{key}: {type(model).__name__} has no such parameter{near}")


def _name(config: ModelConfig) -> str:
    return f"{config.provider}: {config.name}"

"""In which forms a model may be asked, as far as that is known without asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.dialects import at_openais, dialect
from selfinstruct_chains.models.providers import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_core.language_models import BaseLLM

    from selfinstruct_chains.config import Asked, Held, ModelConfig
    from selfinstruct_chains.models.dialect_table import Dialect

_PROFILE: dict[Held, str] = {
    "json_schema": "structured_output",
    "function_calling": "tool_calling",
    "json_mode": "json_mode",
}
"""What LangChain's profile of a model calls its forms; of JSON mode it says nothing."""

_ANYWHERE = "https://api.openai.com/v1"


class Forms(NamedTuple):
    """How a model may be asked."""

    outputs: tuple[Asked, ...]
    """What may be said of a reply, the best first; text, which any model takes, is the last."""
    sure: bool
    """Whether the first is known to be taken; else the server has to be asked."""
    system_role: bool | None
    """Whether it takes a system message; None: the server has to be asked."""


TEXT = Forms(("text",), sure=True, system_role=True)
"""Of what is no model of LangChain's."""


def forms(config: ModelConfig) -> Forms:
    """How the model of a chain file may be asked.

    Raises:
        ConfigError: as `providers.build`.
    """
    if config.provider == "embedded":
        return Forms(("json_schema", "text"), sure=True, system_role=True)
    return forms_of(build(config), config.provider, own_server=config.base_url is not None)


def forms_without_key(config: ModelConfig) -> Forms:
    """The same, for what calls nothing: no key has to be there; where the package is missing, it is text."""
    if config.provider == "embedded":
        return forms(config)
    model = without_key(config)
    return forms_of(model, config.provider, own_server=config.base_url is not None) if model else TEXT


def without_key(config: ModelConfig) -> BaseChatModel | BaseLLM | None:
    """The model, to be looked at and not to be called; None where it can't be built, for a missing package, say."""
    try:
        return build(keyless(config))
    except ConfigError:
        return None


def keyless(config: ModelConfig) -> ModelConfig:
    """The same model, which can be built where there is no key, to be looked at and not to be called."""
    # An address makes the key needless; it is not looked at further.
    return config.model_copy(update={"base_url": config.base_url or _ANYWHERE, "api_key_env": None, "headers_env": {}})


def forms_of(model: Any, provider: str | None = None, *, own_server: bool = False, tools: bool = True) -> Forms:
    """How a LangChain model may be asked.

    Args:
        model: a chat or completion model.
        provider: what a chain file calls its provider.
        own_server: whether it is at an address of the user's, where a name tells nothing.
        tools: whether what a tool was called with is to be had from what it answers.
    """
    spoken = dialect(model, provider)
    own_server |= provider in {None, "openai"} and not at_openais(model)
    profile = {} if own_server else dict(getattr(model, "profile", None) or {})
    held = [how for how in spoken.held if _may_take(how, model, profile) and (tools or how != "function_calling")]
    sure = bool(held) and (spoken.sure or (held[0] == "json_schema" and bool(profile.get("structured_output"))))
    return Forms((*held, "text"), sure=sure or not held, system_role=_system_role(model, spoken, profile))


def all_of(several: Iterable[Forms]) -> Forms:
    """What all of several models take, which answer one call together."""
    found = list(several) or [TEXT]
    outputs = tuple(output for output in found[0].outputs if all(output in each.outputs for each in found))
    roles = {each.system_role for each in found}
    return Forms(outputs, all(each.sure for each in found), roles.pop() if len(roles) == 1 else None)


def _may_take(how: Held, model: Any, profile: Mapping[str, Any]) -> bool:
    if how == "function_calling" and (
        not isinstance(model, BaseChatModel) or type(model).bind_tools is BaseChatModel.bind_tools
    ):
        return False
    return profile.get(_PROFILE[how]) is not False


def _system_role(model: Any, spoken: Dialect, profile: Mapping[str, Any]) -> bool | None:
    """Whether there is one: closed models have it, of open ones it is the chat template that says."""
    if spoken.system_role is not None or not isinstance(model, BaseChatModel):
        return spoken.system_role is not False
    return True if profile.get("open_weights") is False else None

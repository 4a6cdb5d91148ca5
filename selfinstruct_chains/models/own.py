"""A role model made of what the user brings: any LangChain Runnable from a prompt to a message, text or a structure."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseLLM
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import LLMResult
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import BasePromptTemplate
from langchain_core.runnables import Runnable
from langchain_core.runnables.configurable import RunnableConfigurableFields

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.dialects import dialect
from selfinstruct_chains.models.forms import TEXT, Forms, all_of, forms_of
from selfinstruct_chains.models.loops import wait
from selfinstruct_chains.models.parts import rebuilt
from selfinstruct_chains.models.replying import aask, ask, shaped
from selfinstruct_chains.models.sides import Sides
from selfinstruct_chains.models.structured import as_reply
from selfinstruct_chains.models.translating import shaped_by, translate

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langchain_core.runnables.utils import ConfigurableFieldSpec

    from selfinstruct_chains.config import Kind
    from selfinstruct_chains.models.parts import LangChainModel, Leaf
    from selfinstruct_chains.models.replying import Said


def own_model(given: Any) -> OwnModel:
    """A role model of what the user gave.

    Raises:
        ConfigError: it is no LangChain Runnable, or a parser or prompt alone.
    """
    if isinstance(given, OwnModel):
        return given
    if isinstance(given, BaseOutputParser | BasePromptTemplate):
        raise ConfigError(f"a {type(given).__name__} is no model; give the model, or model | parser")
    if isinstance(given, Runnable):
        return OwnModel(given)
    what = f"{given!r:.60}" if given is None or isinstance(given, str | int | float) else f"a {type(given).__name__}"
    way = (
        "wrap it in RunnableLambda" if callable(given) else "give a chat model, an LLM, or what LangChain makes of one"
    )
    raise ConfigError(
        f"a model is a LangChain Runnable from a prompt to a message, text or a structure, not {what}: {way}"
    )


class OwnModel(Runnable[PromptValue, AIMessage]):
    """What the user gave, answering with an AIMessage in the one shape (`replying`).

    Calls take the neutral keywords of `translating`. Each model inside gets them under its provider's names, and what
    the user has bound to it wins; of several models in a row the last one gets them. What is no model takes none. A
    text or structure that is made of the reply becomes the message's text, with the finish reason, the tokens and the
    name of the reply it was made of.

    Args:
        given: any Runnable from a prompt to a message, a string, or a structured value.
    """

    def __init__(self, given: Runnable[Any, Any]) -> None:
        self.given = given
        self.leaves: list[Leaf] = []
        """The models inside, and what else answers, in order."""
        self._whole = rebuilt(given, self._counted)

    def __reduce__(self) -> tuple[Any, ...]:
        """As good as what it is made of."""
        return OwnModel, (self.given,)

    @property
    def kind(self) -> Kind:
        """Which form of a prompt it is given: by its first model's family."""
        first = next((leaf.model for leaf in self.leaves if leaf.model is not None), None)
        return "completion" if isinstance(first, BaseLLM) else "chat"

    @property
    def forms(self) -> Forms:
        """In which forms all that answer may be asked; one that gives a structure of its own is held to a schema."""
        return all_of(_forms(leaf) for leaf in self.leaves if leaf.asked)

    @property
    def has_schema(self) -> bool:
        """Whether all that answer can be held to a JSON schema, or give a structure of their own."""
        return "json_schema" in self.forms.outputs

    @property
    def has_logprobs(self) -> bool:
        """Whether all that answer can report the log-probabilities of the first token."""
        return all(_has_logprobs(leaf) for leaf in self.leaves if leaf.asked)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """What can be configured in what was given."""
        return self.given.config_specs

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """What was given, for graphs and traces."""
        return self.given.get_name(suffix, name=name)

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt; raises as `ainvoke`."""
        return wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt.

        Raises:
            ConfigError: what comes back is neither a message nor text nor a structure.
            NoReply: there is nothing in it.
        """
        if isinstance(self._whole, _Asking):
            return shaped(await self._whole.said(input, config, kwargs, {}))
        call = _Call(kwargs)
        token = _CALL.set(call)
        try:
            given = await self._whole.ainvoke(input, config)
        except OutputParserException:
            # A poor reply is a reply: it is judged, and asked for once more, by who reads it.
            if not call.replies:
                raise
            given = call.replies[-1]
        finally:
            _CALL.reset(token)
        return as_reply(given, call.replies, self.get_name())

    def _counted(self, leaf: Leaf) -> Runnable[Any, Any]:
        self.leaves.append(leaf)
        return _Asking(leaf, leaf.model) if leaf.model is not None else _Unknown(leaf.part)


class _Call:
    """One call: what is asked for, and what the models inside replied."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.replies: list[AIMessage] = []


_CALL: ContextVar[_Call] = ContextVar("selfinstruct_call")
"""The call that the models inside are part of. Keywords would reach whatever stands before them, too."""


class _Asking(Runnable[Any, Any]):
    """A model inside: gives what the model gives, and notes the reply."""

    def __init__(self, leaf: Leaf, model: LangChainModel) -> None:
        self._part = leaf.part
        self._asked = leaf.asked
        self._sides = Sides(model)

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        return self._part.get_name(suffix, name=name)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        call = _CALL.get()
        model, config, options = self._ready(config, call.options, kwargs)
        return _noted(ask(model, input, config, options), call)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        call = _CALL.get()
        return _noted(await self.said(input, config, call.options, kwargs), call)

    async def said(
        self, given: Any, config: RunnableConfig | None, options: dict[str, Any], bound: dict[str, Any]
    ) -> Said:
        """What the model says; `options` are neutral, `bound` its own."""
        model, config, native = self._ready(config, options, bound)
        return await self._sides.call(
            lambda: ask(model, given, config, native), lambda: aask(model, given, config, native)
        )

    def _ready(
        self, config: RunnableConfig | None, options: dict[str, Any], bound: dict[str, Any]
    ) -> tuple[LangChainModel, RunnableConfig | None, dict[str, Any]]:
        model: Any = self._part
        if isinstance(model, RunnableConfigurableFields):
            model, config = model.prepare(config)
        return model, config, translate(model, None, options if self._asked else {}, bound=bound)


class _Unknown(Runnable[Any, Any]):
    """Something inside that answers, and is no model."""

    def __init__(self, part: Runnable[Any, Any]) -> None:
        self._part = part
        self._sides = Sides(part)

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        return self._part.get_name(suffix, name=name)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return self._part.invoke(input, config, **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        part = self._part
        return await self._sides.call(
            lambda: part.invoke(input, config, **kwargs), lambda: part.ainvoke(input, config, **kwargs)
        )


def _noted(said: Said, call: _Call) -> Any:
    call.replies.append(shaped(said))
    return said.generations[0][0].text if isinstance(said, LLMResult) else said


def _forms(leaf: Leaf) -> Forms:
    if leaf.model is None:
        return TEXT
    if shaped_by(leaf.bound):
        return TEXT._replace(outputs=("json_schema", "text")) if leaf.followed else TEXT
    return forms_of(leaf.model, tools=not leaf.followed)


def _has_logprobs(leaf: Leaf) -> bool:
    if leaf.model is None:
        return False
    profile = getattr(leaf.model, "profile", None) or {}
    return dialect(leaf.model).logprobs is not None and profile.get("temperature") is not False

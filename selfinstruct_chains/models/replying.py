"""One shape of reply: any LangChain chat or completion model as a Runnable that answers with an AIMessage.

What comes back has `content`, a string without thinking blocks (thoughts in the text itself are the parsers' to take
off, `method/tidying`); `usage_metadata`, None where the provider gave none;
and in `response_metadata` the keys `finish_reason` ("stop", "tool_calls", "length", another word of the provider's, or
None: see `endings`), `model_name` (as reported, or None) and, when `top_logprobs` was asked for, `first_token`: the
log-probabilities of the reply's possible first tokens. What is of no such type or range is unknown (`envelope`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LLM, BaseChatModel, SimpleChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import LLMResult
from langchain_core.prompt_values import ChatPromptValue, PromptValue, StringPromptValue
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import ensure_config

from selfinstruct_chains import endings
from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.models import envelope
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.http import ours
from selfinstruct_chains.models.translating import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages.ai import UsageMetadata
    from langchain_core.outputs import Generation
    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import Kind
    from selfinstruct_chains.models.parts import LangChainModel

Said = AIMessage | LLMResult
"""What a model says, a chat model or an LLM, as LangChain has it."""
_SILENT = frozenset({"ChatPerplexity", "Together", "Fireworks", "HuggingFacePipeline", "ChatHuggingFace"})
"""Classes of providers that keep no word for why a reply ended, or not always."""


class Replying(Runnable[PromptValue, AIMessage]):
    """`model`, answering with an AIMessage in the shape above.

    Calls take the neutral keywords of `translating`, which become what the model's provider calls them. They raise
    `NoReply` for an envelope with nothing in it. A reply that comes without a word for why it ended is cut, save from a
    class that keeps none.

    Args:
        model: a LangChain model.
        provider: what the chain file calls its provider; None: told by the model's class.
        kind: which form of a prompt it is given; its own family's when None.
        send_seed: whether calls carry their seed; None: if the integration has a field for it.
        longest: characters that a reply may have; None: any number.
    """

    def __init__(
        self,
        model: LangChainModel,
        *,
        provider: str | None = None,
        kind: Kind | None = None,
        send_seed: bool | None = None,
        longest: int | None = None,
    ) -> None:
        self.model = model
        self.provider = provider
        self.kind: Kind = kind or ("chat" if isinstance(model, BaseChatModel) else "completion")
        self.send_seed = send_seed
        self._longest = longest
        self._silent = isinstance(model, LLM | SimpleChatModel) or type(model).__name__ in _SILENT

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The model's class name, for graphs and traces."""
        return self.model.get_name(suffix, name=name)

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt."""
        return self._shaped(ask(self.model, input, config, self._options(kwargs)))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt."""
        return self._shaped(await aask(self.model, input, config, self._options(kwargs)))

    def _shaped(self, said: Said) -> AIMessage:
        return shaped(said, silent=self._silent, longest=self._longest)

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        return translate(self.model, self.provider, given, send_seed=self.send_seed)


def ask(model: LangChainModel, given: Any, config: RunnableConfig | None, options: dict[str, Any]) -> Said:
    """What `model` says to a prompt, with all that it says about it (an LLM's own `invoke` gives the bare text).

    Args:
        model: a LangChain model.
        given: what LangChain's models take.
        config: LangChain's.
        options: of the call, as the model calls them.
    """
    if isinstance(model, BaseChatModel):
        return model.invoke(given, config, **options)
    return model.generate_prompt([_prompt(given)], **_traced(config), **options)


async def aask(model: LangChainModel, given: Any, config: RunnableConfig | None, options: dict[str, Any]) -> Said:
    """The same, asynchronously; what our own HTTP client refused is raised as it was."""
    try:
        if isinstance(model, BaseChatModel):
            return await model.ainvoke(given, config, **options)
        return await model.agenerate_prompt([_prompt(given)], **_traced(config), **options)
    except Exception as error:
        if refused := ours(error):
            raise refused from None
        raise


def shaped(said: Said, *, silent: bool = True, longest: int | None = None) -> AIMessage:
    """What a model said, in the one shape.

    Args:
        said: in LangChain's shape.
        silent: whether a reply may come without a word for why it ended, and is whole then; else it is cut.
        longest: characters that its text may have; None: any number.

    Raises:
        NoReply: there is nothing in it, or too much.
        ItemRefused: the provider did not let the prompt through.
    """
    message = from_completion(said) if isinstance(said, LLMResult) else from_chat(said)
    if longest is not None and len(message.content) > longest:
        raise NoReply(f"a reply of more than {longest:,} characters came (model.max_response_mib)")
    if not silent and message.response_metadata["finish_reason"] is None:
        message.response_metadata["finish_reason"] = endings.UNKNOWN
    return message


def from_chat(message: AIMessage) -> AIMessage:
    """A chat model's message in the one shape.

    Raises:
        NoReply: there is nothing in it.
        ItemRefused: the provider did not let the prompt through.
    """
    metadata = message.response_metadata
    feedback = metadata.get("prompt_feedback")
    if isinstance(feedback, dict) and feedback.get("block_reason"):
        raise ItemRefused(f"the prompt was blocked: {feedback}"[:300], reason="content_filter")
    finish = endings.finish_reason(metadata) or (endings.TOOL_CALLS if message.tool_calls else None)
    text = envelope.spoken(message)
    if not text and message.additional_kwargs.get("refusal"):
        finish = endings.REFUSAL
    return _message(
        text,
        finish=finish,
        usage=envelope.tokens(message.usage_metadata, metadata.get("token_usage")),
        model=_name(metadata),
        logprobs=metadata.get("logprobs"),
    )


def from_completion(result: LLMResult) -> AIMessage:
    """A completion model's result in the one shape.

    Raises:
        NoReply: there is nothing in it.
    """
    generations: Sequence[Generation] = result.generations[0]
    if not generations:
        raise NoReply("the response holds no reply")
    info, output = generations[0].generation_info or {}, result.llm_output or {}
    return _message(
        whole_characters(generations[0].text),
        finish=endings.finish_reason(info),
        usage=_completion_usage(output, info),
        model=_name(output) or _name(info),
        logprobs=info.get("logprobs"),
    )


def _message(
    text: str, *, finish: str | None, usage: UsageMetadata | None, model: str | None, logprobs: Any
) -> AIMessage:
    if not text and finish in {None, endings.UNKNOWN} and not usage:
        raise NoReply("the response holds no reply")
    metadata: dict[str, Any] = {"finish_reason": finish, "model_name": model}
    if logprobs:
        metadata["first_token"] = envelope.first_token(logprobs)
    return AIMessage(content=text, usage_metadata=usage, response_metadata=metadata)


def _completion_usage(output: Mapping[str, Any], info: Mapping[str, Any]) -> UsageMetadata | None:
    if "usage_metadata" in info:
        return envelope.tokens(info["usage_metadata"])
    raw = output.get("token_usage")
    named = raw if isinstance(raw, dict) else {}
    inside, outside = named.get("prompt_tokens_details"), named.get("completion_tokens_details")
    counted = {
        "input_tokens": named.get("prompt_tokens", info.get("prompt_eval_count")),
        "output_tokens": named.get("completion_tokens", info.get("eval_count")),
        "total_tokens": named.get("total_tokens"),
        "input_token_details": {"cache_read": inside.get("cached_tokens")} if isinstance(inside, dict) else None,
        "output_token_details": {"reasoning": outside.get("reasoning_tokens")} if isinstance(outside, dict) else None,
    }
    return envelope.tokens(counted, raw)


def _name(metadata: Mapping[str, Any]) -> str | None:
    keys = ("model_name", "model", "model_id")
    return next((name for key in keys if (name := envelope.model_name(metadata.get(key)))), None)


def _prompt(given: Any) -> PromptValue:
    if isinstance(given, PromptValue):
        return given
    return StringPromptValue(text=given) if isinstance(given, str) else ChatPromptValue(messages=list(given))


def _traced(config: RunnableConfig | None) -> dict[str, Any]:
    config = ensure_config(config)
    return {key: config.get(key) for key in ("callbacks", "tags", "metadata")} | {"run_name": config.get("run_name")}

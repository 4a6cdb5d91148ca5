"""One shape of reply: any LangChain chat or completion model as a Runnable that answers with an AIMessage.

What comes back has `content`, a string without thinking blocks (thoughts in the text itself are the parsers' to take
off, `method/tidying`); `usage_metadata`, None where the provider gave none;
and in `response_metadata` the keys `finish_reason` ("stop", "length", "content_filter", ... or None), `model_name` (as
reported, or None) and, when `top_logprobs` was asked for, `first_token`: the log-probabilities of the reply's possible
first tokens.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.prompt_values import ChatPromptValue, PromptValue, StringPromptValue
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import ensure_config

from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.models.faults import NoReply
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
_WHY = ("finish_reason", "stop_reason", "done_reason")
_FINISH = {
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_context_window_exceeded": "length",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "safety": "content_filter",
    "refusal": "content_filter",
    "prohibited_content": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "spii": "content_filter",
}


class Replying(Runnable[PromptValue, AIMessage]):
    """`model`, answering with an AIMessage in the shape above.

    Calls take the neutral keywords of `translating`, which become what the model's provider calls them. They raise
    `NoReply` for an envelope with nothing in it.

    Args:
        model: a LangChain model.
        provider: what the chain file calls its provider; None: told by the model's class.
        kind: which form of a prompt it is given; its own family's when None.
        send_seed: whether calls carry their seed; None: if the integration has a field for it.
    """

    def __init__(
        self,
        model: LangChainModel,
        *,
        provider: str | None = None,
        kind: Kind | None = None,
        send_seed: bool | None = None,
    ) -> None:
        self.model = model
        self.provider = provider
        self.kind: Kind = kind or ("chat" if isinstance(model, BaseChatModel) else "completion")
        self.send_seed = send_seed

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The model's class name, for graphs and traces."""
        return self.model.get_name(suffix, name=name)

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt."""
        return shaped(ask(self.model, input, config, self._options(kwargs)))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt."""
        return shaped(await aask(self.model, input, config, self._options(kwargs)))

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
    """The same, asynchronously."""
    if isinstance(model, BaseChatModel):
        return await model.ainvoke(given, config, **options)
    return await model.agenerate_prompt([_prompt(given)], **_traced(config), **options)


def shaped(said: Said) -> AIMessage:
    """What a model said, in the one shape; raises as `from_chat`."""
    return from_completion(said) if isinstance(said, LLMResult) else from_chat(said)


def from_chat(message: AIMessage) -> AIMessage:
    """A chat model's message in the one shape.

    Raises:
        NoReply: there is nothing in it.
        ItemRefused: the provider did not let the prompt through.
    """
    metadata = message.response_metadata
    if (metadata.get("prompt_feedback") or {}).get("block_reason"):
        raise ItemRefused(f"the prompt was blocked: {metadata['prompt_feedback']}"[:300], reason="content_filter")
    return _message(
        spoken(message),
        finish=_first(metadata, *_WHY) or ("tool_calls" if message.tool_calls else None),
        usage=message.usage_metadata,
        model=_first(metadata, "model_name", "model"),
        logprobs=metadata.get("logprobs"),
    )


def spoken(message: BaseMessage) -> str:
    """A message's text; where it has none, the arguments of the one tool that it calls, as JSON, cut as they may be."""
    text = str(message.text)
    whole: list[Any] = getattr(message, "tool_calls", [])
    torn: list[Any] = getattr(message, "invalid_tool_calls", [])
    if text or len(whole) + len(torn) != 1:
        return text
    return json.dumps(whole[0]["args"], ensure_ascii=False) if whole else str(torn[0]["args"] or "")


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
        generations[0].text,
        finish=_first(info, *_WHY),
        usage=_completion_usage(output, info),
        model=_first(output, "model_name", "model") or _first(info, "model_name", "model"),
        logprobs=info.get("logprobs"),
    )


def _message(
    text: str,
    *,
    finish: str | None,
    usage: Mapping[str, Any] | None,
    model: str | None,
    logprobs: Any,
) -> AIMessage:
    known = _known(usage)
    if not text and not finish and not known:
        raise NoReply("the response holds no reply")
    metadata: dict[str, Any] = {
        "finish_reason": _FINISH.get(str(finish).lower(), str(finish).lower()) if finish else None
    }
    metadata["model_name"] = model or None
    if logprobs:
        metadata["first_token"] = _first_token(logprobs)
    return AIMessage(content=whole_characters(text), usage_metadata=known, response_metadata=metadata)


def _completion_usage(output: Mapping[str, Any], info: Mapping[str, Any]) -> dict[str, Any]:
    tokens = output.get("token_usage") or {}
    return info.get("usage_metadata") or {
        "input_tokens": tokens.get("prompt_tokens", info.get("prompt_eval_count")),
        "output_tokens": tokens.get("completion_tokens", info.get("eval_count")),
    }


def _known(usage: Mapping[str, Any] | None) -> UsageMetadata | None:
    """The counts, if there are any: no prompt has 0 tokens, so integrations that write 0 for unknown are found out."""
    read, wrote = (usage or {}).get("input_tokens"), (usage or {}).get("output_tokens")
    if not read or wrote is None:
        return None
    return {"input_tokens": int(read), "output_tokens": int(wrote), "total_tokens": int(read) + int(wrote)}


def _first_token(logprobs: Any) -> dict[str, float]:
    """Token -> log-probability, from any shape.

    The chat shape is a list of tokens, under "content" at OpenAI and llama.cpp (for completions too) and bare at
    Ollama; the older completion shape has a list of dicts under "top_logprobs".
    """
    tokens = logprobs if isinstance(logprobs, list) else logprobs.get("content")
    if tokens:
        return {entry["token"]: entry["logprob"] for entry in tokens[0].get("top_logprobs") or [tokens[0]]}
    tops = None if isinstance(logprobs, list) else logprobs.get("top_logprobs")
    return dict(tops[0]) if tops and tops[0] else {}


def _first(values: Mapping[str, Any], *names: str) -> Any:
    return next((values[name] for name in names if values.get(name)), None)


def _prompt(given: Any) -> PromptValue:
    if isinstance(given, PromptValue):
        return given
    return StringPromptValue(text=given) if isinstance(given, str) else ChatPromptValue(messages=list(given))


def _traced(config: RunnableConfig | None) -> dict[str, Any]:
    config = ensure_config(config)
    return {key: config.get(key) for key in ("callbacks", "tags", "metadata")} | {"run_name": config.get("run_name")}

"""Public fakes: models that are a function from a prompt to a reply, for tests of chains and of what embeds them.

from selfinstruct_chains.testing import ScriptedChat, scripted_author

self_instruct(load_config("openai"), models=ScriptedChat(reply=scripted_author)).invoke({"n": 5})
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel, BaseLLM
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult, Generation, LLMResult
from langchain_core.prompt_values import ChatPromptValue

from selfinstruct_chains.testing.author import Reply, Script, scripted_author

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun

__all__ = ["Reply", "Script", "ScriptedChat", "ScriptedCompletion", "scripted_author"]


class ScriptedChat(BaseChatModel):
    """A chat model that answers `reply(prompt, seed)`."""

    reply: Script
    seed: int | None = None

    @property
    def _llm_type(self) -> str:
        return "scripted-chat"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _chat_result(_now(self.reply, _text(messages), kwargs.get("seed")))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _chat_result(await _later(self.reply(_text(messages), kwargs.get("seed"))))


class ScriptedCompletion(BaseLLM):
    """A completion model that answers `reply(prompt, seed)`."""

    reply: Script
    seed: int | None = None

    @property
    def _llm_type(self) -> str:
        return "scripted-completion"

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        return _llm_result([_now(self.reply, prompt, kwargs.get("seed")) for prompt in prompts])

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        return _llm_result([await _later(self.reply(prompt, kwargs.get("seed"))) for prompt in prompts])


def _text(messages: list[BaseMessage]) -> str:
    return ChatPromptValue(messages=messages).to_string()


def _now(script: Script, prompt: str, seed: int | None) -> Reply:
    reply: Any = None if inspect.iscoroutinefunction(script) else script(prompt, seed)
    if reply is None or inspect.isawaitable(reply):
        if inspect.iscoroutine(reply):
            reply.close()
        raise NotImplementedError("this model's script is asynchronous: use ainvoke")
    return _reply(reply)


async def _later(reply: Any) -> Reply:
    return _reply(await reply if inspect.isawaitable(reply) else reply)


def _reply(reply: str | Reply) -> Reply:
    return reply if isinstance(reply, Reply) else Reply(reply)


def _chat_result(reply: Reply) -> ChatResult:
    total = reply.input_tokens + reply.output_tokens
    message = AIMessage(
        content=reply.text,
        usage_metadata={
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "total_tokens": total,
        },
        response_metadata={"finish_reason": reply.finish_reason, "model_name": "scripted"},
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _llm_result(replies: list[Reply]) -> LLMResult:
    prompt, completion = sum(r.input_tokens for r in replies), sum(r.output_tokens for r in replies)
    return LLMResult(
        generations=[[Generation(text=r.text, generation_info={"finish_reason": r.finish_reason})] for r in replies],
        llm_output={
            "model_name": "scripted",
            "token_usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        },
    )

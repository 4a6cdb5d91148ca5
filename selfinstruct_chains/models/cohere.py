"""LangChain's class for Cohere with what the API takes and the class has no fields for, and without retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_cohere import ChatCohere

if TYPE_CHECKING:
    from langchain_core.outputs import ChatResult

_NAMES = {"top_p": "p", "top_k": "k"}
_FIELDS = ("max_tokens", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed", "safety_mode", "thinking")


class Cohere(ChatCohere):
    """A chat model of Cohere's: https://docs.cohere.com/reference/chat."""

    max_tokens: int | None = None
    top_p: float | None = None
    top_k: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    safety_mode: str | None = None
    thinking: dict[str, Any] | None = None

    async def _agenerate(self, *arguments: Any, **options: Any) -> ChatResult:
        result: ChatResult = await super()._agenerate(*arguments, **self._whole(options))
        return result

    def _generate(self, *arguments: Any, **options: Any) -> ChatResult:
        result: ChatResult = super()._generate(*arguments, **self._whole(options))
        return result

    def _whole(self, options: dict[str, Any]) -> dict[str, Any]:
        """A call's options over the model's own, by the names of the API; None are left out by the class."""
        own = {name: getattr(self, name) for name in _FIELDS}
        named = {_NAMES.get(name, name): value for name, value in (own | options).items()}
        return named | {"request_options": {"max_retries": 0}}

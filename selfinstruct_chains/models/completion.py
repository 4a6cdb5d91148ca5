"""LangChain's completion class for OpenAI's protocol, with all that it says and without what nobody has said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openai import AzureOpenAI, OpenAI
from langchain_openai.llms.base import BaseOpenAI
from openai import omit

if TYPE_CHECKING:
    from langchain_core.outputs import LLMResult

_KEPT_AT_1 = ("n", "best_of")  # the class counts with them; 1 is what the protocol takes where they are left out


class _OnlyWhatIsSaid(BaseOpenAI):
    """Leaves out of a request what nobody has set: the class has temperature 0.7, 256 tokens and others as defaults.

    And it hands on all that is said of tokens: the class keeps three counts, and drops what was read from a cache.
    """

    @property
    def _default_params(self) -> dict[str, Any]:
        said = {key: value for key, value in super()._default_params.items() if value is not None}
        # The class looks into it, and the SDK leaves it out.
        return {"max_tokens": omit, **{key: value for key, value in said.items() if key not in _KEPT_AT_1}}

    async def _agenerate(
        self, prompts: list[str], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> LLMResult:
        params = {**self._invocation_params, **kwargs} | ({"stop": stop} if stop else {})
        response = await self.async_client.create(prompt=prompts, **params)
        response = response if isinstance(response, dict) else response.model_dump()
        return self.create_llm_result(response["choices"], prompts, params, response.get("usage") or {})


class Completion(_OnlyWhatIsSaid, OpenAI):
    """A completion model behind OpenAI's protocol."""


class AzureCompletion(_OnlyWhatIsSaid, AzureOpenAI):
    """A completion model on Azure."""

"""LangChain's completion class for OpenAI's protocol, without the values that it would send of its own accord."""

from __future__ import annotations

from typing import Any

from langchain_openai import AzureOpenAI, OpenAI
from langchain_openai.llms.base import BaseOpenAI
from openai import omit

_KEPT_AT_1 = ("n", "best_of")  # the class counts with them; 1 is what the protocol takes where they are left out


class _OnlyWhatIsSaid(BaseOpenAI):
    """Leaves out of a request what nobody has set: the class has temperature 0.7, 256 tokens and others as defaults."""

    @property
    def _default_params(self) -> dict[str, Any]:
        said = {key: value for key, value in super()._default_params.items() if value is not None}
        # The class looks into it, and the SDK leaves it out.
        return {"max_tokens": omit, **{key: value for key, value in said.items() if key not in _KEPT_AT_1}}


class Completion(_OnlyWhatIsSaid, OpenAI):
    """A completion model behind OpenAI's protocol."""


class AzureCompletion(_OnlyWhatIsSaid, AzureOpenAI):
    """A completion model on Azure."""

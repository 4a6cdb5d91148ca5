"""Why a reply ended: each provider's words for it, read as three kinds.

*Whole* are the good ends, and only those that are listed. After any other the last item of a reply is taken as cut:
at the token limit, by the provider's filter, by a server that broke off, or by what nobody has heard of yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.characters import short_name

if TYPE_CHECKING:
    from collections.abc import Mapping

STOP = "stop"
TOOL_CALLS = "tool_calls"
LENGTH = "length"
REFUSAL = "refusal"
UNKNOWN = "unknown"
"""Where a word was due, and none came."""


class _Words(NamedTuple):
    """A provider's words in lower case; those that are in no column are cuts, such as "error" and "abort"."""

    source: str
    whole: str = ""
    tools: str = ""
    """A tool was called, and the call is whole."""
    limit: str = ""
    """Cut at the token limit."""
    filtered: str = ""
    """Cut by what the provider lets nobody read."""


_PROVIDERS = {
    "OpenAI": _Words(
        "platform.openai.com/docs/api-reference/chat/object",
        "stop",
        "tool_calls function_call",
        "length",
        "content_filter refusal",
    ),
    "OpenAI, responses": _Words(
        "platform.openai.com/docs/api-reference/responses/object",
        "completed",
        limit="max_output_tokens",
        filtered="content_filter",
    ),
    "Azure": _Words(
        "learn.microsoft.com/azure/ai-services/openai/concepts/content-filter",
        "stop",
        limit="length",
        filtered="content_filter",
    ),
    "Anthropic": _Words(
        "docs.anthropic.com/en/api/handling-stop-reasons",
        "end_turn stop_sequence",
        "tool_use",
        "max_tokens model_context_window_exceeded",
        "refusal",
    ),
    "Gemini": _Words(
        "ai.google.dev/api/generate-content#FinishReason",
        "stop",
        limit="max_tokens",
        filtered="safety recitation blocklist prohibited_content spii image_safety model_armor",
    ),
    "Mistral": _Words("docs.mistral.ai/api", "stop", "tool_calls", "length model_length"),
    "Bedrock": _Words(
        "docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        "end_turn stop_sequence",
        "tool_use",
        "max_tokens model_context_window_exceeded",
        "content_filtered guardrail_intervened",
    ),
    "Bedrock, Titan": _Words(
        "docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html",
        "finish finished stop_criteria_met",
        limit="length",
        filtered="content_filtered",
    ),
    "Cohere": _Words(
        "docs.cohere.com/reference/chat",
        "complete stop_sequence",
        "tool_call",
        "max_tokens error_limit",
        "error_toxic",
    ),
    "AI21": _Words("docs.ai21.com/reference", "stop endoftext", "tool_calls", "length"),
    "DeepSeek": _Words(
        "api-docs.deepseek.com/api/create-chat-completion", "stop", "tool_calls", "length", "content_filter"
    ),
    "Together": _Words("docs.together.ai/reference/chat-completions", "stop eos", "tool_calls function_call", "length"),
    "OpenRouter": _Words(
        "openrouter.ai/docs/api-reference/overview", "stop", "tool_calls", "length", filtered="content_filter"
    ),
    "Perplexity": _Words("docs.perplexity.ai/api-reference/chat-completions-post", "stop", limit="length"),
    "xAI": _Words("docs.x.ai/docs/api-reference", "stop", "tool_calls", "length", "content_filter"),
    "Z.ai": _Words(
        "docs.z.ai/api-reference/llm/chat-completion",
        "stop",
        "tool_calls",
        "length model_context_window_exceeded",
        "sensitive",
    ),
    "watsonx": _Words(
        "cloud.ibm.com/apidocs/watsonx-ai",
        "stop eos_token stop_sequence",
        "tool_calls",
        "length max_tokens token_limit",
    ),
    "Ollama": _Words("github.com/ollama/ollama/blob/main/docs/api.md", "stop", limit="length"),
    "TGI": _Words(
        "huggingface.co/docs/text-generation-inference/reference/api_reference", "eos_token stop_sequence stop"
    ),
    "vLLM": _Words("docs.vllm.ai/en/latest/serving/openai_compatible_server.html", "stop", "tool_calls", "length"),
    "llama.cpp": _Words(
        "github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        "stop eos word",
        "tool_calls",
        "length limit",
    ),
}

_ONE_WORD = {
    **{word: STOP for words in _PROVIDERS.values() for word in words.whole.split()},
    **{word: TOOL_CALLS for words in _PROVIDERS.values() for word in words.tools.split()},
    **{word: LENGTH for words in _PROVIDERS.values() for word in words.limit.split()},
}
_FILTERED = frozenset(word for words in _PROVIDERS.values() for word in words.filtered.split())
_KEYS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "finishReason", "completionReason")
"""Where LangChain's integrations put the word."""
_LONGEST = 40  # characters


def finish_reason(metadata: Mapping[str, Any]) -> str | None:
    """Why a reply ended, from what LangChain says about it.

    Returns:
        "stop", "tool_calls" or "length" for all words of these meanings; any other in lower case, as its provider has
        it; "unknown" where there is a place for a word and no word in it; None where there is no place.
    """
    given = [metadata[key] for key in _KEYS if key in metadata] + _of_responses(metadata)
    if not given:
        return None
    word = short_name(next(filter(None, given), None), _LONGEST)
    return _ONE_WORD.get(word.lower(), word.lower()) if word else UNKNOWN


def is_whole(reason: str | None) -> bool:
    """Whether nothing is missing at the end of the reply; of one that nobody says anything about, it is believed."""
    return reason is None or _ONE_WORD.get(reason.lower()) in {STOP, TOOL_CALLS}


def is_filtered(reason: str | None) -> bool:
    """Whether the provider's filter, or the model's own refusal, ended the reply."""
    return reason is not None and reason.lower() in _FILTERED


def _of_responses(metadata: Mapping[str, Any]) -> list[Any]:
    """The word of OpenAI's Responses API, which has a status, and details where that is "incomplete"."""
    details = metadata.get("incomplete_details")
    if isinstance(details, dict):
        return [details.get("reason")]
    return [metadata["status"]] if metadata.get("status") in {"completed", "incomplete"} else []

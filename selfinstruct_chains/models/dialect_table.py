"""What each provider's models take, and what LangChain's class for them calls it: one row for each, with its source."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.models import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from selfinstruct_chains.config import Held

    Holding = Callable[[Any, dict[str, Any]], dict[str, Any]]

_NONE: Mapping[Held, Holding] = MappingProxyType({})


class Dialect(NamedTuple):
    """How one family of models is spoken to."""

    family: str
    held: Mapping[Held, Holding] = _NONE
    """How a reply can be held to JSON, the best first: from a model and a schema to the call's options."""
    sure: bool = False
    """Whether all models of the family take the first of these; else it depends on the model."""
    system_role: bool | None = True
    """Whether they take a system message; None: it depends on the model."""
    seed: str | None = None
    """The call's name for a sampling seed; None: there is none."""
    logprobs: Callable[[int], dict[str, Any]] | None = None
    """From the number of alternatives to the call's options; None: there are no log-probabilities."""
    max_tokens: str = "max_tokens"
    """The call's name for the limit of a reply."""
    finish: Holding | None = None
    """A last change to the call's options."""

    @property
    def schema(self) -> Holding | None:
        """How a reply is held to a JSON schema."""
        return self.held.get("json_schema")


# What services that speak OpenAI's chat protocol take, by the names that a chain file has for them.

_SCHEMA: Mapping[Held, Holding] = {"json_schema": shapes.openai_schema}
_GUIDED: Mapping[Held, Holding] = {"json_schema": shapes.guided_schema}
_TOOL: Mapping[Held, Holding] = {"function_calling": shapes.tool}
_JSON: Mapping[Held, Holding] = {"json_mode": shapes.openai_json}
_ALL: Mapping[Held, Holding] = {**_SCHEMA, **_TOOL, **_JSON}
_TOP_20, _TOP_8, _TOP_5 = map(shapes.chat_logprobs, (20, 8, 5))

SERVER = Dialect("a server that speaks OpenAI's protocol", _ALL, system_role=None, seed="seed", logprobs=_TOP_20)
CHATS: dict[str, Dialect] = {
    # platform.openai.com/docs/guides/structured-outputs; api-reference/chat: seed, top_logprobs 0 to 20
    "openai": Dialect("an OpenAI chat model", _ALL, seed="seed", logprobs=_TOP_20),
    # learn.microsoft.com/azure/ai-services/openai/how-to/structured-outputs: by model and API version
    "azure_openai": Dialect("Azure OpenAI", _ALL, seed="seed", logprobs=_TOP_20),
    # github.com/ggml-org/llama.cpp, tools/server/README.md: a grammar; the chat template is the model's
    "llamacpp": Dialect("llama.cpp", _GUIDED, sure=True, system_role=None, seed="seed", logprobs=_TOP_20),
    "embedded": Dialect("llama.cpp", _GUIDED, sure=True, seed="seed", logprobs=_TOP_20),
    # docs.vllm.ai/en/latest/features/structured_outputs.html
    "vllm": Dialect("vLLM", _GUIDED, sure=True, system_role=None, seed="seed", logprobs=_TOP_20),
    # docs.sglang.ai/advanced_features/structured_outputs.html
    "sglang": Dialect("SGLang", _SCHEMA, sure=True, system_role=None, seed="seed", logprobs=_TOP_20),
    # lmstudio.ai/docs/developer/openai-compat/structured-output: json_schema or text, nothing between
    "lmstudio": Dialect("LM Studio", _SCHEMA, sure=True, system_role=None, seed="seed"),
    # huggingface.co/docs/text-generation-inference/basic_tutorials/using_guidance: from 3 on; top_logprobs to 5
    "tgi": Dialect("Text Generation Inference", _ALL, system_role=None, seed="seed", logprobs=_TOP_5),
    # console.groq.com/docs/structured-outputs: by model; logprobs are not supported
    "groq": Dialect("Groq", _ALL, seed="seed"),
    # docs.together.ai/docs/json-mode: by model; log-probabilities without a choice of alternatives
    "together": Dialect("Together", _ALL, seed="seed"),
    # docs.fireworks.ai/structured-responses/structured-response-formatting: a grammar for all models
    "fireworks": Dialect("Fireworks", {**_SCHEMA, **_JSON}, sure=True, seed="seed", logprobs=_TOP_5),
    # openrouter.ai/docs/features/structured-outputs: by model and by who serves it
    "openrouter": Dialect("OpenRouter", _ALL, seed="seed", logprobs=_TOP_20),
    # api-docs.deepseek.com/api/create-chat-completion: json_object alone; a tool can't be forced while it reasons
    "deepseek": Dialect("DeepSeek", _JSON, sure=True, logprobs=_TOP_20),
    # docs.x.ai/docs/guides/structured-outputs: all language models; top_logprobs 0 to 8
    "xai": Dialect("xAI", {**_SCHEMA, **_TOOL}, sure=True, seed="seed", logprobs=_TOP_8),
    # docs.mistral.ai/capabilities/structured_output/custom: all current models; the seed is called random_seed
    "mistralai": Dialect("Mistral", {**_SCHEMA, **_JSON}, sure=True, seed="random_seed"),
    # docs.perplexity.ai/guides/structured-outputs: all Sonar models; no seed
    "perplexity": Dialect("Perplexity", _SCHEMA, sure=True),
    # inference-docs.cerebras.ai/capabilities/structured-outputs; no tool can be forced
    "cerebras": Dialect("Cerebras", {**_SCHEMA, **_JSON}, seed="seed", logprobs=_TOP_20),
    # docs.tokenfactory.nebius.com/ai-models-inference/json
    "nebius": Dialect("Nebius", _ALL, seed="seed", logprobs=_TOP_20),
    # docs.nvidia.com/nim/large-language-models/latest/structured-generation.html: by the engine behind it
    "nvidia": Dialect("NVIDIA NIM", _ALL, system_role=None, seed="seed", logprobs=_TOP_20),
    # huggingface.co/docs/inference-providers/guides/structured-output: by who serves it
    "huggingface": Dialect("Hugging Face", _ALL, system_role=None, seed="seed"),
}
CHATS["mistral"] = CHATS["mistralai"]
SERVICE_OF = {
    "AzureChatOpenAI": "azure_openai",
    "ChatTogether": "together",
    "ChatDeepSeek": "deepseek",
    "ChatXAI": "xai",
}
"""LangChain's classes over OpenAI's protocol, where no chain file names the provider."""

COMPLETION = Dialect(
    "an OpenAI completion model (for servers of your own there are the providers vllm and llamacpp)",
    seed="seed",
    logprobs=shapes.counted_logprobs(5),
)
_LLAMACPP = Dialect(
    "llama.cpp",
    {"json_schema": shapes.llamacpp_completion},
    sure=True,
    seed="seed",
    logprobs=shapes.counted_logprobs(20),
)
COMPLETIONS: dict[str, Dialect] = {
    "llamacpp": _LLAMACPP,
    "embedded": _LLAMACPP,
    "vllm": Dialect(
        "vLLM",
        {"json_schema": shapes.vllm_completion},
        sure=True,
        seed="seed",
        logprobs=shapes.counted_logprobs(20),
    ),
}
"""Completion models over OpenAI's protocol."""

# Classes with a client of their own. Their source is the class itself, in the version that pyproject.toml pins, and
# what the provider's page says of models, as above.

_BY_NAME: Mapping[Held, Holding] = {
    "json_schema": shapes.named_schema,
    "function_calling": shapes.tool,
    "json_mode": shapes.json_object,
}
_GOOGLE = Dialect(
    "Google's models in LangChain",
    {"json_schema": shapes.google_schema, "json_mode": shapes.google_json},
    system_role=None,  # Gemma has none: ai.google.dev/gemma/docs/core/prompt-structure
    seed="seed",
    max_tokens="max_output_tokens",
)
_BEDROCK = Dialect("Amazon Bedrock", _TOOL, system_role=None)  # Titan and Mistral 7B take no system prompt
CLASSES = {
    "ChatAnthropic": Dialect(
        "Anthropic's models",
        {"json_schema": shapes.anthropic_schema, "function_calling": shapes.tool},
        finish=shapes.without_blank_stops,
    ),
    "AnthropicLLM": Dialect("LangChain's AnthropicLLM", finish=shapes.without_blank_stops),
    "ChatGoogleGenerativeAI": _GOOGLE,
    "GoogleGenerativeAI": _GOOGLE,
    "ChatOllama": Dialect(
        "Ollama",
        {"json_schema": shapes.ollama_schema},
        sure=True,
        seed="seed",
        logprobs=_TOP_20,
        max_tokens="num_predict",
        finish=shapes.ollama_options,
    ),
    "OllamaLLM": Dialect(
        "Ollama's completion models in LangChain",
        {"json_schema": shapes.ollama_schema},
        sure=True,
        seed="seed",
        max_tokens="num_predict",
        finish=shapes.ollama_completion,
    ),
    "ChatGroq": CHATS["groq"]._replace(held=_BY_NAME),
    "ChatMistralAI": CHATS["mistralai"]._replace(
        held={"json_schema": shapes.named_schema, "json_mode": shapes.json_object}
    ),
    "ChatOpenRouter": CHATS["openrouter"]._replace(held=_BY_NAME),
    "ChatFireworks": CHATS["fireworks"]._replace(
        held={"json_schema": shapes.fireworks_schema, "json_mode": shapes.json_object}
    ),
    "ChatPerplexity": CHATS["perplexity"]._replace(held={"json_schema": shapes.perplexity_schema}),
    # docs.cohere.com/docs/structured-outputs: Command R 08-2024 and newer
    "ChatCohere": Dialect(
        "Cohere", {"json_schema": shapes.cohere_schema, "json_mode": shapes.json_object}, seed="seed"
    ),
    "ChatBedrockConverse": _BEDROCK,
    "ChatBedrock": _BEDROCK,
    "ChatHuggingFace": CHATS["huggingface"]._replace(held=_BY_NAME),
    "ScriptedChat": Dialect("a scripted model", {"json_schema": shapes.scripted_schema}, sure=True, seed="seed"),
    "ScriptedCompletion": Dialect("a scripted model", {"json_schema": shapes.scripted_schema}, sure=True, seed="seed"),
}

"""What is known of providers by name: where they are, which environment variables they read, what they speak.

The rule: who speaks OpenAI's protocol is asked by langchain-openai at its address, which needs no further package.
Their own LangChain packages are the same client once more (deepseek, together, xai), or bring what a run can't have:
sampling that the chain file doesn't say (groq, perplexity), retries of their own (fireworks, openrouter), no other
address (perplexity), no versions beside those here (huggingface). Who has a protocol of its own (anthropic,
google_genai, ollama, mistralai, cohere, bedrock_converse) is asked by its own package: `native`.
"""

from __future__ import annotations

from typing import NamedTuple


class Service(NamedTuple):
    """A provider that speaks OpenAI's protocol, at an address that is known."""

    address: str
    keys: tuple[str, ...] = ()
    """The environment variables that its key may stand in; none: a server of one's own, which asks for none."""
    completions: bool = False
    """Whether it has OpenAI's completion endpoint besides the chat."""


SERVICES = {
    # https://inference-docs.cerebras.ai/resources/openai
    "cerebras": Service("https://api.cerebras.ai/v1", ("CEREBRAS_API_KEY",), completions=True),
    # https://api-docs.deepseek.com
    "deepseek": Service("https://api.deepseek.com", ("DEEPSEEK_API_KEY",)),
    # https://docs.fireworks.ai/tools-sdks/openai-compatibility
    "fireworks": Service("https://api.fireworks.ai/inference/v1", ("FIREWORKS_API_KEY",), completions=True),
    # https://console.groq.com/docs/openai
    "groq": Service("https://api.groq.com/openai/v1", ("GROQ_API_KEY",)),
    # https://huggingface.co/docs/inference-providers
    "huggingface": Service("https://router.huggingface.co/v1", ("HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN")),
    # https://docs.langchain.com/langsmith/llm-gateway-api-formats; the address is that of LangChain's init_chat_model
    "langsmith": Service("https://gateway.smith.langchain.com/v1", ("LANGSMITH_GATEWAY_API_KEY", "LANGSMITH_API_KEY")),
    # https://docs.tokenfactory.nebius.com/api-reference/introduction
    "nebius": Service("https://api.tokenfactory.nebius.com/v1", ("NEBIUS_API_KEY",), completions=True),
    # https://docs.api.nvidia.com/nim/reference/llm-apis
    "nvidia": Service("https://integrate.api.nvidia.com/v1", ("NVIDIA_API_KEY",)),
    # https://openrouter.ai/docs/quickstart
    "openrouter": Service("https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), completions=True),
    # https://docs.perplexity.ai
    "perplexity": Service("https://api.perplexity.ai", ("PERPLEXITY_API_KEY", "PPLX_API_KEY")),
    # https://docs.together.ai/docs/openai-api-compatibility
    "together": Service("https://api.together.xyz/v1", ("TOGETHER_API_KEY",), completions=True),
    # https://docs.x.ai/docs/api-reference
    "xai": Service("https://api.x.ai/v1", ("XAI_API_KEY",)),
    # Servers of one's own, at the port that each takes if it is told no other.
    # https://github.com/ggml-org/llama.cpp/tree/master/tools/server
    "llamacpp": Service("http://127.0.0.1:8080/v1", completions=True),
    # https://lmstudio.ai/docs/developer/openai-compat
    "lmstudio": Service("http://127.0.0.1:1234/v1", completions=True),
    # https://docs.sglang.io/docs/basic_usage/openai_api_completions
    "sglang": Service("http://127.0.0.1:30000/v1", completions=True),
    # https://huggingface.co/docs/text-generation-inference/quicktour: where its docker command puts it
    "tgi": Service("http://127.0.0.1:8080/v1", completions=True),
    # https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    "vllm": Service("http://127.0.0.1:8000/v1", completions=True),
}

KEYS: dict[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "azure_openai": ("AZURE_OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "mistralai": ("MISTRAL_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    **{name: service.keys for name, service in SERVICES.items() if service.keys},
}
"""The environment variables that a provider's key may stand in."""

ADDRESSES: dict[str, tuple[str, ...]] = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "azure_openai": ("AZURE_OPENAI_ENDPOINT",),
    "anthropic": ("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL"),
    "google_genai": ("GOOGLE_GEMINI_BASE_URL",),
    "ollama": ("OLLAMA_HOST",),
    "mistralai": ("MISTRAL_BASE_URL",),
    "cohere": ("CO_API_URL",),
}
"""The environment variables that a client takes its address from where the chain file has none."""

OPENAI_SPEAKERS = frozenset({"openai", "embedded", *SERVICES})

EXTRAS = {
    "anthropic": "anthropic",
    "bedrock_converse": "aws",
    "cohere": "cohere",
    "google_genai": "google",
    "mistralai": "mistral",
    "ollama": "ollama",
}
"""The extra of this package that installs a provider's client."""

"""Keys that `model.extra` may have: a reviewed list for each provider's class, as a chain file may be a stranger's.

Not on it: what this program sets, or has a setting of its own for; and what would have a class run code, load a
library or a pickle, call something by name, open a file, or send elsewhere than to `base_url`. From Python any model
may be had.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.models.community import community_class
from selfinstruct_chains.models.services import OPENAI_SPEAKERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import ModelConfig

_BODY = {
    "replies are taken whole": "stream stream_options",
    "a call has one reply, and run.max_concurrency says how many calls there are at once": (
        "n best_of candidate_count num_generations num_return_sequences"
    ),
    "use model.name": "model model_name model_id",
    "use model.temperature": "temperature",
    "use model.top_p": "top_p p",
    "use model.presence_penalty": "presence_penalty",
    "use model.frequency_penalty": "frequency_penalty",
    "use model.max_tokens": (
        "max_tokens max_completion_tokens max_output_tokens max_new_tokens max_tokens_to_sample num_predict n_predict"
    ),
    "use run.seed and model.send_seed": "seed random_seed",
    "stop strings belong to the completion form of the prompt file": "stop stop_sequences stop_token_ids",
    "use the role's output: json_schema": (
        "response_format response_mime_type response_schema response_json_schema json_schema guided_json"
        " structured_outputs format"
    ),
    "use decide: logprob": "logprobs top_logprobs response_logprobs",
    "no tools are called here": (
        "tools tool_choice parallel_tool_calls functions function_call mcp_servers web_search_options"
    ),
    "prompts come from the prompt file": "messages prompt input system",
}
_CLIENT = {
    "replies are taken whole": "streaming stream_usage disable_streaming stream_chunk_timeout",
    "the chat completions protocol is spoken, as that tells why a reply ended": (
        "use_responses_api use_previous_response_id output_version include truncation context_management"
        " beta_use_converse_api"
    ),
    "use model.provider": "provider model_provider configurable_fields config_prefix",
    "use run.patience": "max_retries retries retry_options retry_config",
    "use model.timeout": "timeout request_timeout default_request_timeout timeout_seconds max_elapsed_time",
    "use model.base_url": (
        "base_url api_base api_endpoint endpoint endpoint_url azure_endpoint openai_api_base host server_url"
        " client_options anthropic_api_url mistral_api_base"
    ),
    "use model.api_key_env": "api_key openai_api_key anthropic_api_key google_api_key mistral_api_key cohere_api_key",
    "use model.headers_env": "default_headers additional_headers extra_headers headers",
    "use model.requests_per_minute": "rate_limiter max_concurrent_requests batch_size",
    "connections are made by this program, and a proxy's address stands in HTTPS_PROXY": (
        "http_client http_async_client http_socket_options client async_client root_client root_async_client"
        " client_kwargs async_client_kwargs sync_client_kwargs client_args transport"
        " proxy openai_proxy anthropic_proxy config bedrock_client"
    ),
    "give it in Python: config={...}": "callbacks callback_manager cache verbose tags metadata name",
    "tokens are counted by the provider": "custom_get_token_ids",
}
_ARGUMENTS = {
    "use model.headers_env": "extra_headers headers additional_headers default_headers",
    "use model.timeout": "timeout",
    "use model.base_url": "extra_query http_options request_options base_url api_base endpoint_url",
}
"""What an SDK's function takes besides the request's body."""
_WITHIN = ("extra_body", "model_kwargs", "additional_model_request_fields", "options")
"""Keys of `extra` whose values are keys of the request's body."""

_EVERYWHERE = (
    "top_k min_p top_a tfs_z typical_p mirostat mirostat_eta mirostat_tau repeat_penalty repeat_last_n"
    " repetition_penalty length_penalty logit_bias reasoning reasoning_effort thinking thinking_budget verbosity"
    " service_tier user profile"
)
"""Numbers and words of sampling, which mean the same in every class."""
_BY_PROVIDER = {
    "anthropic": "betas effort inference_geo model_kwargs output_config",
    "azure_openai": (
        "api_version azure_deployment deployment_name disabled_params extra_body model_kwargs model_version"
        " openai_api_version prompt_cache_options store"
    ),
    "bedrock_converse": (
        "additional_model_request_fields additional_model_response_field_paths base_model base_model_id"
        " guardrail_config guardrails output_config performance_config provider region_name request_metadata"
    ),
    "cohere": "preamble",
    "google_genai": (
        "api_version cached_content convert_system_message_to_human include_thoughts labels location media_resolution"
        " project response_modalities safety_settings thinking_config thinking_level vertexai"
    ),
    "google_vertexai": "location project safety_settings",
    "mistralai": "model_kwargs safe_mode",
    "ollama": "keep_alive num_ctx num_gpu num_thread validate_model_on_init",
    "openai": "disabled_params extra_body model_kwargs prompt_cache_options store",
}
"""What each provider's class takes besides; who speaks OpenAI's protocol is asked by OpenAI's."""
_LABELS = ("location", "region_name", "project", "api_version")
"""What becomes a part of an address, where "/" or "@" would make it another's."""


def refuse_reserved(config: ModelConfig) -> None:
    """Compare `config.extra` with what is this program's own to set, and with what its class may be given.

    Raises:
        ConfigError: naming the key, and the setting to use instead.
    """
    _refuse(config.extra, "model.extra", _flat(_BODY) | _flat(_CLIENT))
    _refuse_within(config.extra, "model.extra")
    taken = taken_by(config)
    for name, value in config.extra.items():
        if name not in taken:
            raise ConfigError(
                f"model.extra.{name}: {config.provider} takes no such parameter from a chain file"
                f"{did_you_mean(name, taken)}; there are {', '.join(sorted(taken))}; a model made in Python has all"
            )
        if name in _LABELS and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}", str(value)):
            raise ConfigError(f"model.extra.{name}: must be letters, digits, dots and hyphens: it becomes an address")


def taken_by(config: ModelConfig) -> frozenset[str]:
    """The keys that `config.extra` may have.

    Raises:
        ConfigError: no class of langchain-community that a chain file may name.
    """
    if config.provider == "community":
        return frozenset(community_class(config.name, config.kind).parameters.split())
    family = "openai" if config.provider in OPENAI_SPEAKERS else config.provider
    return frozenset(f"{_EVERYWHERE} {_BY_PROVIDER.get(family, '')}".split())


def _refuse_within(extra: Mapping[str, Any], place: str) -> None:
    """The same below the keys whose values are the request's."""
    for key in _WITHIN:
        if isinstance(within := extra.get(key), dict):
            _refuse(within, f"{place}.{key}", _flat(_BODY) | _flat(_ARGUMENTS))
            _refuse_within(within, f"{place}.{key}")


def _refuse(extra: Mapping[str, Any], place: str, reserved: Mapping[str, str]) -> None:
    if found := next(filter(reserved.__contains__, extra), None):
        raise ConfigError(f"{place}.{found}: this is set by this program; {reserved[found]}")


def _flat(table: Mapping[str, str]) -> dict[str, str]:
    return {name: instead for instead, names in table.items() for name in names.split()}

"""Keys that `model.extra` may not have, since this program sets them, or has a setting of its own for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ConfigError

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
    "no tools are called here": "tools tool_choice parallel_tool_calls functions function_call",
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
_WITHIN = ("extra_body", "model_kwargs", "additional_model_request_fields", "options")
"""Keys of `extra` whose values are keys of the request's body."""


def refuse_reserved(config: ModelConfig) -> None:
    """Compare `config.extra` with what is this program's own to set.

    Raises:
        ConfigError: naming the key, and the setting to use instead.
    """
    _refuse(config.extra, "model.extra", _flat(_BODY) | _flat(_CLIENT))
    for key in _WITHIN:
        if isinstance(within := config.extra.get(key), dict):
            _refuse(within, f"model.extra.{key}", _flat(_BODY))


def _refuse(extra: Mapping[str, Any], place: str, reserved: Mapping[str, str]) -> None:
    if found := next(filter(reserved.__contains__, extra), None):
        raise ConfigError(f"{place}.{found}: this is set by this program; {reserved[found]}")


def _flat(table: Mapping[str, str]) -> dict[str, str]:
    return {name: instead for instead, names in table.items() for name in names.split()}

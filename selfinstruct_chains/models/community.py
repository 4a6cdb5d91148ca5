"""The one edge to langchain-community: its model classes by name, imported only when a chain file asks for one.

The package is being sunset and says so with a warning at import. It stays reachable because it holds the only LangChain
classes for some older and smaller providers; the warning is about its future, not about the user's chain.

A chain file may be a stranger's, so it may name only the classes below: they were read, and speak HTTP to a service or
to a server of one's own. Not among them: what runs a model in the process (it loads libraries, weights, pickles), what
deserialises or calls a function that is given, and what has a package of its own among our providers.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import Kind, ModelConfig


class Reviewed(NamedTuple):
    """A class that a chain file may name."""

    keys: str = ""
    """The environment variables whose values it sends."""
    address: str = ""
    """Its parameter for `model.base_url`; none: it has one address."""
    parameters: str = ""
    """What `model.extra` may have for it: plain values that the service gets."""


_SPARK = "IFLYTEK_SPARK_APP_ID IFLYTEK_SPARK_API_KEY IFLYTEK_SPARK_API_SECRET"
_VOLC = "VOLC_ACCESSKEY VOLC_SECRETKEY"
CHAT = {
    "ChatBaichuan": Reviewed("BAICHUAN_API_KEY", "base_url", "top_k with_search_enhance"),
    "ChatClovaX": Reviewed(
        "NCP_CLOVASTUDIO_API_KEY NCP_APIGW_API_KEY",
        "base_url",
        "include_ai_filters repeat_penalty service_app task_id top_k",
    ),
    "ChatDeepInfra": Reviewed("DEEPINFRA_API_TOKEN DEEPINFRA_API_KEY", "", "top_k"),
    "ChatEdenAI": Reviewed("EDENAI_API_KEY", "edenai_api_url", "fallback_providers"),
    "ChatFriendli": Reviewed("FRIENDLI_TOKEN FRIENDLI_TEAM"),
    "ChatHunyuan": Reviewed(
        "HUNYUAN_APP_ID HUNYUAN_SECRET_ID HUNYUAN_SECRET_KEY", "", "enable_enhancement stream_moderation"
    ),
    "ChatNebula": Reviewed("NEBULA_API_KEY", "nebula_api_url"),
    "ChatSparkLLM": Reviewed(_SPARK, "spark_api_url", "spark_user_id top_k"),
    "ChatTongyi": Reviewed("DASHSCOPE_API_KEY"),
    "ChatYi": Reviewed("YI_API_KEY", "yi_api_base"),
    "ChatZhipuAI": Reviewed("ZHIPUAI_API_KEY", "api_base"),
    "FakeListChatModel": Reviewed(parameters="i responses sleep"),
    "LlamaEdgeChatService": Reviewed("", "service_url"),
    "MiniMaxChat": Reviewed("MINIMAX_API_KEY", "base_url"),
    "PaiEasChatEndpoint": Reviewed("EAS_SERVICE_TOKEN", "eas_service_url", "do_sample top_k use_cache version"),
    "QianfanChatEndpoint": Reviewed("QIANFAN_AK QIANFAN_SK", "", "penalty_score"),
    "VolcEngineMaasChat": Reviewed(_VOLC, "", "model_version"),
}
COMPLETION = {
    "AI21": Reviewed("AI21_API_KEY", "base_url", "logitBias maxTokens minTokens topP"),
    "AlephAlpha": Reviewed(
        "ALEPH_ALPHA_API_KEY",
        "host",
        "logit_bias maximum_tokens minimum_tokens raw_completion sequence_penalty sequence_penalty_min_length top_k",
    ),
    "BaichuanLLM": Reviewed("BAICHUAN_API_KEY", "baichuan_api_host"),
    "DeepInfra": Reviewed("DEEPINFRA_API_TOKEN"),
    "FakeListLLM": Reviewed(parameters="i responses sleep"),
    "ForefrontAI": Reviewed("FOREFRONTAI_API_KEY", "endpoint_url", "length repetition_penalty top_k"),
    "Friendli": Reviewed("FRIENDLI_TOKEN FRIENDLI_TEAM"),
    "KoboldApiLLM": Reviewed(
        "", "endpoint", "max_context_length max_length rep_pen rep_pen_range rep_pen_slope tfs top_a top_k typical"
    ),
    "Llamafile": Reviewed(
        "",
        "base_url",
        "min_p mirostat mirostat_eta mirostat_tau n_keep penalize_nl repeat_last_n repeat_penalty tfs_z top_k"
        " typical_p",
    ),
    "Minimax": Reviewed("MINIMAX_API_KEY MINIMAX_GROUP_ID", "minimax_api_host"),
    "NLPCloud": Reviewed(
        "NLPCLOUD_API_KEY",
        "",
        "bad_words gpu lang length_no_input max_length num_beams remove_end_sequence remove_input repetition_penalty"
        " top_k",
    ),
    "Nebula": Reviewed("NEBULA_API_KEY", "nebula_service_url", "repetition_penalty top_k"),
    "QianfanLLMEndpoint": Reviewed("QIANFAN_AK QIANFAN_SK", "", "penalty_score"),
    "SambaNovaCloud": Reviewed("SAMBANOVA_API_KEY", "sambanova_url", "top_k"),
    "SparkLLM": Reviewed(_SPARK, "spark_api_url", "spark_user_id top_k"),
    "TextGen": Reviewed(
        "",
        "model_url",
        "add_bos_token ban_eos_token do_sample early_stopping epsilon_cutoff eta_cutoff length_penalty min_length"
        " no_repeat_ngram_size num_beams penalty_alpha repetition_penalty skip_special_tokens top_k truncation_length"
        " typical_p",
    ),
    "Tongyi": Reviewed("DASHSCOPE_API_KEY"),
    "VolcEngineMaasLLM": Reviewed(_VOLC, "", "model_version"),
    "YiLLM": Reviewed("YI_API_KEY"),
}


def community_class(name: str, kind: Kind) -> Reviewed:
    """What is known of the class `name`, without importing it.

    Raises:
        ConfigError: it is none of those that a chain file may name.
    """
    known = CHAT if kind == "chat" else COMPLETION
    if name not in known:
        raise ConfigError(
            f"model.name: no {kind} model {name!r} of langchain-community's may stand in a chain file"
            f"{did_you_mean(name, known)}; there are {', '.join(known)}; a model made in Python may be any"
        )
    return known[name]


def community_model(config: ModelConfig, options: dict[str, Any]) -> BaseChatModel | BaseLLM:
    """The model, by the class that `config.name` names.

    Args:
        config: the model.
        options: sampling and `extra`, by the names that the class takes.

    Raises:
        ConfigError: as `community_class`, or a setting that these classes don't have.
    """
    reviewed = community_class(config.name, config.kind)
    unfit = [key for key in ("api_key_env", "headers_env") if getattr(config, key)]
    unfit += ["base_url"] if config.base_url and not reviewed.address else []
    if unfit:
        raise ConfigError(f"model.{unfit[0]}: {config.name} of langchain-community takes none: leave it out")
    place: dict[str, Any] = {reviewed.address: config.base_url} if config.base_url else {}
    return _imported(config.name, config.kind)(**options | place)


def _imported(name: str, kind: Kind) -> type[BaseChatModel | BaseLLM]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*langchain-community.*", category=DeprecationWarning)
        if kind == "chat":
            from langchain_community import chat_models as models
        else:
            from langchain_community import llms as models  # type: ignore[no-redef]
        found: type[BaseChatModel | BaseLLM] = getattr(models, name)
    return found

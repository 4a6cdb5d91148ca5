"""What a chain file may give a class: nothing that runs code, loads a file or sends elsewhere, in any class."""

import pickle
import re
import warnings
from pathlib import Path

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_ollama import ChatOllama
from langchain_openai import AzureChatOpenAI, ChatOpenAI

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.community import CHAT, COMPLETION, community_class
from selfinstruct_chains.models.extra import refuse_reserved, taken_by
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.registry import check_model

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from langchain_community import chat_models, llms

KINDS = {"chat": (chat_models, CHAT), "completion": (llms, COMPLETION)}
PACKAGED = {
    "openai": ChatOpenAI,
    "azure_openai": AzureChatOpenAI,
    "anthropic": ChatAnthropic,
    "google_genai": ChatGoogleGenerativeAI,
    "ollama": ChatOllama,
}
DANGEROUS = re.compile(
    r"deserial|remote_code|pickle|path|(?<!pro)file|(^|_)lib(_|$)|grammar|lora|download|tokenizer|pipeline|backend|device|"
    r"url|uri|host(?!ing)|endpoint|base$|proxy|client|session|transport|header|metadata|query|verify|cert|"
    r"func|(^|_)fn($|_)|callback|callable|handler|formatter|provider$|key|token$|secret|password|credential|auth|"
    r"llm$|hardware|python|packages|config$|kwargs|command|exec|import|server|mcp|container",
    re.IGNORECASE,
)
"""What a parameter that can do harm is called."""
FINE = {
    *("logit_bias", "model_kwargs", "output_config", "thinking_config", "guardrail_config", "performance_config"),
    *("provider", "request_metadata", "fallback_providers", "add_bos_token", "ban_eos_token"),
}
"""What sounds like them: the request's, or plain values; read one by one."""
PLAIN = re.compile(r"(?:Optional|List|Dict|Literal|str|int|float|bool|list|dict|None|typing|class|\W)+")


def _config(provider: str, name: str = "m", kind: str = "chat", **values) -> ModelConfig:
    return ModelConfig(**{"provider": provider, "kind": kind, "name": name, **values})


def _class(kind: str, name: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(KINDS[kind][0], name)


def _classes():
    for kind, (module, _) in KINDS.items():
        for name in module.__all__:
            yield kind, name, _class(kind, name)


def _names(cls) -> set[str]:
    return {name for key, field in cls.model_fields.items() for name in (key, field.alias) if name}


@pytest.mark.slow
def test_every_field_of_every_community_class():
    """Each is refused, unless its class was read and it is a plain value of a name that does no harm."""
    taken = set()
    for kind, name, cls in _classes():
        for key in _names(cls):
            try:
                refuse_reserved(_config("community", name, kind, extra={key: "x"}))
                taken.add((kind, name, key))
            except ConfigError:
                continue

    assert len(taken) > 50
    assert [one for one in taken if DANGEROUS.search(one[2]) and one[2] not in FINE] == []
    for kind, name, key in taken:
        fields = _class(kind, name).model_fields
        field = fields.get(key) or next(one for one in fields.values() if one.alias == key)
        written = re.sub(r"Literal\[[^]]*\]", "Literal", str(field.annotation))
        assert PLAIN.fullmatch(written), (name, key, written)


@pytest.mark.parametrize("kind", KINDS)
def test_the_reviewed_classes_are_there(kind):
    """Each has its parameters, and none runs a model in the process."""
    for name, one in KINDS[kind][1].items():
        cls = _class(kind, name)
        assert set(one.parameters.split()) | ({one.address} - {""}) <= _names(cls), name
        assert not re.search(r"Pipeline|LlamaCpp|CTrans|VLLM|SelfHosted|Databricks|Human|Wrapper", name)


@pytest.mark.parametrize("provider", PACKAGED)
def test_every_field_of_the_packaged_classes(provider):
    """What is taken of them is harmless by its name, and each field that is not is refused."""
    taken = taken_by(_config(provider))

    assert [key for key in taken if DANGEROUS.search(key) and key not in FINE] == []
    for key in _names(PACKAGED[provider]) - taken:
        with pytest.raises(ConfigError, match=rf"^model\.extra\.{key}: "):
            refuse_reserved(_config(provider, extra={key: "x"}))


@pytest.mark.parametrize(
    ("provider", "extra", "said"),
    [
        ("openai", {"model_kwargs": {"extra_headers": {"X": "y"}}}, "model_kwargs.extra_headers: this is set by"),
        ("openai", {"model_kwargs": {"extra_body": {"tools": []}}}, "model_kwargs.extra_body.tools: this is set by"),
        ("anthropic", {"mcp_servers": [{"url": "https://x"}]}, "model.extra.mcp_servers: this is set by"),
        ("anthropic", {"container": "x"}, "anthropic takes no such parameter from a chain file"),
        ("google_genai", {"vertexai": True, "location": "evil.com/x"}, "model.extra.location: must be letters"),
        ("google_genai", {"model_kwargs": {"http_options": {}}}, "model_kwargs.http_options: this is set by"),
        ("google_genai", {"model_kwargs": {"a": {}}}, "takes no such parameter from a chain file"),
        ("bedrock_converse", {"region_name": "a.evil.com#"}, "model.extra.region_name: must be letters"),
        ("bedrock_converse", {"credentials_profile_name": "work"}, "takes no such parameter from a chain file"),
        ("ibm", {"verify": False}, "ibm takes no such parameter from a chain file"),
    ],
)
def test_ways_out(provider, extra, said):
    """Neither below another key, nor by a word that becomes a part of an address, nor in a class nobody has read."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        refuse_reserved(_config(provider, extra=extra))


@pytest.mark.parametrize(
    ("provider", "extra"),
    [
        ("google_genai", {"location": "europe-west1", "api_version": "v1beta"}),
        ("bedrock_converse", {"region_name": "eu-west-1", "guardrail_config": {"a": 1}}),
        ("azure", {"api_version": "2024-10-21", "model_kwargs": {"a": {"tools": []}}}),
        ("groq", {"extra_body": {"a": 1}, "top_k": 3}),
        ("ibm", {"top_k": 3}),
    ],
)
def test_what_may_stand_there(provider, extra):
    """Labels of an address, and what is the request's own."""
    refuse_reserved(_config(provider, extra=extra))


def test_what_is_said_of_an_unknown_key():
    """The nearest, and all that there are."""
    with pytest.raises(ConfigError) as refused:
        refuse_reserved(_config("ollama", extra={"keep_alife": "5m"}))

    said = str(refused.value)
    assert said.startswith(
        "model.extra.keep_alife: ollama takes no such parameter from a chain file (did you mean 'keep_alive'?); there "
        "are keep_alive, length_penalty, logit_bias, "
    )
    assert said.endswith("validate_model_on_init, verbosity; a model made in Python has all")


class _Payload:
    def __init__(self, proof: Path) -> None:
        self._proof = proof

    def __reduce__(self):
        return Path.touch, (self._proof,)


def test_a_pickle_is_not_read(tmp_path, selfinstruct):
    """Databricks unpickles a string that it is given; a chain file that gives it one touches nothing."""
    proof = tmp_path / "proof"
    payload = pickle.dumps(_Payload(proof)).hex()
    extra = {"transform_input_fn": payload, "allow_dangerous_deserialization": True}
    with pytest.raises(ConfigError, match="no completion model 'Databricks' of langchain-community's"):
        check_model(_config("community", "Databricks", "completion", extra=extra))
    chain = tmp_path / "mine.yaml"
    chain.write_text(
        (Path(__file__).parents[2] / "chains" / "openai.yaml")
        .read_text(encoding="utf-8")
        .replace("provider: openai", "provider: community")
        .replace("  kind: chat", "  kind: completion")
        .replace("extra: {reasoning_effort: none}", f"extra: {{transform_input_fn: '{payload}'}}"),
        encoding="utf-8",
    )
    said = selfinstruct("check", str(chain), "--set", "model.name=Databricks")

    assert said.code == 2
    assert "Traceback" not in said.err
    assert not proof.exists()


def test_an_address_of_a_community_class():
    """`model.base_url` reaches the class by its own name for it, and is refused where it has one address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_model(_config("community", "LlamaEdgeChatService", base_url="http://127.0.0.1:9"))
    assert found == []
    with pytest.raises(ConfigError, match=r"model\.base_url: ChatTongyi of langchain-community takes none"):
        check_model(_config("community", "ChatTongyi", base_url="http://127.0.0.1:9"))


@pytest.mark.filterwarnings("ignore")
def test_a_community_model():
    """It is made with the chain file's sampling, its address and what it may be given, and nothing else of it."""
    found = build(_config("community", "LlamaEdgeChatService", base_url="http://127.0.0.1:9"))
    other = build(_config("community", "FakeListLLM", "completion", extra={"responses": ["a"]}))

    assert (type(found).__name__, found.service_url) == ("LlamaEdgeChatService", "http://127.0.0.1:9")
    assert (type(other).__name__, other.responses) == ("FakeListLLM", ["a"])
    assert taken_by(_config("community", "FakeListLLM", "completion")) == {"i", "responses", "sleep"}


@pytest.mark.parametrize("values", [{"api_key_env": "KEY"}, {"headers_env": {"X-Team": "TEAM"}}])
def test_what_a_community_class_does_not_take(values):
    """Its key stands in a variable of its own, and it sends no headers of ours."""
    with pytest.raises(ConfigError) as refused:
        build(_config("community", "LlamaEdgeChatService", base_url="http://127.0.0.1:9", **values))

    [key] = values
    assert str(refused.value) == f"model.{key}: LlamaEdgeChatService of langchain-community takes none: leave it out"


@pytest.mark.parametrize(("kind", "known"), [("chat", CHAT), ("completion", COMPLETION)])
def test_an_unknown_community_class(kind, known):
    """The nearest of its kind, and all of them."""
    with pytest.raises(ConfigError) as refused:
        community_class("Friendly", kind)

    near = "ChatFriendli" if kind == "chat" else "Friendli"
    assert str(refused.value) == (
        f"model.name: no {kind} model 'Friendly' of langchain-community's may stand in a chain file (did you mean "
        f"{near!r}?); there are {', '.join(known)}; a model made in Python may be any"
    )

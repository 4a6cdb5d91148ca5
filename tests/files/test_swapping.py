"""Another provider for a chain by one or two settings."""

import re

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ROLES, ModelConfig, fingerprint
from selfinstruct_chains.config.provider_names import canonical
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.models.native import known_providers
from selfinstruct_chains.models.registry import check_model
from selfinstruct_chains.models.services import KEYS

THREE = "instructions, classification, instances.input_first"
CLAUDE = {"model.provider": "claude", "model.name": "claude-sonnet-5-5"}


@pytest.mark.parametrize("chain", sorted(set(shipped.names(shipped.CHAINS)) - {"anthropic", "mixed"}))
def test_what_belongs_to_the_old_one_goes(chain):
    """Address, key and parameters of the provider before are left behind, in every role, and it is said."""
    config = load_config(chain, CLAUDE)

    for model in map(config.model_for, ROLES):
        assert (model.provider, model.name) == ("anthropic", "claude-sonnet-5-5")
        assert (model.base_url, model.extra, model.server) == (None, {}, None)
    assert config.notes[0].startswith(f"left out, as written for {load_config(chain).model.provider}: model.")


def test_sampling_stays_where_it_is_taken():
    """What the chain says of sampling is kept, for models that take it; what is set anew is no question."""
    model = load_config("vllm", CLAUDE | {"model.top_p": 0.5}).instructions.model

    assert model.temperature == 1
    assert set(model.optional) == {"temperature", "top_p", "presence_penalty"}


def test_what_is_set_anew_stays():
    """Settings for the new provider, given together with it, hold."""
    anew = {"model.base_url": "http://127.0.0.1:9/v1", "model.extra.top_k": 5, "model.temperature": 0.5}
    model = load_config("ollama", {"model.provider": "vllm", **anew}).model

    assert (model.base_url, model.extra, model.optional) == ("http://127.0.0.1:9/v1", {"top_k": 5}, ())


@pytest.mark.parametrize("chain", sorted(shipped.names(shipped.CHAINS)))
def test_every_provider_for_every_chain(chain):
    """The config of any chain can be made for any provider: nothing that is another's alone stands in its way."""
    before = load_config(chain)
    for provider in known_providers():
        config = before.changed({"model.provider": provider, "model.name": "m"})

        assert (config.model.provider, config.model.name) == (canonical(provider), "m")
        if canonical(provider) != before.model.provider:
            assert (config.model.server, config.model.base_url, config.model.extra) == (None, None, {})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("chain", sorted(shipped.names(shipped.CHAINS)))
def test_every_provider_can_be_asked_or_says_what_to_change(chain, monkeypatch):
    """Its models can be built and asked, or one line names the chain file's key, the package or the file that lacks."""
    for variable in {variable for variables in KEYS.values() for variable in variables[:1]}:
        monkeypatch.setenv(variable, "dummy")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "dummy")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    before = load_config(chain)
    said = {complaint for provider in known_providers() for complaint in _complaints(before, provider)}

    assert [one for one in said if "\n" in one or not re.search(SAYS_WHAT_TO_CHANGE, one)] == []


SAYS_WHAT_TO_CHANGE = r"model\.\w+|output: |decide: |pip install|has no \w+ model|can't read"


def _complaints(before, provider):
    config = before.changed({"model.provider": provider, "model.name": "m"})
    for section in (config.classification, config.instances.input_first):
        try:
            check_model(section.model, section.output, getattr(section, "decide", "text"))
        except ConfigError as wrong:
            yield str(wrong)


@pytest.mark.parametrize("chain", ["openai", "paper", "ollama"])
def test_a_name_is_asked_for(chain):
    """The old provider's model is not sent to the new one."""
    with pytest.raises(
        ConfigError, match=r"--set model\.provider=anthropic: '.*' is a model of .*; add --set model.name"
    ):
        load_config(chain, {"model.provider": "anthropic"})


def test_servers_of_ones_own_keep_the_name():
    """One line is enough from one server of one's own to another."""
    assert load_config("vllm", {"model.provider": "sglang"}).model.name == "Qwen/Qwen3.5-9B"


def test_one_role():
    """A role's provider can be swapped alone."""
    swap = {"classification.model.provider": "groq", "classification.model.name": "m"}
    config = load_config("mixed", swap)

    assert config.classification.model.provider == "groq"
    assert config.classification.model.extra == {}
    assert config.instructions.model.extra == {"output_config": {"effort": "low"}}
    assert config.notes == ("left out, as written for openai: classification.model.extra",)


def test_a_role_with_a_provider_of_its_own_stays():
    """`model.provider` is the default's; a role that names its own keeps it."""
    config = load_config("mixed", {"model.provider": "gemini", "model.name": "m"})

    assert config.classification.model.provider == "openai"
    assert config.classification.model.extra == {"reasoning_effort": "none"}


def test_the_same_by_settings_of_a_call():
    """`changed`, with which a call's settings are made, swaps as `--set` does, in every role."""
    config = load_config("openai").changed(CLAUDE)

    assert {model.provider for model in map(config.model_for, ROLES)} == {"anthropic"}
    assert [model.extra for model in map(config.model_for, ROLES)] == [{}] * 4
    assert config.notes == ("left out, as written for openai: model.extra",)
    with pytest.raises(ConfigError, match=r"add --set model\.name="):
        load_config("openai").changed({"model.provider": "groq"})


@pytest.mark.parametrize("name", ["OpenAI", "open-ai", " OPENAI "])
def test_the_same_provider_is_no_swap(name):
    """The provider that the chain has, written otherwise, changes nothing: it is the same run."""
    plain = load_config("openai")
    written = load_config("openai", {"model.provider": name})

    assert written.notes == ()
    assert fingerprint(written.shaping()) == fingerprint(plain.shaping())


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("OpenAI", "openai"),
        ("Claude", "anthropic"),
        ("gemini", "google_genai"),
        ("Google", "google_genai"),
        ("HF", "huggingface"),
        ("Azure", "azure_openai"),
        ("Azure OpenAI", "azure_openai"),
        ("bedrock", "bedrock_converse"),
        ("mistral", "mistralai"),
        ("grok", "xai"),
        ("x.ai", "xai"),
        ("Together-AI", "together"),
        ("llama.cpp", "llamacpp"),
        ("LM Studio", "lmstudio"),
        ("groq", "groq"),
        ("unheard-of", "unheard_of"),
    ],
)
def test_names(written, name):
    """Each provider has one name, however it is written."""
    assert canonical(written) == name
    assert ModelConfig(provider=written, kind="chat", name="m").provider == name


def test_optional_is_new_to_run_folders():
    """A chain that does not use `optional` has the fingerprint that it had before there was one."""
    assert not [key for key in load_config("openai").shaping() if key.endswith("optional")]
    assert [key for key in load_config("vllm", CLAUDE).shaping() if ".optional" in key]


@pytest.mark.parametrize(
    ("overrides", "notes"),
    [
        ({"model.price": {"input": 1, "output": 1}}, ()),
        (
            {"model.max_tokens": 50, "instances.output_first.model.max_tokens": 9},
            (f"model.max_tokens does not reach {THREE}, which have their own: set instructions.model.max_tokens",),
        ),
        ({"model.temperature": 1, "instructions.model": {}, "classification.model": {}, "instances": {}}, ()),
    ],
)
def test_what_the_roles_have_themselves_is_told(overrides, notes):
    """A value of the chain's own model does not reach a role whose section has another: a line says which."""
    assert load_config("openai", overrides).notes == notes

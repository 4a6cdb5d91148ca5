"""What a chain file asks of a model that it does not have: whole sentences, and which parameters they are of."""

from typing import Any

import pytest

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.registry import check_model
from selfinstruct_chains.models.sampling import lacking, profile

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
HERE = "http://127.0.0.1:9/v1"
REASONS = {"profile": {"temperature": False}}
SAID = "if that is out of date, put it right under model.extra.profile"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "dummy")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")


def config(values: dict[str, Any]) -> ModelConfig:
    return ModelConfig(**{"provider": "openai", "kind": "chat", "name": "gpt-6-luna", "api_key_env": "KEY", **values})


CLAUDE = {"provider": "anthropic", "name": "claude-sonnet-5-5"}
AZURE = {"provider": "azure", "base_url": "https://mine.openai.azure.com", "extra": REASONS}


@pytest.mark.parametrize(
    ("values", "lacked"),
    [
        ({"temperature": 0.7}, {"temperature"}),
        ({"temperature": 0}, {"temperature"}),
        ({"temperature": 2}, {"temperature"}),
        ({"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}, set()),
        ({"top_p": 0.5}, {"top_p"}),
        ({"presence_penalty": 1}, {"presence_penalty"}),
        ({"frequency_penalty": 1, "top_p": 0.5, "max_tokens": 5}, {"frequency_penalty", "top_p"}),
        ({"name": "gpt-4.1-mini", "temperature": 0.7, "top_p": 0.5, "presence_penalty": 2}, set()),
        (AZURE | {"presence_penalty": 1}, {"presence_penalty"}),
        ({"base_url": HERE, "temperature": 0.7}, set()),
        ({"base_url": HERE, "temperature": 0.7, "extra": REASONS}, {"temperature"}),
        ({"provider": "groq", "presence_penalty": 1, "top_p": 0.5, "extra": REASONS}, {"top_p"}),
        (CLAUDE | {"top_p": 0.5}, {"top_p"}),
        (CLAUDE | {"presence_penalty": 0}, {"presence_penalty"}),
        ({"provider": "ollama", "max_tokens": 5, "top_p": 0.5}, set()),
        ({"provider": "ollama", "frequency_penalty": 1}, {"frequency_penalty"}),
        ({"provider": "google_genai", "name": "gemini-2.5-flash", "max_tokens": 5, "temperature": 0.7}, set()),
        ({"kind": "completion", "name": "m", "max_tokens": 5, "frequency_penalty": 1}, set()),
    ],
)
def test_what_is_lacking(values, lacked):
    """A value that the protocol takes for none is no value; a penalty is OpenAI's profile's alone to speak of."""
    given = config(values)

    assert lacking(given, build(given)).keys() == lacked


def test_why_it_is_lacking():
    """Either the class has no such field, or the profile says so."""
    given = config(CLAUDE | {"top_p": 0.5, "presence_penalty": 1})

    assert lacking(given, build(given)) == {
        "presence_penalty": "ChatAnthropic has no such parameter",
        "top_p": "it takes no top_p, by LangChain's profile of it",
    }


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ({"name": "gpt-4"}, True),
        ({"name": "no-such"}, False),
        ({"name": "gpt-4", "base_url": HERE}, False),
        ({"name": "no-such", "base_url": HERE, "extra": REASONS}, True),
        (AZURE, True),
    ],
)
def test_a_profile(values, known):
    """LangChain's, unless the server is one's own; the chain file's, wherever it is."""
    given = config(values)
    found = profile(given, build(given))

    assert bool(found) is known
    assert values.get("extra") is None or found["temperature"] is False


@pytest.mark.parametrize(
    ("values", "output", "decide", "said"),
    [
        (
            {"kind": "completion"},
            "json_mode",
            "text",
            (
                "openai: gpt-6-luna: output: json_mode is not to be had from an OpenAI completion model (for servers "
                "of your own there are the providers vllm and llamacpp); use output: text, or auto"
            ),
        ),
        (
            CLAUDE,
            "text",
            "logprob",
            (
                "anthropic: claude-sonnet-5-5: classification.decide: logprob is not to be had from Anthropic's "
                "models; use decide: text"
            ),
        ),
        (
            {"name": "gpt-4"},
            "json_schema",
            "text",
            f"openai: gpt-4 has no JSON schema, by LangChain's profile of it; use output: text ({SAID})",
        ),
        (
            {},
            "text",
            "logprob",
            "openai: gpt-6-luna is a reasoning model and has no log-probabilities; use classification.decide: text",
        ),
        (
            CLAUDE | {"presence_penalty": 1},
            "text",
            "text",
            "anthropic: claude-sonnet-5-5: model.presence_penalty: ChatAnthropic has no such parameter; leave it out",
        ),
        (
            {"temperature": 0.7},
            "text",
            "text",
            (
                "openai: gpt-6-luna: model.temperature: it takes no temperature, by LangChain's profile of it; leave "
                f"it out ({SAID})"
            ),
        ),
        (
            {"extra": {"top_k": 3}},
            "text",
            "text",
            "openai: gpt-6-luna: model.extra.top_k: ChatOpenAI has no such parameter (did you mean 'top_p'?)",
        ),
    ],
)
def test_what_is_said(values, output, decide, said):
    """The model, the key, why, and what to write instead."""
    with pytest.raises(ConfigError) as refused:
        check_model(config(values), output, decide)

    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("values", "output", "decide"),
    [
        ({"kind": "completion"}, "auto", "logprob"),
        ({"name": "gpt-4.1-mini"}, "json_schema", "logprob"),
        ({"name": "gpt-4.1-mini"}, "function_calling", "text"),
        ({"name": "gpt-4"}, "json_mode", "text"),
        ({"extra": {"reasoning_effort": "none"}}, "auto", "text"),
    ],
)
def test_what_is_there(values, output, decide):
    """Nothing is said of what the model has."""
    assert check_model(config(values), output, decide) == []


def test_what_is_left_out():
    """Of the optional sampling, a line for each that the model does not take."""
    optional = ("presence_penalty", "top_p")
    given = config(CLAUDE | {"top_p": 0.5, "presence_penalty": 1, "optional": optional})

    assert check_model(given) == [
        "presence_penalty is left out: anthropic: claude-sonnet-5-5: ChatAnthropic has no such parameter",
        "top_p is left out: anthropic: claude-sonnet-5-5: it takes no top_p, by LangChain's profile of it",
    ]
    with pytest.raises(ConfigError, match="top_p"):
        check_model(given.model_copy(update={"optional": ("presence_penalty",)}))

"""What a class has against a chain file's values, in one line of ours."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from pydantic import Field

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.models.providers import build


def config(**values: Any) -> ModelConfig:
    return ModelConfig(**{"provider": "litellm", "kind": "chat", "name": "m", **values})


class Small(FakeListChatModel):
    """A class that takes some sampling, of the right type."""

    responses: Any = ("Hello",)
    model: str
    temperature: float = 0.5
    top_p: float = 0.5
    logit_bias: dict[str, int] = Field(default_factory=dict)


def made_by(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    monkeypatch.setitem(sys.modules, "langchain_litellm", SimpleNamespace(ChatLiteLLM=make))


def raising(error: Exception) -> Any:
    class Raising(Small):
        def __init__(self, **values: Any) -> None:
            raise error

    return Raising


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("not  so\n good"), "provider 'litellm': not so good"),
        (ValueError(), "provider 'litellm': ValueError"),
        (KeyError("a"), "provider 'litellm': 'a'"),
        (ValueError("x" * 1000), f"provider 'litellm': {'x' * 380}"),
    ],
)
def test_whatever_a_class_raises(monkeypatch, error, said):
    """One line with the provider, of bounded length; the error's kind where it says nothing."""
    made_by(monkeypatch, raising(error))
    with pytest.raises(ConfigError) as refused:
        build(config())

    assert str(refused.value) == said


def test_our_own_errors(monkeypatch):
    """They are as they were."""
    error = ProviderError("no such thing")
    made_by(monkeypatch, raising(error))
    with pytest.raises(ProviderError) as refused:
        build(config())

    assert refused.value is error


@pytest.mark.parametrize(
    ("bias", "said"),
    [
        ("many", "logit_bias: Input should be a valid dictionary"),
        ({"a": "b"}, "logit_bias.a: Input should be a valid "),
    ],
)
def test_what_a_field_refuses(monkeypatch, bias, said):
    """The parameter, with the place in it, and what it should be."""
    made_by(monkeypatch, Small)
    with pytest.raises(ConfigError) as refused:
        build(config(extra={"logit_bias": bias}))

    assert str(refused.value).startswith(f"provider 'litellm': {said}")


def test_sampling(monkeypatch):
    """What is set goes in, what is optional and not taken stays out, and what is not set is the class's."""
    made_by(monkeypatch, Small)
    model: Any = build(config(temperature=0.0, presence_penalty=1, optional=("presence_penalty", "temperature")))

    assert (model.temperature, model.top_p, model.model) == (0.0, 0.5, "m")

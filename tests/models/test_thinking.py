"""Which models may think before they reply, and whether their limit leaves room for that."""

from __future__ import annotations

from typing import Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ROLES, ModelConfig
from selfinstruct_chains.files import shipped
from selfinstruct_chains.models.registry import check_model
from selfinstruct_chains.models.services import KEYS
from selfinstruct_chains.models.thinking import may_think_without_key

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
THINK = [
    ("openai", "gpt-5", {}),
    ("openai", "o4-mini", {"reasoning_effort": "low"}),
    ("google_genai", "gemini-2.5-flash", {}),
    ("anthropic", "claude-sonnet-4-5", {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ("deepseek", "deepseek-reasoner", {}),
    ("groq", "openai/gpt-oss-120b", {}),
    ("openrouter", "qwen/qwq-32b", {"extra_body": {"reasoning": {"exclude": False}}}),
    ("vllm", "deepseek-ai/DeepSeek-R1-0528", {}),
    ("vllm", "r1", {"extra_body": {"min_p": 0}}),
    ("openai", "gpt-5", {"verbosity": "minimal"}),
]
DO_NOT = [
    ("openai", "gpt-4.1-mini", {}),
    ("openai", "gpt-6-luna", {"reasoning_effort": "none"}),
    ("google_genai", "gemini-2.5-flash", {"thinking_budget": 0}),
    ("anthropic", "claude-sonnet-4-5", {"thinking": {"type": "disabled"}}),
    ("vllm", "Qwen/QwQ-32B", {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}),
    ("mistralai", "reasonable", {}),
]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.setenv(name, "dummy")
    for provider in ("groq", "mistralai", "openrouter"):
        monkeypatch.setenv(KEYS[provider][0], "dummy")


def notes(provider: str, name: str, extra: dict[str, Any], limit: int | None) -> list[str]:
    return check_model(ModelConfig(provider=provider, kind="chat", name=name, extra=extra, max_tokens=limit))


@pytest.mark.parametrize(("provider", "name", "extra"), THINK)
def test_a_limit_without_room_is_told(provider: str, name: str, extra: dict[str, Any]) -> None:
    """Its thoughts would eat the limit; the note says what to set, and there is none where there is room."""
    [note] = notes(provider, name, extra, 16)

    assert note.startswith(f"max_tokens is 16, and {provider}: {name} may think")
    assert "model.max_tokens" in note
    assert "model.extra" in note
    assert notes(provider, name, extra, 1024) == notes(provider, name, extra, None) == []


@pytest.mark.parametrize(
    ("provider", "name", "extra"),
    [pytest.param(*row, marks=pytest.mark.providers if row[0] == "mistralai" else ()) for row in DO_NOT],
)
def test_a_model_that_does_not_think_needs_none(provider: str, name: str, extra: dict[str, Any]) -> None:
    """Nor one that the chain file tells not to."""
    assert notes(provider, name, extra, 16) == []


def test_the_whole_note() -> None:
    """Where there is one token too few."""
    assert notes("openai", "gpt-5", {}, 1023) == [
        (
            "max_tokens is 1023, and openai: gpt-5 may think before it replies, which counts: give the role 1024 or "
            "more (model.max_tokens), or turn it off under model.extra"
        )
    ]


@pytest.mark.parametrize(
    ("provider", "name", "extra", "may"),
    [
        ("openai", "gpt-5", {}, True),
        ("openai", "gpt-4.1-mini", {}, False),
        ("openai", "gpt-5", {"reasoning_effort": "minimal"}, False),
        ("openai", "gpt-5", {"reasoning_effort": "low"}, True),
        ("groq", "qwq", {}, True),
        ("ibm", "deepseek-r1", {}, True),
        ("ibm", "granite", {}, False),
        ("embedded", "smollm2-thinking", {}, False),
    ],
)
def test_told_without_a_key(
    monkeypatch: pytest.MonkeyPatch, provider: str, name: str, extra: dict[str, Any], may: bool
) -> None:
    """By LangChain's profile or the name, also where no key and no package is there; the embedded one never does."""
    for variable in ("OPENAI_API_KEY", "GROQ_API_KEY"):
        monkeypatch.delenv(variable)

    assert may_think_without_key(ModelConfig(provider=provider, kind="chat", name=name, extra=extra)) is may


@pytest.mark.parametrize("chain", sorted(set(shipped.names(shipped.CHAINS)) - {"embedded"}))
def test_shipped_chains_leave_room(chain: str) -> None:
    """Each is told not to think, or has the room."""
    config = load_config(chain)

    assert [note for role in ROLES for note in check_model(config.model_for(role)) if "may think" in note] == []

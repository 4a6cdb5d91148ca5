"""The table of what each provider gives holds, by the real client of each."""

from pathlib import Path

import pytest

from tests.models.provider_table import ENVIRONMENT, PROVIDERS, row

pytestmark = [
    pytest.mark.providers,
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The `_model_construct`:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:coroutine 'ClientResponse.json' was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object ClientResponse.json"),
]
PAGE = (Path(__file__).parents[2] / "docs/how-to/providers.md").read_text(encoding="utf-8")
COMPLETIONS = {"anthropic", "azure_openai", "fireworks", "google_genai", "llamacpp", "ollama", "openai", "openrouter"}
COMPLETIONS |= {"together", "vllm"}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_provider_gives_what_the_table_says(monkeypatch, provider):
    """It chats, completes where it can, and every answer of its to a failed call is read right."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    found = await row(provider)

    assert found.wrong == []
    assert found.answered >= 12
    assert found.chat
    assert found.completion == (provider in COMPLETIONS)
    assert found.held
    [written] = [line for line in PAGE.splitlines() if line.startswith(f"| `{provider}`")]
    assert written.removesuffix(" |").split(" | ")[2:] == found.cells()[2:]

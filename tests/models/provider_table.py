"""What a chain file's provider gives, each tried by its real client against its own protocol on loopback.

`uv run --group providers python -m tests.models.provider_table` prints the table that docs and notes quote.
"""

from __future__ import annotations

import asyncio
import os
import warnings
from importlib.metadata import version
from typing import Any, NamedTuple

from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.dialects import dialect
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.models.services import OPENAI_SPEAKERS
from selfinstruct_chains.testing.answers import answers
from selfinstruct_chains.testing.author import Reply
from selfinstruct_chains.testing.server import ScriptedServer
from tests.models.outcomes import UNREADABLE, WHOLE, Outcome, is_due, judged

PROVIDERS = {
    "openai": "langchain-openai",
    "azure_openai": "langchain-openai",
    "anthropic": "langchain-anthropic",
    "google_genai": "langchain-google-genai",
    "ollama": "langchain-ollama",
    "mistralai": "langchain-mistralai",
    "cohere": "langchain-cohere",
    "bedrock_converse": "langchain-aws",
    "deepseek": "langchain-openai",
    "fireworks": "langchain-openai",
    "groq": "langchain-openai",
    "huggingface": "langchain-openai",
    "llamacpp": "langchain-openai",
    "openrouter": "langchain-openai",
    "perplexity": "langchain-openai",
    "together": "langchain-openai",
    "vllm": "langchain-openai",
    "xai": "langchain-openai",
}
"""Provider -> the package whose class asks it."""
ENVIRONMENT = {
    "AZURE_OPENAI_API_KEY": "none",
    "OPENAI_API_VERSION": "2024-10-21",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
}
"""What some clients want to be told, whoever they ask."""
_PROMPT = StringPromptValue(text="Say hello.")
_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
_ANSWERS = {"bedrock_converse": "bedrock"}
_LOST = {"llamacpp": {"too_long_in_200_error_line"}}
"""Answers that a client throws away before anybody sees them."""
_CACHED = 7


class Row(NamedTuple):
    """What one provider gives."""

    provider: str
    package: str
    """With its version."""
    chat: bool
    completion: bool
    held: str
    """How a reply can be held to JSON, the best first."""
    cached: bool
    """Whether tokens read from a cache are counted."""
    seed: bool
    wrong: list[str]
    """Answers to failed calls that were not read as they should be."""
    answered: int
    """How many there were."""

    def cells(self) -> list[str]:
        """As text."""
        right = f"{self.answered - len(self.wrong)} of {self.answered}"
        said = ["yes" if given else "no" for given in (self.chat, self.completion)]
        counted = ["yes" if given else "no" for given in (self.cached, self.seed)]
        return [self.provider, self.package, *said, self.held, *counted, right]


HEAD = ["provider", "asked by", "chat", "completion", "output", "cached tokens", "seed", "errors read right"]


async def row(provider: str) -> Row:
    """The row of one provider."""
    package = PROVIDERS[provider]
    reply = Reply("Hello", input_tokens=10, cached_tokens=_CACHED)
    with ScriptedServer(lambda prompt, seed: reply) as server:
        chat = ConfiguredModel(_config(server, provider, "chat"))
        try:
            said = await chat.ainvoke(_PROMPT, seed=4321)
            details = (said.usage_metadata or {}).get("input_token_details") or {}
            seeded = "4321" in str(server.asked[-1].body)
            wrong, answered = await _misread(provider, chat, server)
        finally:
            await chat.aclose()
        return Row(
            provider,
            f"{package} {version(package)}",
            said.text == "Hello",
            await _completes(server, provider),
            ", ".join(dialect(build(chat.config), provider).held) or "text",
            details.get("cache_read") == _CACHED,
            seeded,
            wrong,
            answered,
        )


def _config(server: ScriptedServer, provider: str, kind: Any) -> ModelConfig:
    own = provider in OPENAI_SPEAKERS or provider == "mistralai"
    address = server.base_url if own else server.url
    return ModelConfig(provider=provider, kind=kind, name="m", base_url=address, timeout=10)


async def _completes(server: ScriptedServer, provider: str) -> bool:
    try:
        model = ConfiguredModel(_config(server, provider, "completion"))
        said = (await model.ainvoke(_PROMPT)).text
    except ConfigError:
        return False
    await model.aclose()
    return str(said) == "Hello"


async def _misread(provider: str, model: ConfiguredModel, server: ScriptedServer) -> tuple[list[str], int]:
    wrong, answered = [], 0
    for found in answers(_ANSWERS.get(provider, provider)).values():
        if found.streamed or found.name in UNREADABLE | _LOST.get(provider, set()):
            continue
        before = server.counts.requests
        server.faults = lambda asked, found=found: found.id
        outcome = (await _outcome(model))._replace(requests=server.counts.requests - before)
        answered += 1
        if not is_due(outcome, found):
            wrong.append(f"{found.name}: {outcome} for {found.fate} {found.reason} {found.wait or ''}")
    server.faults = None
    return wrong, answered


async def _outcome(model: ConfiguredModel) -> Outcome:
    try:
        reply = await model.ainvoke(_PROMPT)
    except Exception as error:  # noqa: BLE001 - whatever a client raises
        return judged(error)
    whole = reply.content and reply.response_metadata["finish_reason"] in WHOLE
    return Outcome("whole" if whole else "cut")


async def _table() -> list[Row]:
    return [await row(provider) for provider in PROVIDERS]


def main() -> None:
    """Print the table, as Markdown, and what was read wrong."""
    os.environ.update(ENVIRONMENT)
    warnings.simplefilter("ignore")
    rows = asyncio.run(_table())
    lines = [HEAD, ["---"] * len(HEAD), *(one.cells() for one in rows)]
    print("\n".join(f"| {' | '.join(cells)} |" for cells in lines))  # noqa: T201
    print("\n".join(f"{one.provider}: {wrong}" for one in rows for wrong in one.wrong))  # noqa: T201


if __name__ == "__main__":
    main()

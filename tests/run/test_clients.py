"""One run of a few tasks through each provider's client and both forms of output, by a real model.

The embedded server speaks OpenAI's chat and completion protocols and Anthropic's; the clients are LangChain's own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config, self_instruct
from selfinstruct_chains.models.embedded import SHIPPED, Endpoint, endpoint

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SHORT = {"temperature": 0.6, "max_tokens": 64}
SMALL: dict[str, Any] = {
    "instructions.model": {"temperature": 0.7, "max_tokens": 100},
    "classification.model": {"temperature": 0, "max_tokens": 16},
    "classification.decide": "text",
    "classification.yes_examples": 3,
    "classification.no_examples": 3,
    "instances.max_instances": 2,
    "instances.input_first.examples": 2,
    "instances.input_first.model": SHORT,
    "instances.output_first.examples": 2,
    "instances.output_first.model": SHORT,
}
"""What a model of this size answers to in good time."""


@pytest.fixture(scope="module")
def live() -> Endpoint:
    """The embedded server, as any endpoint."""
    return endpoint(SHIPPED, load_config("embedded").model.server)


@pytest.mark.parametrize(("output", "n"), [("text", 2), ("json_schema", 4)])
@pytest.mark.parametrize(
    ("provider", "kind"), [("llamacpp", "chat"), ("llamacpp", "completion"), ("anthropic", "chat")]
)
def test_a_run_of_tasks(  # noqa: PLR0913, PLR0917
    provider: str, kind: str, output: str, n: int, live: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly as many tasks, and each call in the journal has its reason to end, its tokens and its model.

    As text a model of this size writes few that can be read, so that two take as long as six that a schema holds.
    """
    monkeypatch.setenv("LIVE_KEY", live.api_key)
    address = live.base_url if provider == "llamacpp" else live.base_url.removesuffix("/v1")
    model = {"provider": provider, "kind": kind, "name": live.model, "base_url": address, "api_key_env": "LIVE_KEY"}
    outputs = dict.fromkeys(
        ("classification.output", "instances.input_first.output", "instances.output_first.output"), output
    )
    config = load_config("embedded", {"model": model | {"timeout": 600}} | SMALL | outputs)
    tasks = self_instruct(config, tmp_path / "run").invoke({"n": n})
    entries = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_bytes().splitlines()]

    assert len(tasks) == len((tmp_path / "run" / "tasks.jsonl").read_bytes().splitlines()) == n
    assert all(task.instances for task in tasks)
    assert {entry["finish_reason"] for entry in entries} <= {"stop", "length"}
    assert all(entry["usage"]["input_tokens"] > 0 for entry in entries)
    assert {entry["model"] for entry in entries} == {SHIPPED}

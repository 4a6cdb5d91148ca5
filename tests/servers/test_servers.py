"""Servers as people run them, each in a process of its own, give the README's one line its tasks."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from selfinstruct_chains.models.embedded import SHIPPED, model_file
from selfinstruct_chains.testing import scripted_author
from selfinstruct_chains.testing.server import ScriptedServer, at_first
from tests.servers.environments import LITELLM, TORCH, environment
from tests.servers.serving import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.servers, pytest.mark.timeout(1200)]

HERE = Path(__file__).parent
PROMPTS = {  # what tells the scripted author which step is asked for, and how many replies are learned
    "instructions": ("Come up with tasks.", 1800),
    "yes": ("Is it classification?\nTask: Decide whether", 900),
    "no": ("Is it classification?\nTask: Write", 900),
    "output_first": ('"label"\nTask: Decide whether', 1800),
    "input_first": ('{"instances"\nTask: Write', 1800),
}


class Ran(NamedTuple):
    """What the command line came to."""

    code: int
    said: str
    tasks: list[dict[str, object]]


def generate(folder: Path, *options: str, key: str = "none") -> Ran:
    """`selfinstruct generate -n 5` as at a shell, with OPENAI_API_KEY set."""
    command = [sys.executable, "-m", "selfinstruct_chains", "generate", "-n", "5", "-o", str(folder), *options]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"OPENAI_API_KEY": key}, timeout=600, check=False
    )
    file = folder / "tasks.jsonl"
    tasks = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return Ran(done.returncode, done.stdout + done.stderr, tasks)


def at(base_url: str, model: str, provider: str = "openai") -> list[str]:
    """The options that name another server's model."""
    values = {"model.provider": provider, "model.base_url": base_url, "model.name": model}
    return [option for name, value in values.items() for option in ("--set", f"{name}={value}")]


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    """The provider behind the proxy."""
    with ScriptedServer() as server:
        yield server


class Proxy(NamedTuple):
    """LiteLLM's proxy."""

    base_url: str
    key: str


@pytest.fixture(scope="module")
def proxy(upstream: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """LiteLLM's proxy in front of the scripted server, which passes everything on once."""
    folder, port, key = tmp_path_factory.mktemp("litellm"), free_port(), f"sk-{secrets.token_hex(16)}"
    provider = {"model": "openai/scripted", "api_base": upstream.base_url, "api_key": "none", "max_retries": 0}
    config = {
        "model_list": [{"model_name": "scripted", "litellm_params": provider}],
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "litellm_settings": {"telemetry": False},
    }
    (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    command = [environment("litellm", LITELLM) / "litellm", "--config", folder / "config.yaml"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    own = {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with serving(command, f"http://127.0.0.1:{port}/health/liveliness", folder / "log", own):
        yield Proxy(f"http://127.0.0.1:{port}/v1", key)


def test_litellms_proxy(proxy: Proxy, tmp_path: Path) -> None:
    """A proxy in front of a provider."""
    ran = generate(tmp_path / "run", "--chain", "openai", *at(proxy.base_url, "scripted"), key=proxy.key)

    assert (ran.code, len(ran.tasks)) == (0, 5), ran.said


def test_transformers_serve(tmp_path: Path) -> None:
    """A model made here, served by transformers from its folder."""
    programs, model, port = environment("torch", TORCH), tmp_path / "tiny", free_port()
    replies = [
        json.dumps({"role": role, "reply": scripted_author(prompt, seed).text})
        for role, (prompt, count) in PROMPTS.items()
        for seed in range(count)
    ]
    (tmp_path / "replies.jsonl").write_text("\n".join(replies))
    own = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    make = [programs / "python", HERE / "tiny_model.py", tmp_path / "replies.jsonl", model]
    subprocess.run(make, env=os.environ | own, check=True)
    command = [programs / "transformers", "serve", model, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, f"http://127.0.0.1:{port}/health", tmp_path / "log", own):
        ran = generate(tmp_path / "run", "--chain", "openai", *at(f"http://127.0.0.1:{port}/v1", str(model)))

    assert (ran.code, len(ran.tasks)) == (0, 5), ran.said


@pytest.fixture(scope="module")
def llamacpp() -> Iterator[str]:
    """llama.cpp's server with SmolLM2."""
    pytest.importorskip("xllamacpp")
    command = [sys.executable, HERE / "llama_server.py", model_file(SHIPPED)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
    ) as server:
        assert server.stdout
        yield f"{server.stdout.readline().strip()}/v1"
        server.terminate()


def test_llama_cpps_server(llamacpp: str, tmp_path: Path) -> None:
    """A completion model, with log-probabilities and replies held to a schema."""
    options = ["--chain", "embedded", "--set", "model.server=null"]
    ran = generate(tmp_path / "run", *options, *at(llamacpp, "smollm2", "llamacpp"))

    assert (ran.code, len(ran.tasks)) == (0, 5), ran.said


@pytest.mark.parametrize("form", ["openai/no_money_insufficient_quota", "openai/auth_wrong_key"])
def test_litellms_proxy_passes_on_what_the_user_has_to_mend(
    proxy: Proxy, upstream: ScriptedServer, tmp_path: Path, form: str
) -> None:
    """The proxy puts the provider's error into its own: it is read all the same, and not asked again."""
    before, upstream.faults = upstream.counts.requests, lambda _: form
    one = ["--set", "run.max_concurrency=1"]
    ran = generate(tmp_path / "run", "--chain", "openai", *one, *at(proxy.base_url, "scripted"), key=proxy.key)
    upstream.faults = None

    assert ran.code == 5, ran.said
    assert "Traceback" not in ran.said
    assert upstream.counts.requests == before + 1, ran.said


def test_litellms_proxy_passes_on_a_rate_limit(proxy: Proxy, upstream: ScriptedServer, tmp_path: Path) -> None:
    """A 429 at the first attempt at each request is waited for, through the proxy too."""
    upstream.faults = at_first("openai/rate_limit_tpm_milliseconds")
    ran = generate(tmp_path / "run", "--chain", "openai", *at(proxy.base_url, "scripted"), key=proxy.key)
    upstream.faults = None

    assert (ran.code, len(ran.tasks)) == (0, 5), ran.said

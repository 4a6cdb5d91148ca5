"""`selfinstruct check`: what can be found wrong before paying."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selfinstruct_chains.testing.server import ScriptedServer

ONE = {"instruction": "Do it.", "instances": [{"input": "", "output": "x"}], "is_classification": False}


def test_the_default_chain_is_fit_to_run(selfinstruct: Callable[..., Any]) -> None:
    """The embedded chain, its seeds and its weights pass, without a warning."""
    said = selfinstruct("check")

    assert (said.code, said.err) == (0, "")
    assert "chain embedded: ok" in said.out
    assert "seeds: 175 tasks, 25 of them classification" in said.out
    assert "models: ok" in said.out
    assert "warning" not in said.out


def test_a_missing_key_is_found(selfinstruct: Callable[..., Any]) -> None:
    """A chain without its key is not fit to run: exit 2 and the variable's name."""
    said = selfinstruct("check", "openai")

    assert said.code == 2
    assert "OPENAI_API_KEY is not set" in said.err


def test_with_a_key_it_passes(selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is there is enough, and it is not shown."""
    monkeypatch.setenv("OPENAI_API_KEY", "my-secret-key")

    said = selfinstruct("check", "openai")

    assert said.code == 0
    assert "my-secret-key" not in said.out + said.err


def test_seeds_are_looked_at(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """Seeds that are like one another, or that a filter would drop, are warned of; too few for a prompt are noted."""
    instructions = [f"Write a short poem about the {word}." for word in ("sea", "sun", "sky", "sand", "wind")]
    tasks = [ONE | {"id": str(n), "instruction": text} for n, text in enumerate([*instructions, "Do it."])]
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")

    said = selfinstruct("check", "embedded", "--seeds", str(path))

    assert said.code == 0
    assert "warning: seed 1 is similar to 0 (ROUGE-L" in said.out
    assert "warning: seed 5 would itself be dropped by the filter" in said.out
    assert "shipped ones, for want of" in " ".join(said.out.split())


def test_a_seed_too_long_for_an_example_is_said(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """The bound of a shipped chain keeps it out of the prompt; `check` and `show` say so, and name the setting."""
    texts = [f"{word} a poem about the {word} sea" for word in ("Write", "Read", "Sing", "Tell", "Hum", "Find", "Mend")]
    tasks = [ONE | {"id": str(n), "instruction": text} for n, text in enumerate(texts)]
    tasks.append(ONE | {"instruction": "Shorten it.", "instances": [{"input": "x" * 6420, "output": "x"}]})
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")

    checked = selfinstruct("check", "vllm", "--seeds", str(path))
    shown = selfinstruct("show", "input_first", "--chain", "vllm", "--seeds", str(path))

    assert "seeds too long to be shown as examples (example_characters): 1 for input_first\n" in checked.out
    assert "; seeds too long for one (example_characters): 1;" in shown.err
    assert "xxx" not in shown.out


def at(server: ScriptedServer) -> list[str]:
    """The openai chain at a local server, and the calls of its roles."""
    return ["check", "openai", "--call", "--set", f"model.base_url={server.base_url}"]


def test_the_call_of_each_role(selfinstruct: Callable[..., Any]) -> None:
    """Each role's first request goes out as a run sends it: its seed, limit, schema and system message."""
    with ScriptedServer() as server:
        said = selfinstruct(*at(server), "--set", "classification.model.name=another")

    assert said.code == 0
    assert said.out.count("call: ") == 4
    assert f"call: classification: openai: another at {server.base_url} answered " in said.out
    sent = [asked.body for asked in list(server.asked)[-4:]]
    assert [body["max_tokens"] for body in sent] == [1024, 16, 1500, 1500]
    assert ["response_format" in body for body in sent] == [False, False, True, True]
    assert all(body["messages"][0]["role"] == "system" and "seed" in body for body in sent)


def test_what_auto_is_without_a_call(selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain `check` says the form that is known, or what will be tried, and sends nothing."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    known = selfinstruct("check", "openai")
    with ScriptedServer() as server:
        open_ = selfinstruct("check", "openai", "--set", f"model.base_url={server.base_url}")

        assert server.counts.requests == 0
    assert "output of input_first, output_first: auto: json_schema\n" in known.out
    assert "auto: json_schema, or function_calling, or json_mode, or text: found out by the first call\n" in open_.out


@pytest.mark.parametrize(
    ("fault", "expected"), [("401", "check the key"), ("503", "gave no reply"), ("reset", "gave no reply")]
)
def test_a_call_that_fails_is_one_line(selfinstruct: Callable[..., Any], fault: str, expected: str) -> None:
    """The provider's answer, and exit code 5."""
    with ScriptedServer(faults=lambda _: fault) as server:
        said = selfinstruct(*at(server))

    assert said.code == 5
    assert said.err.startswith("Error: openai: ")
    assert expected in said.err
    assert said.err.count("\n") == 1


def test_a_call_to_nobody_is_one_line(selfinstruct: Callable[..., Any], unused_tcp_port: int) -> None:
    """The address is named."""
    address = f"http://127.0.0.1:{unused_tcp_port}/v1"

    said = selfinstruct("check", "openai", "--call", "--set", f"model.base_url={address}")

    assert said.code == 5
    assert f"at {address} gave no reply: " in said.err

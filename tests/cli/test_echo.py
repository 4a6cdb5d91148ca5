"""What comes from outside reaches a terminal and a log without a character that either would obey."""

from __future__ import annotations

import json
import logging
import re
import threading
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Rejection, cli
from selfinstruct_chains.cli.echo import overheard
from selfinstruct_chains.files import shipped
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0001-\U000e007f]"
)
EVIL = "\x1b[2J\x1b]8;;http://x\x07\x9b31m\x7f\u202e\u2066\u200b\u2028\r\ufeff\U000e0041evil"
TAG = "\U000e0041"  # which YAML would write in another way
SEED = {"instruction": f"Name {EVIL} it.", "instances": [{"input": "", "output": EVIL}], "is_classification": False}


class Hostile(BaseHTTPRequestHandler):
    """A provider whose refusal paints the screen."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = json.dumps({"error": {"message": f"No {EVIL}", "type": EVIL, "code": "invalid_api_key"}}).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def said(selfinstruct: Callable[..., Any]) -> Callable[..., str]:
    """Runs a command, and gives all it said, in which nothing is obeyed."""

    def run(*arguments: str, code: int = 0) -> str:
        found = selfinstruct(*arguments)
        assert found.code == code, found.err
        assert not OBEYED.findall(found.out + found.err)
        return str(found.out + found.err)

    return run


@pytest.fixture
def evil_run(tmp_path: Path) -> str:
    """A run whose tasks, rejections, model and chain are hostile."""
    folder = tmp_path / f"run{EVIL.replace('/', '')}"
    one = task(0, f"Write {EVIL} now.", (EVIL, EVIL))
    drop = Rejection(text=f"Drop {EVIL}", rule=f"rule {EVIL}", stage="instruction", request=0, id="000000-05")
    run_folder(folder, [one, task(1, "Name a lake in it.")], [drop])
    return str(folder)


def test_commands_over_a_run(said: Callable[..., str], evil_run: str, tmp_path: Path) -> None:
    """Those that look at a run show its texts and its name harmlessly; JSON reads as the same values."""
    assert "\\u001b" in said("status", evil_run)
    said("stats", evil_run)
    assert json.loads(said("status", evil_run, "--json"))["run"] == evil_run
    assert json.loads(said("stats", evil_run, "--json"))
    said("export", evil_run, "--format", "alpaca", "-o", str(tmp_path / f"out{EVIL.replace('/', '')}.json"))
    said("refilter", evil_run, "-o", str(tmp_path / f"again{EVIL.replace('/', '')}"), code=2)
    said("estimate", "-n", "5", evil_run)
    said("compare", evil_run, evil_run)
    assert json.loads(said("compare", evil_run, evil_run, "--json"))["runs"]["A"]["run"] == evil_run
    said("compare", evil_run, evil_run, "-o", str(tmp_path / f"page{EVIL.replace('/', '')}.html"))


def test_commands_over_files(said: Callable[..., str], tmp_path: Path) -> None:
    """Hostile seeds, chains, prompts and names of files, and what is said of their mistakes."""
    seeds = tmp_path / f"s{EVIL.replace('/', '')}.jsonl"
    seeds.write_text("".join(json.dumps(SEED | {"id": f"{n}{EVIL}"}) + "\n" for n in range(8)), encoding="utf-8")
    chain = tmp_path / f"c{EVIL.replace('/', '')}.yaml"
    text = (shipped.CHAINS / "embedded.yaml").read_text(encoding="utf-8")
    mine = f"description: {json.dumps(EVIL.replace(TAG, ''))}"
    chain.write_text(re.sub(r"(?m)^description: .*", lambda _: mine, text), encoding="utf-8")

    said("check", str(chain), "--seeds", str(seeds))
    said("show", "input_first", "--chain", str(chain), "--seeds", str(seeds), "--instruction", EVIL)
    said("chains", str(chain))
    said("graph", "--chain", str(chain))
    said("dedup", str(seeds), "-o", str(tmp_path / f"d{EVIL.replace('/', '')}.jsonl"))
    said("generate", "-n", "1", "--set", f"model.{EVIL}=1", code=2)
    said("check", f"{EVIL}.yaml", code=2)
    said("check", EVIL, code=2)
    said("report", f"no-run{EVIL}", code=2)
    said("review", f"no-run{EVIL}", code=2)
    said("stats", "--no-such", EVIL, code=2)
    said(EVIL, code=2)
    chain.write_text(f'{{"model": {json.dumps({EVIL: 1, "provider": EVIL})}}}', encoding="utf-8")
    said("check", str(chain), code=2)


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_provider_says(said: Callable[..., str], tmp_path: Path, form: str, monkeypatch: Any) -> None:
    """A refusal that paints the screen, in the end of a run, its log, and `status` later."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
    folder = str(tmp_path / "run")
    with HTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own = ("--chain", "openai", "--set", f"model.base_url=http://127.0.0.1:{server.server_port}/v1")
        text = said("generate", "-n", "1", *own, "-o", folder, "--log-format", form, code=5)
        assert "evil" in text
        said("check", "openai", "--call", *own[2:], code=5)
        server.shutdown()
    said("status", folder)


class Painted(Hostile):
    """A provider whose reply has words of its own where Google's has one of a list, of which its SDK warns."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        part = {"content": {"role": "model", "parts": [{"text": "1. Name a lake."}]}, "finishReason": EVIL}
        body = json.dumps({"candidates": [part], "modelVersion": EVIL}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)


@pytest.mark.slow  # Google's client takes seconds to load
@pytest.mark.filterwarnings("default")
def test_what_a_library_warns_of(said: Callable[..., str], tmp_path: Path, monkeypatch: Any) -> None:
    """It is a note like others, also in a JSON log."""
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-of-a-test")
    with HTTPServer(("127.0.0.1", 0), Painted) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own = ("--chain", "google", "--set", f"model.base_url=http://127.0.0.1:{server.server_port}")
        limits = ("--max-calls", "2", "--log-format", "json", "-o", str(tmp_path / "run"))
        log = said("generate", "-n", "1", *own, *limits, code=3)
        text = said("check", "google", "--call", *own[2:], code=0)
        server.shutdown()

    assert "is not a valid FinishReason" in "".join(json.loads(line).get("note", "") for line in log.splitlines())
    assert len(re.findall("note: .*evil is not a valid FinishReason\n", text)) == 1


def test_what_libraries_say_is_overheard() -> None:
    """Each text once, in one line, and only while a command runs."""
    heard: list[str] = []
    before = warnings.showwarning, logging.lastResort
    with overheard(heard.append), warnings.catch_warnings():
        warnings.simplefilter("always")
        for text in ("One\n  two.", "One two.", "Three."):
            warnings.warn(text, stacklevel=1)
        assert logging.lastResort is not None
        logging.lastResort.handle(logging.makeLogRecord({"msg": "Four %s.", "args": ("five",), "levelno": 30}))

    assert heard == ["One two.", "Three.", "Four five."]
    assert (warnings.showwarning, logging.lastResort) == before


def test_a_bug_of_ours(said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A traceback is kept, and what it repeats is harmless."""

    def fails(name: str) -> str:
        raise RuntimeError(name + EVIL)

    monkeypatch.setattr("click.get_app_dir", fails)
    (tmp_path / "c.yaml").write_text((shipped.CHAINS / "embedded.yaml").read_text("utf-8"), encoding="utf-8")

    assert "Traceback" in said("check", str(tmp_path / "c.yaml"), code=1)


def test_there_is_one_echo() -> None:
    """No command prints by another way; a dataset goes to standard output as the bytes it is."""
    folder = Path(cli.__file__).parent
    other = re.compile(
        r"click\.(s?echo|style|confirm|prompt|echo_via_pager)\b|(?<![.\w])print\(|sys\.std(out|err)(?!\.(flush|fileno|buffer))|\.write\("
    )
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}

    assert [name for name, text in texts.items() if other.search(text)] == ["echo.py"]

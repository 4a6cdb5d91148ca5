"""Every place of a command that takes a file, with everything that can stand there: one error, nothing half-written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable

LATIN = "é = 1\n".encode("latin-1")
CONTENTS = {
    "empty": b"",
    "latin-1": b'{"instruction": "' + LATIN + b'"}',
    "utf-16": '{"instruction": "x"}\n'.encode("utf-16"),
    "nul": b'{"instruction":\0 "x"}\n',
    "number": b"5\n",
    "list": b"[5]\n",
    "text": b"name: [unclosed\n",
    "deep": b"[" * 100_000,
    "binary": bytes(range(256)) * 20,
}
"""Files of a wrong kind."""


def _folder(path: Path) -> None:
    path.mkdir()


def _link(path: Path, to: str) -> None:
    path.symlink_to(to)


PLACES: dict[str, Callable[[Path], None]] = {
    "missing": lambda _: None,
    "folder": _folder,
    "dangling": lambda path: _link(path, "nowhere"),
    "loop": lambda path: _link(path, path.name),
    "unreadable": lambda path: _link(path, "/proc/self/mem"),
}
"""What is no file at all, or none that can be read."""
NAMES = {"long": "x" * 300, "below": "file/below"}
"""Paths that can't be."""


def _thing(what: str, suffix: str, home: Path) -> str:
    """The path of a thing of that kind."""
    (home / "file").write_text("precious")
    path = home / f"thing{suffix}"
    if what in NAMES:
        return str(home / f"{NAMES[what]}{suffix}")
    if what in CONTENTS:
        path.write_bytes(CONTENTS[what])
    else:
        PLACES[what](path)
    return str(path)


def _tree(home: Path) -> dict[str, bytes | str]:
    """Everything below a folder."""
    return {
        str(path.relative_to(home)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else ""
        for path in home.rglob("*")
        if path.name != ".lock"
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is right."""
    tasks = [task(n, f"Do thing {n}", ("a", f"{n}a")) for n in range(3)]
    return run_folder(tmp_path_factory.mktemp("made") / "run", tasks).path


@pytest.fixture
def home(tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with that run, and a file for what needs one that is right."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "run").symlink_to(run)
    (tmp_path / "home" / "good.jsonl").write_text('{"instruction": "Do"}\n' * 2)
    return tmp_path / "home"


READ = {
    "generate --seeds": (".jsonl", "generate -n 1 --chain openai --seeds {}"),
    "check --seeds": (".jsonl", "check openai --seeds {}"),
    "estimate --seeds": (".jsonl", "estimate -n 1 --chain openai --seeds {}"),
    "show --seeds": (".jsonl", "show instructions --chain openai --seeds {}"),
    "preview --seeds": (".jsonl", "preview --chain openai --seeds {}"),
    "preview --chain": (".yaml", "preview --chain {}"),
    "prompts --chain": (".yaml", "prompts instructions --chain {}"),
    "init --seeds": (".jsonl", "init out --seeds {}"),
    "init --topics": (".txt", "init out --topics {}"),
    "--set seeds": (".jsonl", "check openai --set seeds={}"),
    "seeds": (".jsonl", "seeds {} -o out.jsonl"),
    "seeds csv": (".csv", "seeds {} -o out.jsonl"),
    "seeds parquet": (".parquet", "seeds {} -o out.jsonl"),
    "generate --chain": (".yaml", "generate -n 1 --chain {}"),
    "check": (".yaml", "check {}"),
    "estimate --chain": (".yaml", "estimate -n 1 --chain {}"),
    "show --chain": (".yaml", "show instructions --chain {}"),
    "graph --chain": (".yaml", "graph --chain {}"),
    "regenerate --chain": (".yaml", "regenerate run --chain {} -o out"),
    "regenerate --judge": (".yaml", "regenerate run --chain openai --best-of 2 --judge {} -o out"),
    "review --judge": (".yaml", "review run --judge {}"),
    "review --prompt": (".yaml", "review run --judge openai --prompt {}"),
    "--set prompt": (".yaml", "graph --chain openai --set instructions.prompt={}"),
    "dedup": (".jsonl", "dedup {} -o out.jsonl"),
    "dedup --exclude": (".json", "dedup good.jsonl -o out.jsonl --exclude {}"),
    "export --exclude": (".jsonl", "export run --format alpaca -o out.json --exclude {}"),
    "export --exclude json": (".json", "export run --format alpaca -o out.json --exclude {}"),
    "export --exclude txt": (".txt", "export run --format alpaca -o out.json --exclude {}"),
    "export --tokenizer": (".json", "export run --format alpaca -o out.json --max-tokens 9 --tokenizer {}"),
}
"""Options that name a file to read, and the suffix that it has to have."""
RUNS = {
    "status": "status {}",
    "log": "log {}",
    "log task": "log {} 000000-00",
    "estimate": "estimate -n 5 {}",
    "refilter": "refilter {} --set novelty.threshold=0.6 -o out",
    "regenerate": "regenerate {} --chain openai --set model.api_key_env=NOT_SET -o out",
    "report": "report {} -o out.html",
    "review": "review {}",
    "export": "export {} --format alpaca -o out.json",
    "stats": "stats {}",
    "compare": "compare run {}",
    "compare first": "compare {} run -o out.html",
}
"""Commands that read a run."""
FINE = {
    # a text file may hold anything that is UTF-8, and an empty one nothing; an empty file has nothing to drop
    "export --exclude txt": {"empty", "number", "list", "text", "deep"},
    "init --topics": {"number", "list", "text"},
    "export --exclude": {"empty", "number", "list"},
    "export --exclude json": {"number", "list"},
    "dedup --exclude": {"number", "list"},
    "dedup": {"empty"},
}
"""Contents that are no mistake there."""


def _said(selfinstruct: Callable[..., Any], line: str, path: str, home: Path) -> None:
    """Run a command that must fail, and look at what it said and left."""
    before = _tree(home)
    words = [
        str(home / word) if word in {"run", "good.jsonl"} or word.startswith("out") else word for word in line.split()
    ]

    said = selfinstruct(*[word.replace("{}", path) for word in words])

    assert said.code == 2, said
    assert said.out == "" or words[0] in {"check", "review"}  # which say what they found on the way
    lines = [text for text in said.err.splitlines() if not text.startswith(("Usage:", "Try ")) and text]
    assert len(lines) == 1, said.err
    assert lines[0].startswith("Error: ")
    assert _tree(home) == before


@pytest.mark.parametrize(
    ("place", "what"),
    [
        pytest.param(place, what, marks=() if what == "missing" else pytest.mark.slow)
        for place in READ
        for what in (*CONTENTS, *PLACES, *NAMES)
        if what not in FINE.get(place, ())
    ],
)
def test_a_file_that_can_not_be_read(selfinstruct: Callable[..., Any], home: Path, place: str, what: str) -> None:
    """Whatever is wrong with it: one line, exit code 2, and nothing is written."""
    suffix, line = READ[place]

    _said(selfinstruct, line, _thing(what, suffix, home), home)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["binary", *PLACES, *NAMES, "-"])
@pytest.mark.parametrize("command", RUNS)
def test_what_is_no_run(selfinstruct: Callable[..., Any], home: Path, command: str, what: str) -> None:
    """A file, an empty folder, nothing at all."""
    _said(selfinstruct, RUNS[command], what if what == "-" else _thing(what, "", home), home)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["empty", "latin-1", "nul", "number", "list", "binary", "folder", "unreadable"])
@pytest.mark.parametrize("file", ["manifest.json", "seeds.jsonl", "tasks.jsonl", "journal.jsonl"])
@pytest.mark.parametrize("command", [name for name in RUNS if name != "review"])
def test_a_run_with_a_file_that_is_broken(  # noqa: PLR0913, PLR0917 - a table
    selfinstruct: Callable[..., Any], home: Path, run: Path, command: str, file: str, what: str
) -> None:
    """Either the command has no need of it, or it says so in one line."""
    copy = home / "copy"
    shutil.copytree(run, copy, ignore=lambda *_: {file})
    Path(_thing(what, "", home)).rename(copy / file)
    words = RUNS[command].replace("{}", str(copy)).split()

    said = selfinstruct(*[str(home / word) if word.startswith("out") else word for word in words])

    assert said.code in {0, 2}
    assert "Traceback" not in said.err
    if said.code:
        assert len(said.err.splitlines()) <= 2
        assert not any(path.name.startswith("out") for path in home.iterdir())
    assert not [path for path in home.rglob("*") if path.name.endswith(".partial")]


WRITE = {
    "dedup -o": ("dedup good.jsonl -o {}", ".jsonl"),
    "seeds -o": ("seeds good.jsonl -o {}", ".jsonl"),
    "dedup --rejected": ("dedup good.jsonl -o out.jsonl --rejected {}", ".jsonl"),
    "report -o": ("report run -o {}", ".html"),
    "report --figures": ("report run -o out.html --figures {}", ""),
    "export -o": ("export run --format alpaca -o {}", ".json"),
    "export -o folder": ("export run --format parquet -o {}", ""),
    "refilter -o": ("refilter run --set novelty.threshold=0.6 -o {}", ""),
    "regenerate -o": ("regenerate run --chain openai -o {}", ""),
    "generate -o": ("generate -n 1 --chain openai -o {}", ""),
    "compare -o": ("compare run run -o {}", ".html"),
}
"""Options that name what is written; with --force where there is one."""
IN_THE_WAY = {"dedup -o": ("folder", "loop", "long", "below", "full"), "refilter -o": ("file", "loop", "long", "below")}
IN_THE_WAY |= {
    "dedup --rejected": IN_THE_WAY["dedup -o"],
    "report -o": IN_THE_WAY["dedup -o"],
    "report --figures": IN_THE_WAY["refilter -o"],
    "seeds -o": IN_THE_WAY["dedup -o"],
    "export -o": ("folder", "loop", "long", "below"),
    "export -o folder": IN_THE_WAY["refilter -o"],
    "generate -o": IN_THE_WAY["refilter -o"],
    "regenerate -o": IN_THE_WAY["refilter -o"],
    "compare -o": IN_THE_WAY["dedup -o"],
}
"""What makes each of them impossible."""


@pytest.mark.parametrize(("place", "what"), [(place, what) for place, ways in IN_THE_WAY.items() for what in ways])
def test_an_output_that_can_not_be_written(selfinstruct: Callable[..., Any], home: Path, place: str, what: str) -> None:
    """One line, and what stands there stays; a full device takes nothing and is no file afterwards."""
    line, suffix = WRITE[place]
    path = {"full": "/dev/full", "file": str(home / "file")}.get(what) or _thing(what, suffix, home)
    (home / "file").write_text("precious")

    _said(selfinstruct, line, path, home)

    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("place", ["dedup -o", "dedup --rejected", "report -o", "compare -o", "export -o"])
def test_a_link_to_nowhere_is_written_through(selfinstruct: Callable[..., Any], home: Path, place: str) -> None:
    """The link stays one, and leads to what was written."""
    line, suffix = WRITE[place]
    (home / "real").mkdir()
    link = home / f"link{suffix}"
    link.symlink_to(home / "real" / f"it{suffix}")
    words = [
        str(home / word) if word in {"run", "good.jsonl"} or word.startswith("out") else word for word in line.split()
    ]

    said = selfinstruct(*[word.replace("{}", str(link)) for word in words])

    assert said.code == 0, said
    assert link.is_symlink()
    assert (home / "real" / f"it{suffix}").is_file()


def test_the_device_that_swallows_all_swallows_it(selfinstruct: Callable[..., Any], home: Path) -> None:
    """`-o /dev/null` writes there, asks for no --force, and leaves the device what it is."""
    said = selfinstruct("dedup", str(home / "good.jsonl"), "-o", "/dev/null", "--rejected", "/dev/null")

    assert (said.code, "/dev/null" in said.err) == (2, True)  # both in one place, as with files
    said = selfinstruct("dedup", str(home / "good.jsonl"), "-o", "/dev/null", "--rejected", str(home / "r.jsonl"))
    assert said.code == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    "loose", [["stats", "run"], ["show", "instructions", "--chain", "openai"], ["chains", "openai"]]
)
def test_standard_output_that_is_full(home: Path, loose: list[str]) -> None:
    """One line and exit code 2; where the reader has gone, silence."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "selfinstruct_chains", *loose]
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(command, cwd=home, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (
        2,
        "Error: standard output can't be written: No space left on device\n",
    )


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("estimate -n 1 run --chain openai", "--chain"),
        ("estimate -n 1 run --seeds good.jsonl", "--seeds"),
        ("estimate -n 1 run --set run.seed=1", "--set"),
        ("review run --judge openai --port 80", "--port"),
        ("review run --judge openai --open", "--open"),
        ("review run --prompt x.yaml", "--prompt"),
        ("compare run run --force", "--force"),
        ("review run --set run.seed=1", "--set"),
        ("show instructions --chain openai --instruction Do", "--instruction"),
        ("export run --format alpaca -o out.json --public", "--public"),
        ("export run --format alpaca -o out.json --seed 7", "--seed"),
        ("export run --format alpaca -o out.json --tokenizer x.json", "--tokenizer"),
        ("export run --format alpaca -o out.json --end-token x", "end token"),
        ("export run --format datasets -o -", "datasets"),
        ("export run --format alpaca -o - --license mit", "--license"),
        ("generate -n 1 --chain openai --seed 7 --set run.seed=8", "--seed"),
        ("dedup good.jsonl -o - --rejected -", "standard output"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(
    selfinstruct: Callable[..., Any], home: Path, line: str, option: str
) -> None:
    """Rather than ignored."""
    before = _tree(home)
    words = [
        str(home / word) if word in {"run", "good.jsonl"} or word.startswith("out") else word for word in line.split()
    ]

    said = selfinstruct(*words)

    assert (said.code, said.out) == (2, "")
    assert option in said.err.splitlines()[-1]
    assert _tree(home) == before


def test_the_environment_refuses_nothing(
    selfinstruct: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands there is for the calls that can use it."""
    monkeypatch.setenv("SELFINSTRUCT_ESTIMATE_CHAIN", "openai")

    assert selfinstruct("estimate", "-n", "1", str(home / "run")).code == 0


def test_standard_input_and_output(
    selfinstruct: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`-` is standard input where something is read, and standard output where one file is written."""
    seeds = [
        {"instruction": f"Do {n}", "instances": [{"input": "", "output": "x"}], "is_classification": n % 2 > 0}
        for n in range(9)
    ]
    (tmp_path / "in").write_text("".join(json.dumps(seed) + "\n" for seed in seeds))

    def say(*words: str) -> Any:
        with (tmp_path / "in").open() as file:
            monkeypatch.setattr("sys.stdin", file)
            return selfinstruct(*words)

    assert "seeds: 9 tasks" in say("check", "openai", "--seeds", "-").out
    kept = say("dedup", "-", "-o", "-", "--threshold", "1")
    assert kept.out == (tmp_path / "in").read_text()
    assert "Kept 9 of 9" in kept.err
    exported = say("export", str(home / "run"), "--format", "messages", "-o", "-")
    assert len(exported.out.splitlines()) == 3
    assert "3 examples" in exported.err
    assert say("report", str(home / "run"), "-o", "-").out.startswith("<!doctype html>")
    assert not list((tmp_path / "empty").iterdir())

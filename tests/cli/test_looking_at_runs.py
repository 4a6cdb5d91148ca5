"""`status`, `estimate` and `refilter`: commands about a run that is there, without a call."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.run.derived import write_sums
from tests.run.scripts import Author, config, files

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 20 tasks."""
    folder = tmp_path_factory.mktemp("looked-at") / "run"
    self_instruct(config(), folder, models=Author().model).invoke({"n": 20})
    return folder


def flat(text: str) -> str:
    """Text as one line."""
    return " ".join(text.split())


def test_status_for_people(selfinstruct: Callable[..., Any], run: Path) -> None:
    """How far it is, how it ended, and the figures of the summary, in 80 columns."""
    said = selfinstruct("status", str(run))

    assert (said.code, said.err) == (0, "")
    assert re.search(r"20 of 20 tasks; finished \d+ \w+ ago", flat(said.out))
    assert re.search(r"Tasks 20 finished of 2\d, \d+ of them classification", flat(said.out))
    assert max(len(line) for line in said.out.splitlines() if "/" not in line) < 80


def test_status_for_programs(selfinstruct: Callable[..., Any], run: Path) -> None:
    """One JSON object with the same figures."""
    values = json.loads(selfinstruct("status", str(run), "--json").out)

    assert (values["state"], values["finished"], values["wanted"], values["why"]) == ("finished", 20, 20, "")
    lines = map(json.loads, (run / "journal.jsonl").read_bytes().splitlines())
    assert values["calls"] == sum(line["kind"] == "reply" for line in lines)


def test_an_estimate_of_a_cluster(selfinstruct: Callable[..., Any]) -> None:
    """Calls a second, hours, what the run waits for, and where each rate is from, in 80 columns."""
    arguments = ("estimate", "-n", "10000000", "--chain", "openai", "--set", "run.max_concurrency=4000")
    said = selfinstruct(*arguments, "--engine", "ray", "--workers", "32")

    assert said.code == 0
    assert re.search(r"pace +1\d\d calls a second, of \d\.\d s each, by 32 workers\n", said.out)
    assert re.search(r"waits for +the driver, [\d.]+ h; alone: replies [\d.]+ h, workers [\d.]+ min\n", said.out)
    assert "2.6 ms of one core of the driver" in flat(said.out)
    assert max(map(len, said.out.splitlines())) < 80
    values = json.loads(selfinstruct(*arguments, "--engine", "local", "--json").out)
    assert values["pace"]["waits_for"] == "the driver"


def test_workers_belong_to_a_cluster(selfinstruct: Callable[..., Any]) -> None:
    """Where the calls are made here there are none."""
    said = selfinstruct("estimate", "-n", "10", "--workers", "3")

    assert (said.code, "--workers is for --engine ray" in said.err) == (2, True)


def test_an_estimate_before_anything_is_known(selfinstruct: Callable[..., Any]) -> None:
    """Calls and tokens of each role, dollars by list price, minutes, and on what they are founded; no key is needed."""
    said = selfinstruct("estimate", "-n", "1000", "--chain", "openai", "--set", "model.name=gpt-4.1-mini")

    assert said.code == 0
    assert said.out.startswith("1000 tasks:\n")
    assert re.search(r"classification +1,111 ", said.out)
    assert re.search(r"cost +\$\d+\.\d\d, by list price", said.out)
    assert re.search(r"time +about [\d.]+ (min|h|s), with \d+ calls in flight", said.out)
    assert "Nothing is measured yet" in said.out
    assert max(map(len, said.out.splitlines())) < 80


def test_an_estimate_by_a_run(selfinstruct: Callable[..., Any], run: Path) -> None:
    """As many tasks again take what the first took; a run that has enough takes nothing more."""
    more, none = (selfinstruct("estimate", "-n", n, str(run)).out for n in ("40", "20"))
    measured = json.loads(selfinstruct("status", str(run), "--json").out)

    assert more.startswith("20 more tasks:\n")
    assert "As the 20 tasks in" in more
    [calls] = re.findall(r"\n  all +([\d,]+) ", more)
    assert 0 < int(calls.replace(",", "")) <= measured["calls"]
    assert re.search(r"\n  all +0 ", none)


def test_refiltering(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """What is new, gone, and without a reply is counted; the new folder is looked at as any other, not extended."""
    before = files(run)
    new = str(tmp_path / "strict")
    said = selfinstruct("refilter", str(run), "--set", "novelty.threshold=0.5", "-o", new)
    kept = len((tmp_path / "strict" / "tasks.jsonl").read_bytes().splitlines())

    assert said.code == 0
    assert said.out.startswith(f"{kept} tasks are in {new}/tasks.jsonl.\n")
    assert f"gone        {20 - kept}" in said.out
    assert kept < 20
    assert files(run) == before
    assert selfinstruct("stats", new).code == 0
    again = selfinstruct("refilter", str(run), "--set", "novelty.threshold=0.5", "-o", new)
    assert (again.code, again.err) == (2, f"Error: {new}: it is there already; choose another folder: -o\n")


def test_a_refiltered_run_is_not_extended(
    selfinstruct: Callable[..., Any], run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made without calls, so `generate` refuses to go on with it, before any call."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    selfinstruct("refilter", str(run), "--set", "novelty.threshold=0.5", "-o", str(tmp_path / "new"))
    said = selfinstruct("generate", "-n", "30", "--chain", "openai", "-o", str(tmp_path / "new"))

    assert said.code == 2
    assert "made by refilter, which calls no model; it can't be extended" in said.err


LOOKS = (
    ["status", "RUN"],
    ["estimate", "-n", "30", "RUN"],
    ["stats", "RUN"],
    ["log", "RUN"],
    ["refilter", "RUN", "-o", "NEW"],
)


@pytest.fixture
def without(run: Path, tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """Copies the run, with a field gone from the first line of a file; what the names in `LOOKS` stand for."""

    def edit(name: str, field: str) -> dict[str, str]:
        copy = tmp_path / "copy"
        shutil.copytree(run, copy)
        first, *others = (copy / name).read_text(encoding="utf-8").splitlines(keepends=True)
        values = json.loads(first)
        del values[field]
        (copy / name).write_text("".join([json.dumps(values) + "\n", *others]), encoding="utf-8")
        write_sums(copy / name)  # as in a folder from before there were any
        return {"RUN": str(copy), "NEW": str(tmp_path / "new")}

    return edit


@pytest.mark.parametrize("arguments", LOOKS)
def test_a_task_without_provenance_is_a_task(
    selfinstruct: Callable[..., Any], without: Callable[[str, str], dict[str, str]], arguments: list[str]
) -> None:
    """A task need not say where it comes from; every command counts it."""
    names = without("tasks.jsonl", "provenance")
    said = selfinstruct(*[names.get(word, word) for word in arguments])

    assert (said.code, said.err) == (0, "")
    assert "20" in said.out


@pytest.mark.parametrize("arguments", LOOKS)
@pytest.mark.parametrize(("name", "field"), [("rejected.jsonl", "stage"), ("tasks.jsonl", "id")])
def test_a_line_that_lacks_what_it_needs_is_named(
    selfinstruct: Callable[..., Any],
    without: Callable[[str, str], dict[str, str]],
    arguments: list[str],
    name: str,
    field: str,
) -> None:
    """Every command says it in the same words, and writes nothing."""
    names = without(name, field)
    said = selfinstruct(*[names.get(word, word) for word in arguments])

    expected = (
        f"Error: {names['RUN']}/{name}, line 1: damaged; nothing was changed. `selfinstruct repair {names['RUN']}` "
    )
    expected += "keeps all that is good, and says what is lost\n"
    assert (said.code, said.out, said.err) == (2, "", expected)
    assert not Path(names["NEW"]).exists()


def test_refiltering_into_a_file_is_refused(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """The file stays as it is."""
    (tmp_path / "mine").write_text("mine")
    said = selfinstruct("refilter", str(run), "-o", str(tmp_path / "mine"))

    assert (said.code, said.out) == (2, "")
    assert said.err == f"Error: {tmp_path}/mine: a file; give a folder that is not there yet: -o\n"
    assert (tmp_path / "mine").read_text() == "mine"


def test_refiltering_that_cannot_be_written_leaves_nothing(
    selfinstruct: Callable[..., Any], run: Path, tmp_path: Path
) -> None:
    """A file stands where a folder above the new one would be."""
    (tmp_path / "mine").write_text("mine")
    said = selfinstruct("refilter", str(run), "-o", str(tmp_path / "mine" / "new"))

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "can't be written" in said.err
    assert (tmp_path / "mine").read_text() == "mine"
    assert list(tmp_path.glob(".*")) == []


def test_refiltering_fills_an_empty_folder(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """All files are there at once, and nothing stands beside it."""
    (tmp_path / "new").mkdir()
    said = selfinstruct("refilter", str(run), "-o", str(tmp_path / "new"))

    assert said.code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        *("manifest.json", "manifest.copy.json", "seeds.jsonl", "unanswered.jsonl"),
        *("tasks.jsonl", "tasks.crc", "rejected.jsonl", "rejected.crc"),
    }
    assert list(tmp_path.glob(".*")) == []


def test_a_run_without_its_seeds_is_not_refiltered(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """They were shown in the prompts that its replies answer."""
    shutil.copytree(run, tmp_path / "copy")
    (tmp_path / "copy" / "seeds.jsonl").unlink()
    said = selfinstruct("refilter", str(tmp_path / "copy"), "-o", str(tmp_path / "new"))

    assert said.code == 2
    assert said.err == f"Error: {tmp_path}/copy/seeds.jsonl: missing or empty; restore it from a copy\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["status", "missing"], "Error: missing: not a run folder: it has no manifest.json"),
        (["estimate", "-n", "5", "missing"], "Error: missing: not a run folder"),
        (["refilter", "missing", "-o", "x"], "Error: missing: not a run folder"),
        (["refilter", "RUN", "--set", "run.seed=1", "-o", "x"], "--set run.seed: refilter changes filters and novelty"),
        (["refilter", "RUN", "--set", "novelty.threshold=7", "-o", "x"], "--set novelty.threshold: "),
    ],
)
def test_what_the_user_can_mend(
    selfinstruct: Callable[..., Any], run: Path, arguments: list[str], expected: str
) -> None:
    """One line and exit code 2."""
    said = selfinstruct(*[str(run) if word == "RUN" else word for word in arguments])

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert expected in said.err


def test_a_refiltered_run_says_what_it_is(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """`status`, `stats`, `report`, and the card of its export: from which run, and by what."""
    new, card = str(tmp_path / "new"), tmp_path / "out.json.README.md"
    selfinstruct("refilter", str(run), "--set", "novelty.threshold=0.6", "-o", new)
    fingerprint = json.loads((run / "manifest.json").read_text())["fingerprint"]
    made = f"Refiltered, without a call, from the run {fingerprint[:12]}; changed: novelty.threshold=0.6"
    said = [flat(selfinstruct(command, new).out) for command in ("status", "stats")]

    assert all(f"{made}." in text for text in said)
    assert "tasks; finished" in said[0]
    assert [json.loads(selfinstruct(command, new, "--json").out)["made"] for command in ("status", "stats")] == [
        made
    ] * 2
    assert selfinstruct("report", new).code == 0
    assert made in (tmp_path / "new" / "report.html").read_text()
    assert f"{made}." in selfinstruct("export", new, "--format", "alpaca", "-o", str(tmp_path / "out.json")).out
    assert f"- {made}.".replace("_", "\\_") in card.read_text()
    assert fingerprint[:12] not in card.read_text().split("fingerprint ")[1][:12]


DAMAGED = "tasks.jsonl, line 1: damaged; nothing was changed. `selfinstruct repair"


def test_a_damaged_run_stops_every_command_until_it_is_repaired(
    selfinstruct: Callable[..., Any], run: Path, tmp_path: Path
) -> None:
    """One line with the command that mends it, nothing written; then it is as it was, the damaged file beside it."""
    copy = tmp_path / "my run"
    shutil.copytree(run, copy)
    good = (copy / "tasks.jsonl").read_bytes()
    (copy / "tasks.jsonl").write_bytes(good.replace(b"e", b"a", 1))
    out = str(tmp_path / "out")
    commands = [["status"], ["stats"], ["report"], ["log"], ["review"], ["estimate", "-n", "30"]]
    commands += [["export", "--format", "alpaca", "-o", out], ["refilter", "-o", out]]
    for command, *options in commands:
        said = selfinstruct(command, str(copy), *options)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), command
        assert f"{DAMAGED} '{copy}'`" in said.err
    assert not Path(out).exists()
    said = selfinstruct("repair", str(copy))

    assert (said.code, said.err) == (0, "")
    assert (
        said.out == "tasks.jsonl: damaged; 20 lines were made anew from the journal; the old one is tasks.old-1.jsonl\n"
    )
    assert (copy / "tasks.jsonl").read_bytes() == good
    assert selfinstruct("repair", str(copy)).out == f"{copy}: nothing is damaged.\n"
    assert selfinstruct("stats", str(copy)).code == 0


def test_what_cannot_be_repaired_is_bad_input(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """Exit code 2, and what to do instead."""
    selfinstruct("refilter", str(run), "-o", str(tmp_path / "new"))
    (tmp_path / "new" / "tasks.jsonl").write_bytes(b"")
    said = selfinstruct("repair", str(tmp_path / "new"))

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "tasks.jsonl: damaged, and there is no journal; refilter again" in said.err

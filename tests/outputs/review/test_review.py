"""The quality review: its sample, its verdicts, and the server behind its page."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.review import verdicts
from selfinstruct_chains.outputs.review.sitting import InRun, begin
from selfinstruct_chains.outputs.review.verdicts import Reviews, Verdict
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

TASKS = [task(number, f"Do the thing with number {number}.") for number in range(30)]
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\x00"


def verdict(id_: str, answers: str = "yyy", by: verdicts.By = "person") -> Verdict:
    """A verdict from a word like "yny"."""
    first, second, third = ({"y": True, "n": False, "u": "unsure"}[letter] for letter in answers)
    return Verdict(id=id_, by=by, valid_instruction=first, appropriate_input=second, correct_output=third)


def test_verdicts_are_there_after_a_restart(tmp_path: Path) -> None:
    """One JSON object on each line, in the words that the export reads too."""
    Reviews(tmp_path).put(verdict("000000-01", "yny"))

    line = (tmp_path / "review.jsonl").read_text(encoding="utf-8")

    assert json.loads(line) == {
        "id": "000000-01",
        "by": "person",
        "valid_instruction": True,
        "appropriate_input": False,
        "correct_output": True,
    }
    assert Reviews(tmp_path).by("person") == {"000000-01": verdict("000000-01", "yny")}


def test_the_last_verdict_counts(tmp_path: Path) -> None:
    """For each task and reviewer; a judge does not overrule a person."""
    reviews = Reviews(tmp_path)
    for one in (verdict("a", "nnn"), verdict("a", "yyn"), verdict("a", "nnn", by="judge"), verdict("b", "yyy")):
        reviews.put(one)

    for read in (reviews, Reviews(tmp_path)):
        assert read.by("person") == {"a": verdict("a", "yyn"), "b": verdict("b", "yyy")}
        assert read.by("judge") == {"a": verdict("a", "nnn", by="judge")}


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    """A verdict that was half written when the machine died is asked again, and spoils nothing."""
    file = tmp_path / "review.jsonl"
    Reviews(tmp_path).put(verdict("a"))
    file.write_bytes(file.read_bytes() + b'{"id": "b", "by": "per')

    reviews = Reviews(tmp_path)
    assert set(reviews.by("person")) == {"a"}
    reviews.put(verdict("c"))

    assert set(Reviews(tmp_path).by("person")) == {"a", "c"}


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "a"}', '{"id": "a", "by": "person", "valid_instruction": 1}', '{"by": "dog"}']
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    """File and line, and what to do."""
    (tmp_path / "review.jsonl").write_text(f"{line}\n", encoding="utf-8")

    with pytest.raises(RunError, match=r"review.jsonl, line 1: damaged; delete the line"):
        Reviews(tmp_path)


def test_shares_are_those_of_table_2() -> None:
    """The share of yes to each question, and to all three."""
    found = verdicts.table_two(verdict(str(n), answers) for n, answers in enumerate(["yyy", "yyn", "ynn", "nny"]))

    assert found.reviewed == 4
    assert found.yes == {"valid_instruction": 0.75, "appropriate_input": 0.5, "correct_output": 0.5, "all": 0.25}


def test_shares_of_nothing_are_zeros() -> None:
    """No verdicts, no division by zero."""
    assert verdicts.table_two([]) == (0, dict.fromkeys([*verdicts.QUESTIONS, "all"], 0.0))


def test_agreement_counts_answers(tmp_path: Path) -> None:
    """Over the tasks that both looked at."""
    reviews = Reviews(tmp_path)
    assert verdicts.agreement(reviews) == (0, 0.0)
    for one in (verdict("a", "yyy"), verdict("a", "yyn", by="judge"), verdict("b", "yyy", by="judge")):
        reviews.put(one)

    assert verdicts.agreement(reviews) == (1, pytest.approx(2 / 3))


def test_the_sample_is_the_same_each_time(tmp_path: Path) -> None:
    """It is random, has no task twice, and a larger one begins with the smaller."""
    run = run_folder(tmp_path / "run", TASKS)

    ten, again, twenty = verdicts.sample(run, 10), verdicts.sample(run, 10), verdicts.sample(run, 20)

    assert ten == again == twenty[:10]
    assert len({task.id for task in twenty}) == 20
    assert sorted(task.id for task in ten) != [task.id for task in TASKS[:10]]


def test_a_sample_larger_than_the_run_is_the_run(tmp_path: Path) -> None:
    """All tasks, each once."""
    run = run_folder(tmp_path / "run", TASKS)

    assert sorted(task.id for task in verdicts.sample(run, 200)) == [task.id for task in TASKS]


def test_a_growing_run_keeps_most_of_its_sample(tmp_path: Path) -> None:
    """New tasks take the places of some; the others stay in it, with their verdicts."""
    before = {task.id for task in verdicts.sample(run_folder(tmp_path / "one", TASKS[:20]), 10)}
    after = {task.id for task in verdicts.sample(run_folder(tmp_path / "two", TASKS), 10)}

    assert before & after == {id_ for id_ in after if id_ < TASKS[20].id}
    assert len(before & after) >= 5


def test_a_run_without_tasks_has_nothing_to_review(tmp_path: Path) -> None:
    """An error that says so."""
    with pytest.raises(RunError, match="no finished tasks yet"):
        verdicts.sample(run_folder(tmp_path / "run", []), 10)


def test_another_process_s_verdicts_are_seen(tmp_path: Path) -> None:
    """At the next look, and after lines were deleted by hand too."""
    one, other = Reviews(tmp_path), Reviews(tmp_path)
    for number in range(3):
        one.put(verdict(f"t{number}"))

    assert other.refresh()
    assert other.by("person").keys() == {"t0", "t1", "t2"}
    lines = (tmp_path / "review.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "review.jsonl").write_bytes(lines[1])
    assert other.refresh()
    assert other.by("person").keys() == {"t1"}
    assert not other.refresh()


def test_a_task_is_found_in_a_run_that_grows(tmp_path: Path) -> None:
    """By its id, at its place in the file."""
    run, grown = run_folder(tmp_path / "run", TASKS[:2]), run_folder(tmp_path / "grown", TASKS[:4])
    found = InRun(run)
    assert found(TASKS[1].id) == TASKS[1]
    assert found(TASKS[3].id) is None

    for name in ("tasks.jsonl", "tasks.crc"):
        (run.path / name).write_bytes((grown.path / name).read_bytes())

    assert found(TASKS[3].id) == TASKS[3]
    assert found("x") is None


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """A line at a time, also where one finds half a line and cuts it off."""
    (tmp_path / "review.jsonl").write_text('{"id": "half')

    def write(who: int) -> None:
        reviews = Reviews(tmp_path)
        for number in range(50):
            reviews.put(verdict(f"t{number}").model_copy(update={"name": f"n{who}"}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    reviews = Reviews(tmp_path)
    assert {name: len(reviews.of("person", name)) for name in reviews.names("person")} == dict.fromkeys(
        ["n0", "n1", "n2", "n3"], 50
    )
    assert len((tmp_path / "review.jsonl").read_text().splitlines()) == 200


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (0, ""),
        (1, "1 reviewed task is no longer in the run; its verdicts stay in review.jsonl."),
        (2, "2 reviewed tasks are no longer in the run; their verdicts stay in review.jsonl."),
    ],
)
def test_verdicts_on_tasks_that_are_gone_are_told(tmp_path: Path, lost: int, said: str) -> None:
    """By how many tasks, whoever judged them."""
    run_folder(tmp_path / "run", TASKS[:3], [])
    reviews, lines = Reviews(tmp_path / "run"), list[str]()
    reviews.put(verdict(TASKS[0].id))
    for number in range(lost):
        reviews.put(verdict(f"000099-0{number}", by="judge" if number else "person"))
    begin(tmp_path / "run", 3, lines.append)

    assert [line for line in lines if "reviewed" in line] == [said] * bool(said)


def test_a_verdict_waits_for_who_is_writing(tmp_path: Path) -> None:
    """While another process is appending nothing is written, and then the verdict is."""
    Reviews(tmp_path).put(verdict("t0"))
    file = tmp_path / "review.jsonl"
    before = file.read_bytes()
    with ThreadPoolExecutor(1) as pool:
        with FileLock(tmp_path / ".review.lock"):
            waiting = pool.submit(Reviews(tmp_path).put, verdict("t1"))
            done, _ = wait([waiting], timeout=0.3)
            assert not done
            assert file.read_bytes() == before
        waiting.result()

    assert len(file.read_bytes().splitlines()) == 2

"""The calls of a run that was written by hand: each row in words, which are shown, and all about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.errors import ItemRefused, RunError
from selfinstruct_chains.run.calls import Calls, Wanted
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.reader import RunReader
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = load_config("openai", {"instructions.seed_examples": 1})
PAIR = "Input: a\nOutput: b"
FILTERED = "the provider's filter ended the reply (content_filter): no instance before it was cut: ''"


def reply(key: str, text: str, end: str = "stop") -> Entry:
    """A reply to a prompt that nobody knows."""
    return Entry(key, "ab", reply=text, finish_reason=end, model="m", ms=5)


def dropped(item: str, rule: str, stage: str = "instruction") -> Rejection:
    """Something that was dropped."""
    return Rejection(id=item, rule=rule, stage=stage, text=f"The {rule} of {item}", request=int(item[:6]))


def begun(run: RunReader) -> str:
    """By what the run was begun, in words."""
    return f"the run was begun by version {run.origin.versions['selfinstruct-chains']}, which may word it otherwise"


ROWS = [
    (Entry.found("found/classification/105", 5), "found out before the first request"),
    (reply("found/instructions/101", "rivers"), "asked before the first request"),
    (Entry.fault("instructions/000000/1", "ab", "503"), "no reply: 503"),
    (
        reply("instructions/000000/1", "1. Paint the old fence.\n2. Sing.\n3. Count all red cars."),
        "3 instructions: 2 tasks, dropped: novelty 2, too_short 1, no_instance 1",
    ),
    (
        reply("instructions/000001/1", "1. Paint the old fence.\n2. Sing a so", "length"),
        "1 instruction, and one that was cut: 1 task",
    ),
    (reply("instructions/000002/1", "1. Sing."), "1 instruction: 0 tasks, dropped: novelty 1"),
    (reply("instructions/000003/1", "1. Sing a song.\n2. Ring a bell."), "2 instructions"),
    (reply("classification/000000-00/1", "No"), "no classification"),
    (reply("classification/000000-01/1", "Yes"), "classification"),
    (
        Entry.refused("classification/000000-03/1", "ab", ItemRefused("too long", reason="context_too_long")),
        "refused (context_too_long): too long",
    ),
    (reply("input_first/000000-00/1", PAIR), "1 instance; a task"),
    (
        reply("output_first/000000-01/1", "Class label: good\nInput: nice\n\nClass label: bad\nInput: awful"),
        "2 instances; a task",
    ),
    (reply("input_first/000000-02/1", ""), "unreadable: no instance: ''"),
    (reply("input_first/000000-02/2", PAIR), "1 instance; dropped: no_instance"),
    (Entry.of_result("input_first/000001-00/1", [{"input": "", "output": "x"}]), "1 instance; a task"),
    (reply("input_first/000003-00/1", PAIR), "1 instance"),
    (reply("input_first/000003-01/1", "", "content_filter"), f"refused (content_filter): {FILTERED}"),
    (reply("input_first/000003-02/1", PAIR), "1 instance"),
    (reply("instructions/000004/1", ""), "unreadable: no instruction: ''"),
    (reply("input_first/000009-00/1", PAIR), "1 instance"),
]
"""Lines of the journal, and what came of each; 000003-02 is beyond its request's reply, and 000009 has none."""
TASKS = [task(0, "Paint the old fence."), task(1, "Sort these notes.", labels=True), task(10, "Mow the whole lawn.")]
DROPPED = [
    dropped("000000-05", "too_short"),
    dropped("000000-06", "novelty"),
    dropped("000000-07", "novelty"),
    dropped("000000-02", "echo", "instance"),
    dropped("000000-02", "no_instance", "task"),
    dropped("000002-00", "novelty"),
    dropped("000003-00", "echo", "instance"),  # which says nothing yet of the candidate
    dropped("000004", "unreadable", "request"),
]
KEYS = [entry.key for entry, _ in ROWS]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    """A run of these lines."""
    path = tmp_path_factory.mktemp("rows") / "run"
    return run_folder(path, TASKS, DROPPED, [entry for entry, _ in ROWS], config=CHAIN)


def test_each_row_says_what_came_of_it(run: RunReader) -> None:
    """Replies by what they hold and what became of it, and calls without one by why."""
    rows, count = Calls(run).rows(Wanted(), 100)

    assert [(row.entry, row.outcome) for row in rows] == ROWS
    assert count == len(ROWS)


def test_of_many_rows_the_last_are_shown(run: RunReader) -> None:
    """As many as are asked for; the number is of all."""
    rows, count = Calls(run).rows(Wanted(), 2)

    assert [row.entry.key for row in rows] == KEYS[-2:]
    assert count == len(ROWS)


NONE, POOR = (
    ["instructions/000000/1", "classification/000000-03/1"],
    ["input_first/000000-02/1", "instructions/000004/1"],
)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (Wanted(role="found"), KEYS[:2]),
        (Wanted(role="output_first"), ["output_first/000000-01/1"]),
        (Wanted(faults=True), NONE),
        (Wanted(unreadable=True), POOR),
        (Wanted(faults=True, unreadable=True), [*NONE, *POOR]),
        (Wanted(role="input_first", faults=True, unreadable=True), POOR[:1]),
        (Wanted(role="input"), []),
    ],
)
def test_rows_are_chosen(run: RunReader, wanted: Wanted, keys: list[str]) -> None:
    """By role, as attempts without a reply, as replies that can't be read, or both of these."""
    rows, count = Calls(run).rows(wanted, 100)

    assert [row.entry.key for row in rows] == keys
    assert count == len(keys)


@pytest.mark.parametrize(
    ("name", "id_", "tasks", "rules", "keys"),
    [
        ("0-2", "000000-02", 0, ["echo", "no_instance"], [*KEYS[2:4], *KEYS[12:14]]),
        ("0", "000000", 2, ["too_short", "novelty", "novelty", "echo", "no_instance"], KEYS[2:4]),
        ("000000-00", "000000-00", 1, [], [*KEYS[2:4], "classification/000000-00/1", "input_first/000000-00/1"]),
        ("input_first/000000-02/2", "000000-02", 0, ["echo", "no_instance"], [KEYS[13]]),
        ("found/instructions/101", "found/instructions/101", 0, [], [KEYS[1]]),
        ("4", "000004", 0, ["unreadable"], ["instructions/000004/1"]),
        ("2-0", "000002-00", 0, ["novelty"], ["instructions/000002/1"]),
    ],
)
def test_all_about_one(run: RunReader, name: str, id_: str, tasks: int, rules: list[str], keys: list[str]) -> None:  # noqa: PLR0913, PLR0917 - a row of the table
    """A candidate has its request's calls too, a request those of no candidate, and a call only itself."""
    about = Calls(run).about(name)

    assert (about.id, len(about.tasks)) == (id_, tasks)
    assert [one.rule for one in about.dropped] == rules
    assert [one.entry.key for one in about.calls] == keys
    assert [one.outcome for one in about.calls] == [outcome for entry, outcome in ROWS if entry.key in keys]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0-0", "Paint the old fence."),  # the task's
        ("0-2", "The no_instance of 000000-02"),  # what was dropped, and not one of its instances
        ("3-0", "Sing a song."),  # as the reply to the request has it
        ("3-1", "Ring a bell."),
    ],
)
def test_a_candidate_s_prompt_has_its_instruction(run: RunReader, name: str, text: str) -> None:
    """From its task, from what was dropped, or from its request's reply."""
    prompt = Calls(run).about(name).calls[-1].prompt

    assert prompt.turns[-1].text.count(text) == 1
    assert prompt.why == f"made anew, and not just what was sent: {begun(run)}"
    assert not prompt.as_sent


@pytest.mark.parametrize("name", ["3-2", "9-0"])
def test_a_candidate_whose_text_is_lost_has_no_prompt(run: RunReader, name: str) -> None:
    """Its request's reply has not so many, or is not there."""
    prompt = Calls(run).about(name).calls[-1].prompt

    assert prompt.turns == ()
    assert prompt.why == f"it can't be made anew: {begun(run)}"


def test_what_some_candidates_were_made_from(run: RunReader) -> None:
    """Their calls and their requests', each once and in order, with the texts that are given."""
    found = list(Calls(run).leading_to({"000000-02": "Wind the clock", "000000-00": "Oil it", "000003-00": "Stop it"}))

    keys = [*KEYS[2:4], "instructions/000003/1", "classification/000000-00/1", "input_first/000000-00/1", *KEYS[12:14]]
    assert [one.entry.key for one in found] == [*keys, "input_first/000003-00/1"]
    assert "Wind the clock" in found[-2].prompt.turns[-1].text
    assert found[-2].outcome == "1 instance; dropped: no_instance"


@pytest.mark.parametrize("name", ["7", "5-0", "what", "1-2-3", "input_first/000009-07/1"])
def test_what_is_not_there_is_said(run: RunReader, name: str) -> None:
    """With the kinds of names that there are, and the last request."""
    with pytest.raises(RunError) as raised:
        Calls(run).about(name)

    assert str(raised.value) == (
        f"{run.path}: nothing is about {name!r}; there are candidates (000003-02), requests (000003) and calls "
        "(input_first/000003-02/1), and the last request is 000009"
    )


def test_a_run_without_calls_says_so(tmp_path: Path) -> None:
    """There is no last request to name; what was found before the first one is none."""
    run = run_folder(tmp_path / "run", [], entries=[Entry.found("found/classification/105", 5)], config=CHAIN)

    with pytest.raises(RunError, match=r"\(input_first/000003-02/1\), and it has no calls yet$"):
        Calls(run).about("0")


def test_what_ones_own_parser_reads_is_not_read_here(tmp_path: Path) -> None:
    """Nothing is called unreadable then, and what became of it is told all the same; results of own steps are read."""
    folder = Folder(tmp_path / "run", CHAIN, [SEED], {"own.parsers.instructions": "x", "own.parsers.input_first": "x"})
    folder.task(TASKS[0])
    entries = [
        reply("instructions/000000/1", ""),
        reply("input_first/000000-00/1", ""),
        reply("output_first/0-0/1", ""),
    ]
    for entry in [*entries, Entry.of_result("input_first/000000-00/2", [{"output": "x"}])]:
        folder.journal.write(entry)
    folder.close()
    calls = Calls(RunReader(tmp_path / "run"))

    assert [row.outcome for row in calls.rows(Wanted(), 9)[0]] == [
        "read by your own parser: 1 task",
        "read by your own parser; a task",
        "unreadable: no instance: ''",
        "1 instance; a task",
    ]
    assert [row.entry.key for row in calls.rows(Wanted(unreadable=True), 9)[0]] == ["output_first/0-0/1"]

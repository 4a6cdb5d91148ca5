"""What an export takes of a run, in which order, and where it puts it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.selection import Choice, balanced
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.outputs.review.verdicts import Reviews, Verdict
from selfinstruct_chains.tasks import Instance
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader

SENTIMENT = [("a", "good"), ("b", "good"), ("c", "Good "), ("d", "bad"), ("e", "bad")]


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """Forty tasks with two instances each."""
    return run_folder(tmp_path / "run", [task(n, f"Do thing {n}", ("a", f"{n}a"), ("b", f"{n}b")) for n in range(40)])


def outputs(run: RunReader, out: Path, choice: Choice) -> list[str]:
    """The outputs that an export to the file `out` takes, in its order."""
    export(run, "alpaca", out, choice)
    return [row["output"] for row in json.loads(out.read_text("utf-8"))]


def test_all_instances_in_the_runs_order(run: RunReader, tmp_path: Path) -> None:
    """Unless something else is asked for."""
    assert outputs(run, tmp_path / "o.json", Choice()) == [f"{n}{side}" for n in range(40) for side in "ab"]


def test_labels_are_not_balanced_unless_that_is_asked_for(tmp_path: Path) -> None:
    """Every instance of a classification task is taken, however uneven its labels are."""
    run = run_folder(tmp_path / "run", [task(0, "Is it good?", *SENTIMENT, labels=True)])

    assert outputs(run, tmp_path / "o.json", Choice()) == [label for _, label in SENTIMENT]


def test_seeds_come_first_when_they_are_wanted(run: RunReader, tmp_path: Path) -> None:
    """With all their instances."""
    assert outputs(run, tmp_path / "o.json", Choice(seeds=True))[:2] == [SEED.instances[0].output, "0a"]


def test_shuffling_is_of_instances_and_by_seed(run: RunReader, tmp_path: Path) -> None:
    """Nothing is lost or doubled; the same seed gives the same order, and another one another."""
    plain = outputs(run, tmp_path / "0.json", Choice())
    shuffled = outputs(run, tmp_path / "1.json", Choice(shuffle=True))

    assert sorted(shuffled) == sorted(plain)
    assert shuffled != plain
    assert shuffled == outputs(run, tmp_path / "2.json", Choice(shuffle=True))
    assert shuffled != outputs(run, tmp_path / "3.json", Choice(shuffle=True, seed=7))
    assert any(first[:-1] != second[:-1] for first, second in zip(shuffled[::2], shuffled[1::2], strict=True))


def test_no_instruction_is_in_two_splits(tmp_path: Path) -> None:
    """Nor are copies that differ in case and punctuation, such as a seed and a task like it."""
    texts = [f"Do thing {n}" for n in range(100)] + [f"do THING {n}!" for n in range(100)]
    run = run_folder(tmp_path / "run", [task(n, text, ("a", "x"), ("b", "y")) for n, text in enumerate(texts)])

    done = export(run, "messages", tmp_path / "out", Choice(shares=Shares(0.2, 0.1)))

    seen: dict[str, set[str]] = {}
    for split in done.rows:
        rows = [json.loads(line) for line in (tmp_path / "out" / f"{split}.jsonl").read_text().splitlines()]
        seen[split] = {row["messages"][0]["content"].split("\n")[0].lower().rstrip("!") for row in rows}
    assert not seen["train"] & seen["validation"]
    assert not seen["train"] & seen["test"]
    assert not seen["test"] & seen["validation"]
    assert sum(done.rows.values()) == 400
    assert 40 <= done.rows["validation"] <= 120  # 80 on average


def test_a_task_stays_in_its_split_when_the_run_grows(tmp_path: Path) -> None:
    """What was tested on once is never trained on later; another seed splits otherwise."""
    shares = Shares(validation=0.3)
    tasks = [task(n, f"Do thing {n}") for n in range(60)]
    small = run_folder(tmp_path / "small", tasks[:30])
    large = run_folder(tmp_path / "large", tasks)

    found = {}
    for name, run, seed in (("small", small, 42), ("large", large, 42), ("other", large, 7)):
        export(run, "messages", tmp_path / f"out-{name}", Choice(shares=shares, seed=seed))
        text = (tmp_path / f"out-{name}" / "validation.jsonl").read_text()
        found[name] = {json.loads(line)["messages"][0]["content"] for line in text.splitlines()}

    known = {one.instruction for one in tasks[:30]}
    assert found["small"] == found["large"] & known
    assert found["other"] != found["large"]


def test_at_most_k_instances_of_each_task(run: RunReader, tmp_path: Path) -> None:
    """The first ones; what is left out is counted."""
    assert outputs(run, tmp_path / "o.json", Choice(max_instances=1)) == [f"{n}a" for n in range(40)]
    done = export(run, "csv", tmp_path / "o.csv", Choice(max_instances=1))
    assert done.notes == ("Left out: 40 instances: beyond the limit or the label balance.",)


@pytest.mark.parametrize(
    ("labels", "limit", "expected"),
    [
        ("ggbb", None, [0, 1, 2, 3]),
        ("gggb", None, [0, 3]),
        ("gggbb", None, [0, 1, 3, 4]),
        ("gggbb", 3, [0, 3]),
        ("gggbb", 1, [0]),
        ("gbnx", 2, [0, 1]),
        ("ggg", None, [0, 1, 2]),
        ("ggg", 2, [0, 1]),
        ("", None, []),
    ],
)
def test_balanced_labels(labels: str, limit: int | None, expected: list[int]) -> None:
    """As many of each as of the rarest, at most the limit in all, the first ones of each."""
    assert balanced([(n, Instance(output=label)) for n, label in enumerate(labels)], limit) == expected


def test_only_classification_tasks_are_balanced(tmp_path: Path) -> None:
    """Labels are compared without case and blanks; other tasks keep all."""
    tasks = [task(0, "Which mood?", *SENTIMENT, labels=True), task(1, "Spell it", *SENTIMENT)]
    run = run_folder(tmp_path / "run", tasks)

    found = outputs(run, tmp_path / "o.json", Choice(balance_labels=True))

    assert found == ["good", "good", "bad", "bad", *(output for _, output in SENTIMENT)]


def test_a_token_limit_counts_instruction_input_and_output(tmp_path: Path) -> None:
    """In words, or by the tokens of a tokenizer file, or of the model folder it lies in."""
    from tokenizers import Tokenizer, models

    run = run_folder(tmp_path / "run", [task(0, "Do two words", ("in put", "four"), ("in", "four"))])
    letters = {char: n for n, char in enumerate("Dotwrdsinpufe \n")}
    (tmp_path / "model").mkdir()
    cutting = Tokenizer(models.BPE(letters, []))
    cutting.enable_truncation(max_length=3)  # as the files of many models do
    cutting.save(str(tmp_path / "model" / "tokenizer.json"))

    assert outputs(run, tmp_path / "1.json", Choice(max_tokens=6)) == ["four", "four"]
    assert outputs(run, tmp_path / "2.json", Choice(max_tokens=5)) == ["four"]
    length = len("Do two words\n\nin put\n\nfour")
    for tokenizer in (tmp_path / "model", tmp_path / "model" / "tokenizer.json"):
        for limit, expected in ((length, 2), (length - 1, 1)):
            choice = Choice(max_tokens=limit, tokenizer=tokenizer)
            assert len(outputs(run, tmp_path / f"{tokenizer.name}{limit}.json", choice)) == expected


def test_the_review_decides(run: RunReader, tmp_path: Path) -> None:
    """A person's verdict goes before a judge's; the last one counts; seeds are not reviewed."""
    reviews = Reviews(run.path)
    yes: Any = {"valid_instruction": True, "appropriate_input": True, "correct_output": True}
    no = yes | {"correct_output": False}
    for id_, by, answers in [
        ("000000-00", "judge", no),
        ("000000-00", "person", yes),
        ("000000-01", "person", no),
        ("000000-01", "judge", yes),
        ("000000-02", "judge", no),
        ("000000-02", "judge", yes),
        ("000000-03", "judge", no),
    ]:
        reviews.put(Verdict(id=id_, by=by, **answers))

    approved = outputs(run, tmp_path / "1.json", Choice(only_approved=True, max_instances=1, seeds=True))
    others = outputs(run, tmp_path / "2.json", Choice(drop_rejected=True, max_instances=1))

    assert approved == ["The Elbe.", "0a", "2a"]
    assert others == [f"{n}a" for n in range(40) if n not in {1, 3}]
    done = export(run, "csv", tmp_path / "o.csv", Choice(only_approved=True))
    assert done.notes[0].startswith("A judge's verdicts decide on 2 tasks. People and the judge: the same on 0% of 2 ")
    assert done.notes[1:] == ("Left out: 36 tasks not reviewed; 2 tasks rejected in the review.",)


def test_a_run_without_tasks_says_so(tmp_path: Path) -> None:
    """And how to go on."""
    run = run_folder(tmp_path / "run", [])

    with pytest.raises(RunError, match="no finished tasks yet; run its `selfinstruct generate` again"):
        export(run, "alpaca", tmp_path / "o.json")


def test_an_unfinished_run_works_and_is_called_so(run: RunReader, tmp_path: Path) -> None:
    """Half a last line is left out."""
    progress = {"state": "stopped", "why": "stopped by Ctrl-C", "finished": 40, "wanted": 90}
    (run.path / "progress.json").write_text(json.dumps(progress))
    with (run.path / "tasks.jsonl").open("ab") as file:
        file.write(b'{"id": "0000')

    done = export(run, "alpaca", tmp_path / "o.json")

    assert dict(done.rows) == {"train": 80}
    assert done.notes == ("The run may not be finished: it stopped at 40 of 90 tasks: stopped by Ctrl-C.",)


def test_a_split_that_got_nothing_is_said(tmp_path: Path) -> None:
    """It has no file."""
    run = run_folder(tmp_path / "run", [task(0, "Do thing 0")])

    done = export(run, "csv", tmp_path / "out", Choice(shares=Shares(validation=0.01)))

    assert done.notes == ("No instruction fell into validation: give a larger share or another --seed.",)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "train.csv"}


def test_an_end_token_is_for_completions(run: RunReader, tmp_path: Path) -> None:
    """Chat formats leave it to the model's template."""
    export(run, "prompt-completion", tmp_path / "out", end_token="</s>")
    rows = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines()]
    assert all(row["completion"].endswith("</s>") for row in rows)

    with pytest.raises(ConfigError, match="an end token is for prompt-completion; messages leaves it to the chat"):
        export(run, "messages", tmp_path / "chat", end_token="</s>")

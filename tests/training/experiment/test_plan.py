"""An experiment's plan, its folder and its commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.training.evaluation.intervals import Estimate
from selfinstruct_chains.training.experiment.figure import Dot, Level, Line, Panel, svg
from selfinstruct_chains.training.experiment.plan import Plan, claim, make_plan
from selfinstruct_chains.training.experiment.steps import Step, run, steps
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path


def planned(chain: str = "embedded", n: int = 150, sizes: str = "50,150", **given: Any) -> Plan:
    """A plan, as the command makes it."""
    rest: dict[str, Any] = {"base": None, "settings": (), "tune": (), "seeds": None, "on": None, "regenerate": None}
    return make_plan(chain, n, sizes, **rest | {"answer_tokens": 128} | given)


def test_arms() -> None:
    """A model for each size, smallest first, each anew where a stronger model writes, and the control."""
    assert [arm.name for arm in planned(sizes="150,50,50").arms] == ["own 50", "own 150", "seeds"]
    assert [arm.name for arm in planned(regenerate="openai").arms] == [
        "own 50",
        "own 150",
        "regenerated 50",
        "regenerated 150",
        "seeds",
    ]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"sizes": "50,x"}, "numbers of tasks are expected, as 50,100,200"),
        ({"sizes": "50,200"}, "from 1 to the 150 tasks of -n"),
        ({"sizes": "0"}, "from 1 to the 150"),
        ({"chain": "openai"}, "answers elsewhere and can't be trained here; name one that can: --base"),
        ({"base": "owner/name"}, r"--base owner/name: a .gguf file or 'smollm2-135m-instruct' is expected"),
    ],
)
def test_what_can_t_be(given: dict[str, Any], complaint: str) -> None:
    """One line, before anything is generated."""
    with pytest.raises(ConfigError, match=complaint):
        planned(**given)


def test_a_folder_is_one_experiment_s(tmp_path: Path) -> None:
    """The same plan goes on there; another is refused, and so is what is no experiment's."""
    claim(planned(), tmp_path / "a")
    claim(planned(), tmp_path / "a")

    with pytest.raises(RunError, match=r"another experiment's \(n, sizes differ\)"):
        claim(planned(n=200, sizes="50,200"), tmp_path / "a")
    (tmp_path / "letter.txt").touch()
    with pytest.raises(RunError, match="not an experiment's folder"):
        claim(planned(), tmp_path)


def test_the_commands(tmp_path: Path) -> None:
    """Each can be typed; parts are the first tasks of the run; base and trained models are asked alike."""
    run_folder(tmp_path / "run", [task(number, f"Say {number}.") for number in range(4)])
    plan = planned(n=4, sizes="2,4", tune=("epochs=2",), settings=("run.seed=7",))

    found = list(steps(plan, tmp_path, ("--max-calls", "9")))

    assert [step.arguments[0] for step in found] == ["generate", *["finetune"] * 3, "evaluate"]
    assert str(found[0]).startswith("selfinstruct generate -n 4 --chain embedded --set run.seed=7 -o ")
    assert found[1].arguments[-2:] == ("--set", "epochs=2")
    parts = [json.loads(line)["instruction"] for line in (tmp_path / "parts/own-2.jsonl").read_text().splitlines()]
    assert parts == ["Say 0.", "Say 1."]
    assert str(tmp_path / "run" / "seeds.jsonl") in found[3].arguments
    answers = str(found[-1])
    assert "'own 4=" in answers
    assert 'base:model.name="smollm2-135m-instruct"' in answers
    assert "base, chat template:model.kind=chat" in answers
    assert answers.count("--max-calls 9") == str(found[0]).count("--max-calls 9") == 1


def test_a_step_s_exit_code_is_handed_on(capfd: pytest.CaptureFixture[str]) -> None:
    """What went wrong is on the terminal, once."""
    assert run(Step("x", ("generate", "-n", "0"))) == 2
    assert "Error" in capfd.readouterr().err


def test_the_figure_is_well_formed() -> None:
    """Points, intervals and levels by name; hostile names are text."""
    one, few = Estimate(12.0, 9.0, 15.0, 4.0, 252), Estimate(10.0, None, None, None, 5)
    panel = Panel("ROUGE-L", [Line("own <b>", [Dot(50, one), Dot(150, few)])], [Level("base & co", one)])

    root = ET.fromstring(svg([panel, panel]))  # noqa: S314 - our own

    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert texts.count("own <b>") == texts.count("base & co") == 2
    assert len([element for element in root.iter() if element.tag.endswith("circle")]) == 4


@pytest.mark.parametrize(
    ("sizes", "numbers"),
    [
        ((50, 150), ["150", "50", "0"]),
        ((7, 30, 100), ["100", "30", "7", "0"]),
        ((100, 110, 16_000, 16_100), ["16,100", "110"]),
    ],
)
def test_the_figure_s_ticks_are_the_sizes(sizes: tuple[int, ...], numbers: list[str]) -> None:
    """Each has its mark below its dot; numbers that would stand in one another give way to the larger."""
    dots = [Dot(size, Estimate(12.0, 9.0, 15.0, 4.0, 252)) for size in sizes]

    root = ET.fromstring(svg([Panel("ROUGE-L", [Line("own", dots)], [])]))  # noqa: S314 - our own

    below = [element for element in root.iter() if element.get("text-anchor") == "middle"]
    marks = {element.get("x1") for element in root.iter() if element.get("stroke") == "#6b7280"}
    circles = {element.get("cx") for element in root.iter() if element.tag.endswith("circle")}
    assert [element.text for element in below] == numbers
    assert marks > circles
    assert len(marks) == len(sizes) + 1

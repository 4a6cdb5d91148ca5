"""What is asked where instances are written anew: whole prompts, and all that they depend on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains import Instance, Task, load_config
from selfinstruct_chains.run.anew import Place, Writer, places, question
from selfinstruct_chains.run.journal import text_hash
from selfinstruct_chains.run.manifest import seed_lines
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion, scripted_author
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import Sequence

TASKS = [
    task(0, "Name a river of {land}.", ("", "Nile"), ("Asia", "Indus")),
    task(1, "Sort it.", ("I won!", "glad"), labels=True),
]
SHORT, MIDDLE, LONG = (
    Task(
        id=f"s{length}",
        instruction="Sing.",
        instances=(Instance(input="", output="x" * length), Instance(input="", output="never shown")),
        is_classification=False,
    )
    for length in (1, 30, 31)
)


def writer(seeds: Sequence[Task] = (MIDDLE,), chat: Any = ScriptedChat, **values: Any) -> Writer:
    """The openai chain's, by a scripted model."""
    given = {key: values.pop(key) for key in ("inputs", "samples") if key in values}
    config = load_config("openai", {key.replace("__", "."): value for key, value in values.items()})
    return Writer(config, seeds, model=chat(reply=scripted_author), **given)


def test_places() -> None:
    """An output each, or all of a task."""
    nile, indus = TASKS[0].instances

    assert list(places(TASKS, inputs=False)) == [
        Place("000000-00/0", TASKS[0], nile),
        Place("000000-00/1", TASKS[0], indus),
        Place("000000-01/0", TASKS[1], TASKS[1].instances[0]),
    ]
    assert list(places(TASKS, inputs=True)) == [
        Place("000000-00", TASKS[0], None),
        Place("000000-01", TASKS[1], None),
    ]


@pytest.mark.parametrize(("material", "asked"), [("", "Do."), (" \n", "Do."), ("x", "Do.\n\nx")])
def test_an_input_stands_below(material: str, asked: str) -> None:
    """If there is one."""
    assert question("Do.", material) == asked


def test_an_output_is_asked_for_by_the_task_alone() -> None:
    """Of a chat model, which is shown no seeds; its reply becomes the output beside the old input."""
    [asked] = writer().questions(Place("t/1", TASKS[0], TASKS[0].instances[1]))
    [plain] = writer(model__system_role=False).questions(Place("t/0", TASKS[0], TASKS[0].instances[0]))

    assert asked.id == "t/1/0"
    assert asked.prompt.to_string() == (
        "System: You carry out tasks. Reply with the finished output alone: no preface, no remarks about it. Where the "
        "task asks for a\nlabel, reply with the label.\nHuman: Name a river of {land}.\n\nAsia"
    )
    assert asked.options == {}
    assert asked.read(AIMessage("Output: Mekong")) == (Instance(input="Asia", output="Mekong"),)
    assert plain.prompt.to_string().startswith("Human: You carry out tasks.")
    assert plain.prompt.to_string().endswith("reply with the label.\n\nName a river of {land}.")


def shown(seeds: Sequence[Task], **values: Any) -> list[str]:
    """The outputs that a completion model is shown."""
    [asked] = writer(seeds, ScriptedCompletion, **values).questions(Place("t/0", TASKS[0], TASKS[0].instances[0]))
    text = asked.prompt.to_string()
    assert asked.options == {"stop": ["\n\nTask:", "\nTask:"]}
    assert text.startswith("Tasks, each with its finished, correct output.\n\nTask: Sing.\nOutput: ")
    assert text.endswith("\n\nTask: Name a river of {land}.\nOutput:")
    *examples, _ = text.split("\n\nTask: ")[1:]
    return [example.removeprefix("Sing.\nOutput: ") for example in examples]


def test_a_completion_model_is_shown_seeds() -> None:
    """A seed's first instance each, as many as the chain's role shows, none that is longer than it says."""
    around = len("Task: Sing.\nOutput: ")
    longest = {"instances__input_first__example_characters": around + 30}

    assert shown([MIDDLE]) == ["x" * 30]
    assert sorted(shown([SHORT, MIDDLE, LONG], **longest)) == ["x", "x" * 30]
    assert sorted(shown([SHORT, MIDDLE, LONG], instances__input_first__example_characters=None)) == [
        *("x", "x" * 30),
        "x" * 31,
    ]
    assert shown([LONG], **longest) == ["x" * 31]
    assert shown([LONG, MIDDLE], instances__input_first__example_characters=1) == ["x" * 30]
    many = [MIDDLE.model_copy(update={"id": str(n), "instances": (Instance(output=str(n)),)}) for n in range(20)]
    assert len(shown(many, instances__input_first__examples=3)) == 3
    assert shown(many) == shown(many) != [str(n) for n in range(6)]
    assert shown(many) != shown(many, run__seed=7)


@pytest.mark.parametrize(
    ("samples", "given", "temperature"), [(1, 0.0, 0.0), (2, 0.0, 0.7), (2, 0.3, 0.3), (2, None, None)]
)
def test_several_samples_are_drawn_warmer(samples: int, given: float | None, temperature: float | None) -> None:
    """Where the chain's temperature is 0 they would all be one; each has an id of its own."""
    work = writer(samples=samples, instances__input_first__model__temperature=given)

    assert work.asked("f").model.temperature == temperature
    assert [one.id for one in work.questions(Place("t/0", TASKS[0], TASKS[0].instances[0]))] == [
        f"t/0/{number}" for number in range(samples)
    ]
    assert work.samples == samples


def test_what_replies_depend_on() -> None:
    """The run, how many samples, the seeds, and the prompt: the shipped one, or those of the roles."""
    outputs, whole = writer().asked("f00d"), writer(inputs=True).asked("f00d")
    hashed = text_hash(seed_lines([MIDDLE]).decode())

    assert {key: outputs.shaping[key] for key in ("source", "samples", "seeds")} == {
        "source": "f00d",
        "samples": 1,
        "seeds": hashed,
    }
    assert outputs.purpose == "regenerate"
    assert outputs.own is not None
    assert outputs.shaping["prompt"]["chat"]["user"] == "{task}"
    assert "prompt" not in whole.shaping
    assert whole.shaping["instances.input_first.output"] == whole.shaping["instances.output_first.output"] != "auto"
    assert all(key in {"source", "samples", "seeds"} or key.startswith("instances.") for key in whole.shaping)
    assert writer().notes == []


def test_whole_instances_are_asked_for_by_the_task_s_kind() -> None:
    """With the role's own prompt, and a schema where the model can be held to one."""
    work = writer((MIDDLE,), inputs=True)
    [first] = work.questions(Place("a", TASKS[0], None))
    [second] = work.questions(Place("b", TASKS[1], None))
    labelled = json.dumps({"instances": [{"label": "glad", "input": "Sun!"}]})

    assert first.prompt.to_string().rpartition("Task: ")[2].startswith("Name a river of {land}.")
    assert second.prompt.to_string().rpartition("Task: ")[2].startswith("Sort it.")
    assert '"label"' in second.prompt.to_string()
    assert '"label"' not in first.prompt.to_string().rpartition("Task: ")[2]
    assert first.options.keys() == second.options.keys() == {"json_schema"}
    assert second.read(AIMessage(labelled)) == (Instance(input="Sun!", output="glad"),)


def test_who_writes() -> None:
    """A model of one's own by its name, the chain's by its provider's too."""
    config = load_config("openai", {"model.base_url": "http://127.0.0.1:9/v1", "model.name": "m"})

    assert Writer(config, [MIDDLE]).name == "openai, m"
    assert writer().name == "ScriptedChat"
    assert Writer(config, [MIDDLE]).asked("f").own is None

"""Values on their way: through pickles, checkpoints and web apps; what a goal may hold, and what it may not."""

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict

from selfinstruct_chains import Goal, Task, build_steps, load_config, read_seeds, self_instruct
from selfinstruct_chains.errors import ConfigError, DataError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.goal import checked, seed_tasks
from selfinstruct_chains.tasks import Completion, Dropped, Instance, Provenance, Rejection
from tests.run.scripts import Author, config

INSTANCE = Instance(input="é\n", output="x")
DROPPED = Dropped(instance=INSTANCE, rule="echo")
CHAIN = load_config("openai")
TASK = Task(
    id="000003-04",
    instruction="Do it.",
    instances=(INSTANCE, Instance(output="")),
    is_classification=True,
    provenance=Provenance(request=3, examples=("a", "b"), model=None, calls=("k",)),
)
VALUES = [
    INSTANCE,
    TASK.provenance,
    TASK,
    DROPPED,
    Completion(instruction="Do it.", is_classification=False, instances=(INSTANCE,), dropped=(DROPPED,), cut="Inp"),
    Rejection(id="000003-04", rule="novelty", stage="instruction", text="a", request=3, score=0.75, nearest="b"),
]
PLAIN = {"id": "a", "instruction": "Do it.", "instances": [{"output": "x"}], "is_classification": False}
ROOT = Path(__file__).parents[2]
STRICT = """
from langgraph.checkpoint.serde import _msgpack
from tests.run.test_values import TASK, _graph

assert _msgpack.STRICT_MSGPACK_ENABLED
app, thread = _graph(), {"configurable": {"thread_id": "1"}}
app.invoke({}, thread)
assert repr(app.get_state(thread).values) == repr({"tasks": [TASK]})
"""
each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


def _named(*types: type) -> JsonPlusSerializer:
    return JsonPlusSerializer(allowed_msgpack_modules=types)


@each_value
def test_a_value_comes_back_from_wherever_it_was(value: BaseModel) -> None:
    """JSON, plain values, a pickle and a copy give back what went in, with its types."""
    kind = type(value)
    back = [
        kind.model_validate(value.model_dump()),
        kind.model_validate(value.model_dump(mode="json")),
        kind.model_validate(json.loads(value.model_dump_json())),
        kind.model_validate_json(value.model_dump_json()),
        pickle.loads(pickle.dumps(value)),  # noqa: S301 - our own
        copy.deepcopy(value),
    ]

    assert [(one, repr(one)) for one in back] == [(value, repr(value))] * len(back)


@each_value
def test_a_checkpoint_gives_a_value_back_as_it_was(value: BaseModel) -> None:
    """A value that LangGraph's serializer is allowed by name comes back with all its parts; another as plain fields."""
    stored = _named(type(value)).dumps_typed([value])

    assert [repr(one) for one in _named(type(value)).loads_typed(stored)] == [repr(value)]
    assert JsonPlusSerializer(allowed_msgpack_modules=None).loads_typed(stored) == [json.loads(value.model_dump_json())]


class State(TypedDict, total=False):
    """A graph's, of which only the annotation says that it holds tasks."""

    tasks: list[Task]
    approved: list[Task]


def _ask(state: State) -> State:
    return {"approved": interrupt({"which": state["tasks"]})}


def _graph(serializer: JsonPlusSerializer | None = None) -> Any:
    graph = StateGraph(State)
    graph.add_node("make", lambda _: {"tasks": [TASK]})
    graph.add_node("ask", _ask)
    graph.add_edge(START, "make")
    graph.add_edge("make", "ask")
    graph.add_edge("ask", END)
    return graph.compile(checkpointer=InMemorySaver(serde=serializer))


def test_an_interrupt_shows_tasks_and_takes_tasks_back() -> None:
    """What a person is shown, and what comes of it, are tasks; from the checkpoint too."""
    app, thread = _graph(_named(Task)), {"configurable": {"thread_id": "1"}}
    [shown] = app.invoke({}, thread)["__interrupt__"]

    [pending] = app.get_state(thread).interrupts
    done = app.invoke(Command(resume=shown.value["which"]), thread)

    assert shown.value == pending.value == {"which": [TASK]}
    assert done == app.get_state(thread).values == {"tasks": [TASK], "approved": [TASK]}


@pytest.mark.slow
def test_under_strict_msgpack_the_annotation_of_the_state_is_enough() -> None:
    """With LANGGRAPH_STRICT_MSGPACK, a graph whose state says `list[Task]` gets tasks back; no names are to give."""
    environment = os.environ | {"LANGGRAPH_STRICT_MSGPACK": "true"}

    done = subprocess.run(
        [sys.executable, "-c", STRICT], env=environment, capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


APP = FastAPI()


@APP.post("/grow", response_model=list[Task])
async def _grow(goal: Goal) -> Any:
    author = Author()
    tasks = await self_instruct(config(), models=author.model).ainvoke(goal)
    return [task.model_dump() for task in tasks]


@APP.post("/echo")
async def _echo(task: Task) -> Task:
    return task


async def _post(path: str, body: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://app") as client:
        return await client.post(path, json=body)


async def test_a_web_app_takes_goals_and_gives_tasks() -> None:
    """FastAPI reads a goal and a task from a request, and answers with tasks by their model."""
    grown = (await _post("/grow", {"n": 2, "budgets": {"calls": 100}})).json()

    assert [Task.model_validate(task).id for task in grown] == [task["id"] for task in grown]
    assert len(grown) == 2
    assert (await _post("/echo", grown[0])).json() == grown[0]
    assert (await _post("/echo", PLAIN)).json()["instances"] == [{"input": "", "output": "x"}]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/grow", {"n": 2, "seeds": "/etc/hostname"}, ["body", "seeds"]),
        ("/grow", {"n": "2"}, ["body", "n"]),
        ("/grow", {"n": 2, "sedes": []}, ["body", "sedes"]),
        ("/echo", PLAIN | {"is_classification": 1}, ["body", "is_classification"]),
    ],
)
async def test_a_web_app_refuses_what_we_would(path: str, body: Any, where: list[str]) -> None:
    """A body that is no goal or no task is answered with 422 and the key, a file's name among them."""
    answer = await _post(path, body)

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [where]


def test_the_schema_of_a_goal_says_what_its_keys_are() -> None:
    """Its title is Goal, n is a described whole number from 1, and no key is a path or a file."""
    schema = TypeAdapter(Goal).json_schema()

    assert schema["title"] == "Goal"
    assert schema["properties"]["n"] == {
        "description": "How many finished new tasks.",
        "minimum": 1,
        "title": "N",
        "type": "integer",
    }
    assert schema["required"] == ["n"]
    assert schema["properties"]["seeds"]["items"] == {"$ref": "#/$defs/Task"}
    assert not {"path", "file-path", "string"} & {
        part.get("format", part.get("type")) for part in schema["properties"].values()
    }


GIVE = 'give {"n": 20}'
NO_FILE = "a goal names no file: that is for seeds= of self_instruct, or --seeds"
LIMITS = 'give {"n": 20, "budgets": {"calls": 100}}'


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (5, f"must be keys and values, not 5; {GIVE}"),
        ("20", f"must be keys and values, not '20'; {GIVE}"),
        (None, f"must be keys and values, not null; {GIVE}"),
        ([20], f"must be keys and values, not [20]; {GIVE}"),
        ({}, f"n: missing; {GIVE}"),
        ({"n": True}, f"n: must be a whole number, not true; {GIVE}"),
        ({"n": "20"}, f"n: must be a whole number, not '20'; {GIVE}"),
        ({"n": 2.5}, f"n: must be a whole number, not 2.5; {GIVE}"),
        ({"n": 20.0}, f"n: must be a whole number, not 20.0; {GIVE}"),
        ({"n": None}, f"n: must be a whole number, not null; {GIVE}"),
        ({"n": 0}, f"n: must be at least 1, not 0; {GIVE}"),
        ({"N": 20}, f"N: no such key; there are budgets, n, seeds; {GIVE}"),
        (
            {"n": 20, "sedes": []},
            f"sedes: no such key (did you mean 'seeds'?); there are budgets, n, seeds; {GIVE}",
        ),
        ({"n": 20, "seeds": "/etc/hostname"}, f"seeds: must be a list of tasks, not '/etc/hostname'; {NO_FILE}"),
        ({"n": 20, "seeds": Path("s")}, f"seeds: must be a list of tasks, not {Path('s')!r}; {NO_FILE}"),
        ({"n": 20, "seeds": b"s"}, f"seeds: must be a list of tasks, not b's'; {NO_FILE}"),
        ({"n": 20, "seeds": None}, f"seeds: must be a list of tasks, not null; {NO_FILE}"),
        ({"n": 20, "seeds": []}, "seeds: empty; give tasks, as read_seeds does"),
        ({"n": 20, "seeds": ["s"]}, "seeds.0: must be keys and values, not 's'; give tasks, as read_seeds does"),
        (
            {"n": 20, "seeds": [PLAIN | {"is_classification": "yes"}]},
            "seeds.0.is_classification: must be true or false, not 'yes'; give tasks, as read_seeds does",
        ),
        ({"n": 20, "budgets": 5}, f"budgets: must be keys and values, not 5; {LIMITS}"),
        ({"n": 20, "budgets": {"calls": "5"}}, f"budgets.calls: must be a whole number, not '5'; {LIMITS}"),
        ({"n": 20, "budgets": {"calls": 0}}, f"budgets.calls: must be at least 1, not 0; {LIMITS}"),
        ({"n": 20, "budgets": {"dollars": True}}, f"budgets.dollars: must be a number, not true; {LIMITS}"),
        (
            {"n": 20, "budgets": {"minutes": float("inf")}},
            f"budgets.minutes: must be a finite number, not inf; {LIMITS}",
        ),
        (
            {"n": 20, "budgets": {"cals": 5}},
            "budgets.cals: no such key (did you mean 'calls'?); there are calls, dollars, minutes, tokens; " + LIMITS,
        ),
    ],
)
async def test_a_goal_that_is_none_is_answered_in_one_line(goal: Any, expected: str) -> None:
    """What is no goal is refused before any call, with the key, what was found, and what to give."""
    author = Author()
    with pytest.raises(ConfigError) as caught:
        await self_instruct(config(), models=author.model).ainvoke(goal)

    assert str(caught.value) == f"goal: {expected}"
    assert not author.calls


def test_tasks_in_a_goal_may_be_plain() -> None:
    """A goal from JSON has dicts for tasks; checked, they are tasks."""
    [task] = checked(json.loads(json.dumps({"n": 1, "seeds": [PLAIN]})))["seeds"]

    assert task == Task(id="a", instruction="Do it.", instances=(Instance(output="x"),), is_classification=False)


def test_a_goals_seeds_go_before_the_chains_and_those_before_the_shipped(tmp_path: Path) -> None:
    """Seeds are the goal's, else what `self_instruct` was given, a file or tasks, else the shipped ones."""
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps(PLAIN), encoding="utf-8")
    [seed] = read_seeds(path)
    other = seed.model_copy(update={"id": "b"})

    assert seed_tasks({"n": 1, "seeds": [other]}, path, CHAIN) == [other]
    for given in (path, str(path), [seed]):
        assert seed_tasks({"n": 1}, given, CHAIN) == [seed]
    assert seed_tasks({"n": 1}, None, CHAIN.model_copy(update={"seeds": str(path)})) == [seed]
    assert seed_tasks({"n": 1}, None, CHAIN) == read_seeds(shipped.SEEDS)


def test_a_former_runs_tasks_are_seeds_as_if_read_from_its_file() -> None:
    """Their ids can't be taken for those of the new run's, and they come from nowhere."""
    [seed] = seed_tasks({"n": 1, "seeds": [TASK]}, None, CHAIN)

    assert (seed.id, seed.provenance, seed.instances) == ("seed-000003-04", None, TASK.instances)


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        (5, "seeds: must be a list, not 5; give a JSON Lines file, or tasks"),
        ([], "seeds: empty; give a JSON Lines file, or tasks"),
        (
            [PLAIN, PLAIN | {"id": 5}],
            "seeds.1.id: must be text, not 5 (write it in quotes); give a JSON Lines file, or tasks",
        ),
        ([PLAIN, PLAIN], "seeds: 2 tasks have the id 'a'; give each its own"),
    ],
)
async def test_wrong_seeds_of_a_chain_are_answered_in_one_line(seeds: Any, expected: str) -> None:
    """What is neither a file nor tasks is refused before any call."""
    with pytest.raises(ConfigError) as caught:
        await self_instruct(config(), models=Author().model, seeds=seeds).ainvoke({"n": 1})

    assert str(caught.value) == expected


async def test_a_chains_seeds_may_be_a_file(tmp_path: Path) -> None:
    """`self_instruct(..., seeds=path)` starts from the tasks of that file; one that is not there is named."""
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(PLAIN | {"id": id_}) + "\n" for id_ in "abcd"), encoding="utf-8")
    chain = self_instruct(config(instructions__seed_examples=4), models=Author().model, seeds=path)

    [task] = await chain.ainvoke({"n": 1})

    assert task.provenance
    assert set("abcd") >= set(task.provenance.examples)
    with pytest.raises(DataError, match=r"no\.jsonl: can't be read"):
        await self_instruct(config(), models=Author().model, seeds=tmp_path / "no.jsonl").ainvoke({"n": 1})


async def test_the_complete_step_gives_a_completion() -> None:
    """Its output is a value with a schema, and has the step's own fields."""
    complete = build_steps(config(), models=Author().model).complete

    done = await complete.ainvoke("Name a river.")

    assert complete.get_output_jsonschema()["title"] == "Completion"
    assert done == Completion.model_validate_json(done.model_dump_json())
    assert (done.instruction, done.is_classification) == ("Name a river.", False)

"""A user's program, for type checkers: each value's attributes have their own types, and none is Any."""

from collections.abc import Sequence
from typing import assert_type

from selfinstruct_chains import Completion, Goal, Instance, Rejection, Task
from selfinstruct_chains.tasks import Dropped, Provenance


def of_a_task(task: Task) -> None:
    """A task's."""
    assert_type(task.id, str)
    assert_type(task.instances, tuple[Instance, ...])
    assert_type(task.instances[0].output, str)
    assert_type(task.is_classification, bool)
    assert_type(task.name, str | None)
    assert_type(task.provenance, Provenance | None)
    if task.provenance:
        assert_type(task.provenance.request, int)
        assert_type(task.provenance.calls, tuple[str, ...])


def of_a_completion(completion: Completion) -> None:
    """A completion's."""
    assert_type(completion.is_classification, bool)
    assert_type(completion.instances, tuple[Instance, ...])
    assert_type(completion.dropped, tuple[Dropped, ...])
    assert_type(completion.dropped[0].instance.input, str)
    assert_type(completion.cut, str)


def of_a_rejection(rejection: Rejection) -> None:
    """A rejection's."""
    assert_type(rejection.rule, str)
    assert_type(rejection.request, int)
    assert_type(rejection.score, float | None)
    assert_type(rejection.nearest, str | None)


def of_a_goal(goal: Goal) -> None:
    """A goal's."""
    assert_type(goal["n"], int)
    assert_type(goal.get("seeds"), Sequence[Task] | None)
    assert_type(goal.get("budgets", {}).get("dollars"), float | None)


made = Task(id="a", instruction="Do it.", instances=(Instance(output="x"),), is_classification=False)
assert_type(Task.model_validate(made.model_dump(mode="json")), Task)
wanted: Goal = {"n": 20, "seeds": [made], "budgets": {"calls": 100, "dollars": 0.5}}

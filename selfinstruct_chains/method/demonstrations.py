"""Seed tasks -> the demonstrations in a role's prompt: paper section 2.2, steps 2 and 3.

They are drawn by the run's seed and stay the same for the whole run. What a prompt says of them holds for each: an
output-first one has two labels or more, one instance for each. Where the user's seeds lack what fits, `spare`
ones fill up.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import written
from selfinstruct_chains.method.rendering import instances_json, instances_text
from selfinstruct_chains.tasks import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selfinstruct_chains.config import ClassificationRole, InstanceRole, Prompt
    from selfinstruct_chains.method.rendering import Form
    from selfinstruct_chains.tasks import Instance, Task

CHARACTERS_PER_TOKEN = 3
"""A careful guess, for keeping a prompt below a number of tokens without its model's tokenizer."""
_FEWEST = {"input_first": 1, "output_first": 2}  # instances that an example shows


class Demonstrations(NamedTuple):
    """The examples a role's prompt shows."""

    text: str
    shown: int
    """How many examples are in `text`."""
    left_out: int
    """How many more were due, but had no room (`prompt_tokens`) or no task."""
    filled_up: int = 0
    """How many of the examples drawn are spare ones."""
    too_long: int = 0
    """How many seeds of the right kind are never shown, as examples of more than `example_characters`."""


class _Part(NamedTuple):
    seeds: Sequence[Task]
    spare: Sequence[Task]
    due: int


class _Drawn(NamedTuple):
    texts: list[str]
    spare: int = 0
    too_long: int = 0
    """How many own ones were left out for their length."""


def _summed(parts: Sequence[_Drawn], texts: list[str]) -> _Drawn:
    return _Drawn(texts, sum(part.spare for part in parts), sum(part.too_long for part in parts))


def classification_examples(
    role: ClassificationRole, seeds: Sequence[Task], seed: int, spare: Sequence[Task] = ()
) -> Demonstrations:
    """Classification and other seed instructions with their answers, mixed: the paper shows 12 and 19.

    Args:
        role: the role's section.
        seeds: the user's.
        seed: the run's.
        spare: taken where `seeds` has too few.
    """
    random = Random(f"{seed}:classification")
    parts = []
    for count, answer in ((role.yes_examples, "Yes"), (role.no_examples, "No")):

        def written(tasks: Sequence[Task], answer: str = answer) -> list[str]:
            kind = [task for task in tasks if task.is_classification == (answer == "Yes")]
            return [role.prompt.example.format(instruction=task.instruction, answer=answer) for task in kind]

        parts.append(_drawn(random, written(seeds), written(spare), count, role.example_characters))
    texts = [text for part in parts for text in part.texts]
    random.shuffle(texts)
    return _joined(_summed(parts, texts), role, role.yes_examples + role.no_examples)


def instance_examples(  # noqa: PLR0913, PLR0917 - a role, its tasks, and what a run settles
    role: InstanceRole,
    form: Form,
    seeds: Sequence[Task],
    seed: int,
    max_instances: int,
    spare: Sequence[Task] = (),
) -> Demonstrations:
    """Tasks of the role's kind with their instances, the shortest first among those drawn.

    Input-first shows tasks with and without input in the proportion of the seeds, at least one of each that they have.
    An example longer than `example_characters` shows fewer of its instances.

    Args:
        role: the role's section.
        form: which way of making instances.
        seeds: the user's.
        seed: the run's.
        max_instances: the most that an example shows.
        spare: taken where `seeds` has too few.
    """
    random = Random(f"{seed}:{form}")
    parts = [
        _drawn(
            random,
            [_written(role, form, task, max_instances) for task in part.seeds],
            [_written(role, form, task, max_instances) for task in part.spare],
            part.due,
            role.example_characters,
        )
        for part in _parts(form, _suitable(seeds, form), _suitable(spare, form), role.examples)
    ]
    texts = sorted((text for part in parts for text in part.texts), key=len)
    return _joined(_summed(parts, texts), role, role.examples)


def _suitable(tasks: Iterable[Task], form: Form) -> list[Task]:
    if form == "output_first":
        return [task for task in tasks if task.is_classification and len(_one_a_label(task.instances)) >= _FEWEST[form]]
    return [task for task in tasks if not task.is_classification]


def _parts(form: Form, seeds: Sequence[Task], spare: Sequence[Task], count: int) -> list[_Part]:
    """What to draw from: all, or the tasks without input and those with."""
    if form == "output_first":
        return [_Part(seeds, spare, count)]
    tasks = seeds or spare
    without = sum(not _has_input(task) for task in tasks)
    share = round(count * without / max(len(tasks), 1))
    if 0 < without < len(tasks) and count > 1:
        share = min(max(share, 1), count - 1)
    return [
        _Part(_by_input(seeds, given), _by_input(spare, given), due)
        for given, due in ((False, share), (True, count - share))
    ]


def _by_input(tasks: Sequence[Task], given: bool) -> list[Task]:  # noqa: FBT001
    return [task for task in tasks if _has_input(task) == given]


def _has_input(task: Task) -> bool:
    return any(instance.input.strip() for instance in task.instances)


def _one_a_label(instances: Sequence[Instance]) -> list[Instance]:
    """The first instance of each label."""
    firsts: dict[str, Instance] = {}
    for instance in instances:
        firsts.setdefault(label(instance.output), instance)
    return list(firsts.values())


def _written(role: InstanceRole, form: Form, task: Task, most: int) -> str:
    """An example with as many of the task's instances, `most` at most, as `example_characters` has room for."""
    in_json = written(role.output) == "json_schema"
    instances = _one_a_label(task.instances) if form == "output_first" else task.instances
    text = ""
    for count in range(max(min(most, len(instances)), _FEWEST[form]), _FEWEST[form] - 1, -1):
        some = instances[:count]
        shown = instances_json(some, form) if in_json else instances_text(some, form, role.prompt.labels)
        text = role.prompt.example.format(instruction=task.instruction, instances=shown)
        if role.example_characters is None or len(text) <= role.example_characters:
            break
    return text


def _drawn(random: Random, own: list[str], spare: list[str], count: int, longest: int | None) -> _Drawn:
    """`count` of the texts at random, of those that are short enough: own, then spare ones, then the shortest own."""
    if longest is not None:
        own, spare = sorted(own, key=len), sorted(spare, key=len)
    fitting, more = ([text for text in texts if longest is None or len(text) <= longest] for texts in (own, spare))
    if len(fitting) >= count:
        return _Drawn(random.sample(fitting, count), too_long=len(own) - len(fitting))
    filling = random.sample(more, min(count - len(fitting), len(more)))
    too_long = own[len(fitting) :][: count - len(fitting) - len(filling)] if longest is not None else []
    texts = [*random.sample(fitting, len(fitting)), *filling, *too_long]
    return _Drawn(texts, len(filling), len(own) - len(fitting) - len(too_long))


def _joined(drawn: _Drawn, role: ClassificationRole | InstanceRole, due: int) -> Demonstrations:
    prompt: Prompt = role.prompt
    room = (role.prompt_tokens or 10**9) * CHARACTERS_PER_TOKEN - len(prompt.completion.text)
    kept: list[str] = []
    for text in drawn.texts:
        room -= len(text) + len(prompt.separator)
        if kept and room < 0:
            break
        kept.append(text)
    return Demonstrations(prompt.separator.join(kept), len(kept), due - len(kept), drawn.spare, drawn.too_long)

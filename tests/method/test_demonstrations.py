"""Demonstrations: as the prompts promise, of the seeds, in their proportion, none larger than asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import ChainConfig, Instance, Task, load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.demonstrations import classification_examples, instance_examples
from selfinstruct_chains.method.parsing import parse_instances
from selfinstruct_chains.run.assembly import demonstrations
from selfinstruct_chains.tasks import label

if TYPE_CHECKING:
    from selfinstruct_chains.config import Output
    from selfinstruct_chains.method.rendering import Form

SEEDS = read_seeds(shipped.SEEDS)
FORMS: tuple[Form, ...] = ("input_first", "output_first")
IN_TEXT = {"instances.input_first.output": "text", "instances.output_first.output": "text"}


def config(**overrides: object) -> ChainConfig:
    """The openai chain, in text, with overrides."""
    return load_config("openai", IN_TEXT | {key.replace("__", "."): value for key, value in overrides.items()})


def seeds(count: int, *, is_classification: bool, labels: int = 1, given: str = "some input") -> list[Task]:
    """Tasks of one kind, each with as many labels."""
    return [
        Task(
            id=f"own-{number}",
            instruction=f"Own task {number}",
            instances=tuple(Instance(input=f"{given} {n}", output=f"label {n}") for n in range(labels)),
            is_classification=is_classification,
        )
        for number in range(count)
    ]


def test_classification_shows_both_kinds_mixed() -> None:
    """12 classification and 19 other seeds are shown with their answers, in an order of their own."""
    shown = classification_examples(config().classification, SEEDS, seed=1)
    answers = [line.rsplit(" ", 1)[1] for line in shown.text.splitlines() if line.startswith("Is it classification?")]

    assert (answers.count("Yes"), answers.count("No")) == (12, 19)
    assert answers != sorted(answers)
    assert shown.shown == 31


@pytest.mark.parametrize("form", ["input_first", "output_first"])
def test_instance_demonstrations_are_of_their_kind(form: str) -> None:
    """Input-first shows other tasks, output-first classification tasks, the same ones for the same run seed."""
    role = config().role(form)  # type: ignore[arg-type]
    shown = [instance_examples(role, form, SEEDS, seed, 5) for seed in (1, 1, 2)]  # type: ignore[arg-type]
    kinds = {task.instruction: task.is_classification for task in SEEDS}
    named = [line.removeprefix("Task: ") for line in shown[0].text.splitlines() if line.startswith("Task: ")]

    assert {kinds[instruction] for instruction in named if instruction in kinds} == {form == "output_first"}
    assert shown[0] == shown[1] != shown[2]


def test_a_bounded_prompt_shows_fewer_examples_and_counts_them() -> None:
    """`prompt_tokens` leaves out the longest demonstrations, and says how many."""
    role = config(instances__input_first__prompt_tokens=300).instances.input_first
    shown = instance_examples(role, "input_first", SEEDS, 1, 5)

    assert 1 <= shown.shown < 6
    assert shown.left_out == 6 - shown.shown
    assert len(shown.text) <= 3 * 300


def test_short_demonstrations_go_first_when_asked_for() -> None:
    """`example_characters` draws among the short ones; if there are too few, the shortest are taken."""
    role = config(instances__input_first__example_characters=350).instances.input_first
    shown = instance_examples(role, "input_first", SEEDS, 1, 5)
    assert max(map(len, shown.text.split(role.prompt.separator))) <= 350

    role = config(instances__input_first__example_characters=1).instances.input_first
    assert instance_examples(role, "input_first", SEEDS, 1, 5).shown == 6


def test_output_first_shows_each_label_once_and_never_one_alone() -> None:
    """A prompt that promises an example for each label shows two labels or more of a task, one instance for each."""
    role = config().instances.output_first
    for seed in range(20):
        for shown in instance_examples(role, "output_first", SEEDS, seed, 5).text.split(
            role.prompt.separator + "Task:"
        ):
            found = [label(line.removeprefix("Class label:")) for line in shown.splitlines() if "Class label:" in line]
            assert len(found) >= 2
            assert len(found) == len(set(found))


def test_seeds_with_one_instance_each_are_filled_up_from_the_shipped() -> None:
    """With one instance a seed, output-first shows shipped tasks with several labels, and says it."""
    chain = config()
    shown = demonstrations(chain, seeds(30, is_classification=True) + seeds(30, is_classification=False))

    assert shown.by_role["output_first"].filled_up == chain.instances.output_first.examples
    assert "Own task" not in shown.by_role["output_first"].text
    assert shown.by_role["input_first"].filled_up == shown.by_role["classification"].filled_up == 0
    assert " ".join(shown.notes) == (
        "output_first: of the examples in its prompt 0 are seeds and 6 shipped ones, for want of classification tasks "
        "with two labels or more"
    )


def test_own_seeds_go_before_shipped_ones() -> None:
    """What fits of the user's own is all shown before anything shipped is."""
    chain = config()
    shown = demonstrations(chain, seeds(4, is_classification=True, labels=3)).by_role["output_first"]

    assert (shown.text.count("Own task"), shown.filled_up, shown.shown) == (4, 2, 6)


@pytest.mark.parametrize(("without", "expected"), [(0, 0), (1, 1), (10, 2), (15, 3), (29, 5), (30, 6)])
def test_input_first_shows_both_kinds_in_the_seeds_proportion(without: int, expected: int) -> None:
    """Of six demonstrations as many have no input as of the seeds, one of each kind at the least."""
    own = seeds(30 - without, is_classification=False)
    own += [task.model_copy(update={"instances": (Instance(output="done"),)}) for task in own[:1] * without]
    for seed in range(5):
        shown = instance_examples(config().instances.input_first, "input_first", own, seed, 5)
        if without < 30:
            assert shown.text.count("Output: done") == expected
        assert shown.shown == (6 if own else 0)


def test_a_long_example_shows_fewer_of_its_instances() -> None:
    """`example_characters` cuts instances off an example before it does without the task; two labels always stay."""
    own = seeds(9, is_classification=True, labels=5, given="x" * 100)
    role = config(instances__output_first__example_characters=450).instances.output_first
    shown = instance_examples(role, "output_first", own, 1, 5)

    assert shown.shown == 6
    assert shown.text.count("Class label:") == 6 * 3
    assert max(map(len, shown.text.split(role.prompt.separator))) <= 450


def test_an_example_is_never_longer_than_asked_for_where_others_fit() -> None:
    """Seeds that are too long give way to shipped ones that fit, and the note names the setting."""
    own = seeds(9, is_classification=False, given="x" * 6000)
    chain = config(instances__input_first__example_characters=2000)
    shown = demonstrations(chain, own)

    assert "xxx" not in shown.by_role["input_first"].text
    assert shown.by_role["input_first"].filled_up == 6
    assert shown.notes[1] == (
        "input_first: of the examples in its prompt 0 are seeds and 6 shipped ones, for want of "
        "tasks other than classification of at most 2000 characters (example_characters)"
    )


def published_like() -> list[Task]:
    """175 tasks as published seed files have them: one instance each, 25 to classify, 50 without input, one huge."""
    kinds = [(True, "a text")] * 25 + [(False, "")] * 50 + [(False, "a text")] * 99 + [(False, "x" * 6420)]
    return [
        Task(
            id=f"seed_task_{number}",
            instruction=f"Own task {number}",
            instances=(Instance(input=given, output=f"made {number}"),),
            is_classification=is_classification,
        )
        for number, (is_classification, given) in enumerate(kinds)
    ]


def instances_of(text: str, form: Form, output: Output) -> list[Instance]:
    """What a demonstration shows, as the parser reads it."""
    return list(parse_instances(text.split("\n", 1)[1], form=form, output=output).items)


@pytest.mark.parametrize("output", ["text", "json_schema"])
@pytest.mark.parametrize("chain", shipped.names(shipped.CHAINS))
def test_published_seeds_teach_what_the_prompts_promise(chain: str, output: Output) -> None:
    """At 21 run seeds: an example for each of two labels; both kinds of input in the seeds' proportion; none too large.

    With one instance a task, as published, 6 of 6 examples had a lone label, and none of 6 was without input.
    """
    own = published_like()
    loaded = load_config(chain, {"instances.input_first.output": output, "instances.output_first.output": output})
    for seed in (42, *range(20)):
        read: dict[Form, list[list[Instance]]] = {}
        for form in FORMS:
            role = loaded.instances.input_first if form == "input_first" else loaded.instances.output_first
            shown = instance_examples(role, form, own, seed, loaded.instances.max_instances, SEEDS)
            texts = shown.text.split(f"{role.prompt.separator}Task: ")
            assert len(texts) == role.examples
            assert max(map(len, texts)) <= (role.example_characters or 0)
            read[form] = [instances_of(text, form, output) for text in texts]
        labels = [[label(instance.output) for instance in instances] for instances in read["output_first"]]
        assert min(len(set(each)) for each in labels) >= 2
        assert all(len(set(each)) == len(each) for each in labels)
        without = sum(not instances[0].input for instances in read["input_first"])
        assert without == round(len(read["input_first"]) / 3)


@pytest.mark.parametrize("chain", shipped.names(shipped.CHAINS))
def test_a_huge_seed_is_no_example_in_any_shipped_chain(chain: str) -> None:
    """The one of 6,420 characters stood last in the prompt, before what is asked; now it is counted as left out."""
    own = [task for task in published_like() if task.instances[0].input not in {"", "a text"}] * 3
    shown = demonstrations(load_config(chain, IN_TEXT), own + published_like()).by_role["input_first"]

    assert "xxx" not in shown.text
    assert (shown.too_long, shown.filled_up) == (4, 0)


def test_every_shipped_seed_is_an_example_in_the_chains_for_large_models() -> None:
    """Twice the longest shipped demonstration has room: only a seed of another size is left out."""
    for chain in set(shipped.names(shipped.CHAINS)) - {"embedded"}:
        assert {found.too_long for found in demonstrations(load_config(chain, IN_TEXT), SEEDS).by_role.values()} == {0}

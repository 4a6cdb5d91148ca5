"""What another model made of a run, as text."""

from __future__ import annotations

from selfinstruct_chains import Instance, Rejection
from selfinstruct_chains.outputs.regenerated_text import regenerated_text
from selfinstruct_chains.run.regenerate import Change, Regenerated
from tests.outputs.runs import task

Pairs = list[tuple[str, str]]


def change(before: Pairs, after: Pairs, instruction: str = "Do it.") -> Change:
    """A task's instances before and after, each an input and an output."""
    return Change(task(0, instruction, *before), tuple(Instance(input=one, output=output) for one, output in after))


def blocks(*changes: Change) -> list[list[str]]:
    """The lines of what is shown of each task."""
    text = regenerated_text(Regenerated([], [], list(changes)))
    return [block.split("\n") for block in text.split("\n\n")[1:]]


def test_what_has_changed_is_summed_up_and_shown() -> None:
    """How many tasks, how long outputs are, what was dropped by rule; and tasks before and after."""
    rules = [("refusal", "instance"), ("unreadable", "instance"), ("no_instance", "task"), ("unreadable", "instance")]
    rejected = [
        Rejection(id=f"000000-0{place}", rule=rule, stage=stage, text="x", request=0)
        for place, (rule, stage) in enumerate(rules)
    ]
    changes = [
        change([("", "nile")], [("", "The Zambezi river.")], "Name a river.\nNow."),
        change([("", "same here")], [("", "same here")]),
        change([("in put", "old out")], [("in put", "new out")]),
        change([("x", "a")], [("", "b")], "Say \x1b[31m."),
    ]

    assert regenerated_text(Regenerated([], rejected, changes)).split("\n") == [
        "  changed      3 of 4 tasks (75%)",
        "  words        1.5 in an output before, 2.0 now (means)",
        "  dropped      unreadable 2, refusal 1",
        "  tasks gone   1, with no instance left",
        "",
        "Name a river. Now.",
        "  Before       nile",
        "  Now          The Zambezi river.",
        "",
        "Do it.",
        "  Input        in put",
        "  Before       old out",
        "  Now          new out",
        "",
        "Say [31m.",
        "  Before       x -> a",
        "  Now          b",
    ]


def test_where_nothing_has_changed_nothing_is_shown() -> None:
    """Nor words counted where there are no tasks."""
    assert regenerated_text(Regenerated([], [], [])) == "  changed      0 of 0 tasks"
    assert regenerated_text(Regenerated([], [], [change([("", "a b")], [("", "a b")])])) == (
        "  changed      0 of 1 tasks (0%)\n  words        2.0 in an output before, 2.0 now (means)"
    )


def test_three_tasks_of_all_are_shown() -> None:
    """From all over the run."""

    def shown(count: int) -> list[str]:
        made = [change([("", "a")], [("", "b")], f"Do {number}.") for number in range(count)]
        return [lines[0] for lines in blocks(*made)]

    assert shown(2) == ["Do 0.", "Do 1."]
    assert shown(5) == ["Do 0.", "Do 1.", "Do 2."]
    assert shown(7) == ["Do 0.", "Do 2.", "Do 4."]


def test_the_instance_that_differs_is_shown() -> None:
    """The first of one input whose outputs differ, by the first of that input before; else the first of either."""
    assert blocks(change([("a", "1"), ("b", "2"), ("c", "3")], [("a", "1"), ("b", "4"), ("c", "5")])) == [
        ["Do it.", "  Input        b", "  Before       2", "  Now          4"]
    ]
    assert blocks(change([("a", "1"), ("a", "2")], [("a", "2")])) == [
        ["Do it.", "  Input        a", "  Before       1", "  Now          2"]
    ]
    assert blocks(change([("a", "1"), ("b", "2")], [("c", "3"), ("d", "4")])) == [
        ["Do it.", "  Before       a -> 1", "  Now          c -> 3"]
    ]


def test_long_texts_have_three_lines() -> None:
    """In 79 columns; an instruction may be as long, on one line for the terminal to fold."""
    long = "word " * 60
    [[instruction, *lines]] = blocks(change([("", long)], [("", "short")], long))

    assert instruction == "word " * 46 + "..."
    assert lines == [
        "  Before       " + "word " * 12 + "word",
        " " * 15 + "word " * 12 + "word",
        " " * 15 + "word " * 11 + "...",
        "  Now          short",
    ]

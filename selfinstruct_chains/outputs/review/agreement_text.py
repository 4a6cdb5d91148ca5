"""Agreement as a table for people, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selfinstruct_chains.outputs.review.agreement import Agreement, Interval

_NONE = "Nobody has reviewed what another has, so there is no agreement to speak of yet."
_READ = (
    "raw: the share of equal answers; kappa (Cohen, of two) and alpha (Krippendorff,\n"
    "of more): 1 is full agreement, 0 what chance gives; in brackets 95% intervals."
)
NAMES = {
    "valid_instruction": "valid instruction",
    "appropriate_input": "appropriate input",
    "correct_output": "correct output",
    "all": "all three",
}
"""What questions are called in tables."""


def agreement_text(found: Sequence[Agreement]) -> str:
    """The table, below 80 columns, and how to read it."""
    if not found:
        return _NONE
    lines = []
    for one in found:
        if one.question == "valid_instruction":
            lines += [f"{one.who}, {one.tasks:,} task{'s' * (one.tasks != 1)}", ""]
        lines.insert(-1, "  " + cells(one)[0].ljust(19) + "".join(cell.ljust(27) for cell in cells(one)[1:]).rstrip())
    return "\n".join([*lines, _READ])


def cells(one: Agreement) -> tuple[str, str, str]:
    """The question, and the two figures with their intervals."""
    share = f"raw {_shown(one.raw, '{:.0%}')}"
    return NAMES[one.question], share, f"{one.measure} {_shown(one.beyond_chance, '{:.2f}')}"


def as_json(found: Iterable[Agreement]) -> list[dict[str, Any]]:
    """The same as flat rows."""
    return [
        {
            **{name: getattr(one, name) for name in ("who", "judge", "reviewers", "question", "tasks", "measure")},
            **{f"raw{end}": value for end, value in zip(("", "_low", "_high"), one.raw, strict=True)},
            **{f"value{end}": value for end, value in zip(("", "_low", "_high"), one.beyond_chance, strict=True)},
        }
        for one in found
    ]


def _shown(interval: Interval, form: str) -> str:
    if interval.value is None:
        return "-"
    if interval.low is None:
        return form.format(interval.value)
    return f"{form.format(interval.value)} [{form.format(interval.low)}, {form.format(interval.high)}]"

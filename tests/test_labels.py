"""When two outputs are one class label."""

from __future__ import annotations

from selfinstruct_chains.tasks import label


def test_case_width_and_stops_make_no_other_label() -> None:
    """A label is the same however it is capitalised, in whatever width, and with its script's stop behind it."""
    for same in (
        ("Yes", "YES.", "\uff39\uff45\uff53\uff01"),
        ("\u0939\u093e\u0901", "\u0939\u093e\u0901\u0964"),
        ("\u662f", "\u662f\u3002"),
    ):
        assert len(set(map(label, same))) == 1
    assert len(set(map(label, ("C", "C++", "C#", "+", "-")))) == 5

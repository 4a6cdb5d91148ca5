"""`selfinstruct graph`: the chain drawn from its real parts."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("chain", ["embedded", "openai", "paper"])
@pytest.mark.parametrize("form", ["mermaid", "ascii"])
def test_all_steps_and_both_arms_are_drawn(selfinstruct: Callable[..., Any], chain: str, form: str) -> None:
    """Four steps, the branch with its two arms, and no key is needed for drawing."""
    said = selfinstruct("graph", "--chain", chain, "--format", form)

    assert (said.code, said.err) == (0, "")
    for step in ("instructions", "classification", "input_first", "output_first"):
        assert step in said.out


def test_mermaid_has_an_edge_into_each_arm(selfinstruct: Callable[..., Any]) -> None:
    """Each arm is entered and left."""
    edges = [line.strip() for line in selfinstruct("graph").out.splitlines() if "--" in line or "-." in line]

    for arm in ("input_first", "output_first"):
        assert any(arm in line.partition(">")[2] for line in edges)
        assert any(arm in line.partition("-")[0] for line in edges)


def test_xray_shows_the_parts_of_each_step(selfinstruct: Callable[..., Any]) -> None:
    """Prompt, model and parser of each step are drawn too."""
    plain, inside = selfinstruct("graph").out, selfinstruct("graph", "--xray").out

    assert len(inside.splitlines()) > len(plain.splitlines())


def test_an_unknown_form(selfinstruct: Callable[..., Any]) -> None:
    """There are two forms."""
    said = selfinstruct("graph", "--format", "png")

    assert said.code == 2
    assert "'mermaid', 'ascii'" in said.err

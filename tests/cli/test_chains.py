"""`selfinstruct chains`: what is shipped, and a file to start from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.chain import load_config

CHAINS = shipped.names(shipped.CHAINS)


def test_the_list_has_every_chain(selfinstruct: Callable[..., Any]) -> None:
    """Each shipped chain is there with its kind, model and description."""
    said = selfinstruct("chains")

    assert (said.code, said.err) == (0, "")
    for name in CHAINS:
        config = load_config(name)
        line = next(line for line in said.out.splitlines() if line.startswith(f"{name} "))
        assert line.split()[:2] == [name, config.model.kind]
        assert config.description in said.out


@pytest.mark.parametrize("name", CHAINS)
def test_a_printed_chain_is_a_file_of_ones_own(selfinstruct: Callable[..., Any], tmp_path: Path, name: str) -> None:
    """`chains NAME > mine.yaml` is the file as it is shipped, and loads as the same chain by another name."""
    said = selfinstruct("chains", name)
    mine = tmp_path / "mine.yaml"
    mine.write_text(said.out, encoding="utf-8")

    assert said.out == (shipped.CHAINS / f"{name}.yaml").read_text(encoding="utf-8")
    assert load_config(mine) == load_config(name).model_copy(update={"name": "mine"})


def test_an_unknown_chain(selfinstruct: Callable[..., Any]) -> None:
    """The nearest name is offered."""
    said = selfinstruct("chains", "papr")

    assert said.code == 2
    assert said.err.startswith("Error: no chain 'papr' is shipped (did you mean 'paper'?); there are ")

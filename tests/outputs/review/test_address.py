"""Where a folder's review page is, from one sitting to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.outputs.review.address import Address

if TYPE_CHECKING:
    from pathlib import Path


def kept(folder: Path, **changes: Any) -> Address:
    """The address that a folder has once it was kept, and changed in its file."""
    one = Address.of(folder)
    one.port = 8000
    one.keep()
    file = folder / ".review"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return one


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"port": 65_535}, True),
        ({"port": 1}, True),
        ({"port": "80"}, True),
        ({"port": 65_536}, False),
        ({"port": 0}, False),
        ({"port": -1}, False),
        ({"token": "t" * 31}, False),
        ({"token": "t" * 33}, False),
        ({"place": None}, False),
        ({"place": "elsewhere"}, False),
    ],
)
def test_an_address_is_used_again_where_it_can_be(tmp_path: Path, changes: dict[str, Any], same: bool) -> None:
    """In its own place, with a port that there is and a token of the right length; else port and token are new."""
    was = kept(tmp_path, **changes)
    found = Address.of(tmp_path)

    assert (found.token == was.token) is same
    assert found.port == (int(changes.get("port", 8000)) if same else 0)
    assert found.folder == tmp_path
    assert len(found.token) == 32


def test_the_last_address_is_kept(tmp_path: Path) -> None:
    """One that belongs to no folder is kept nowhere, and where it can't be written nothing is said."""
    for port in (8000, 8001):
        one = Address.of(tmp_path)
        one.port = port
        one.keep()
    Address.new().keep()
    Address(8002, "t", tmp_path / "none").keep()

    assert Address.of(tmp_path).port == 8001
    assert [path.name for path in tmp_path.iterdir()] == [".review"]
    assert Address.new().token != Address.new().token

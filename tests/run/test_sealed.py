"""Checksums of objects and of lines, byte by byte."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zlib import crc32

import pytest

from selfinstruct_chains.run.sealed import Differs, checked_lines, damaged, is_sealed, line_sum, seal, sums_of

LINES = [b'{"a": 1}\n', b'{"b": 2}\n', b'{"c": 3}\n']
SUMS = [line_sum(line) for line in LINES]
SUM = b"%08x" % crc32(b'{"a": 1')
ALL = b"".join(LINES)


def test_an_object_ends_in_its_checksum() -> None:
    """The CRC-32 of all before it, in hex, with its noughts."""
    assert seal(b'{"a": 1') == b', "crc": "%b"}\n' % SUM
    assert is_sealed(b'{"a": 1, "crc": "%b"}\n' % SUM) is True
    assert line_sum(b'{"a": 1') == SUM + b"\n"


@pytest.mark.parametrize(
    "whole", [b"", b"{}\n", b'{"a": 1}\n', b'{"a": 1, "crc": "%b"}' % SUM, b'{"a": 1, "crd": "%b"}\n' % SUM]
)
def test_what_has_no_checksum_is_not_sealed(whole: bytes) -> None:
    """Older formats have none; half of one is none."""
    assert is_sealed(whole) is False


@pytest.mark.parametrize(
    "whole", [b'{"a": 2, "crc": "%b"}\n' % SUM, b'{"a": 1, "crc": "        "}\n', b'{"a": 1, "crc": "%b"]\n' % SUM]
)
def test_another_object_s_checksum_is_damage(whole: bytes) -> None:
    """Also where the end itself was changed."""
    with pytest.raises(ValueError, match="crc"):
        is_sealed(whole)


@pytest.mark.parametrize(
    ("lines", "sums", "ended", "good", "differs"),
    [
        (ALL, b"".join(SUMS), False, 3, None),
        (ALL, b"".join(SUMS), True, 3, None),
        (b"", b"", True, 0, None),
        (ALL + b'{"d', b"".join(SUMS), False, 3, None),
        (ALL, b"".join(SUMS[:2]), False, 2, None),  # its checksum is still to come
        (ALL, b"".join(SUMS[:2]) + b"12", False, 2, None),
        (ALL + b'{"d', b"".join(SUMS[:2]), False, 2, None),
        (ALL, b"".join(SUMS[:2]), True, 2, 3),  # nobody will write one
        (ALL, b"".join(SUMS[:1]), False, 1, 2),  # a line that another one follows has its own
        (ALL, b"", False, 0, 1),
        (LINES[0] + LINES[2], b"".join(SUMS[:2]), False, 1, 2),
        (LINES[0], b"".join(SUMS[:2]), False, 1, 2),  # a line is gone
        (b"", b"".join(SUMS), False, 0, 1),
        (b"", SUMS[0], True, 0, 1),
        (LINES[0] + LINES[1][:-1], b"".join(SUMS[:2]), False, 1, 2),
    ],
)
def test_lines_count_with_their_checksums(
    lines: bytes, sums: bytes, ended: bool, good: int, differs: int | None
) -> None:
    """All before the first that is not as it was written; what a kill may leave at the end is no damage."""
    found: list[bytes] = []
    number, said = None, "line None"
    try:
        for line in checked_lines(BytesIO(lines), BytesIO(sums), ended=ended):
            found.append(line)  # noqa: PERF402 - what came before it differed counts
    except Differs as error:
        number, said = error.number, str(error)

    assert found == LINES[:good]
    assert (number, said) == (differs, f"line {differs}")


def test_a_file_is_still_written_to_unless_it_is_said_that_it_has_ended() -> None:
    """A last line without its checksum is then left out."""
    assert list(checked_lines(BytesIO(ALL), BytesIO(b"".join(SUMS[:2])))) == LINES[:2]


class Late(BytesIO):
    """Checksums of which the last two come when somebody looks for them again."""

    seeks = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Looks."""
        self.seeks += 1
        if self.seeks == 3:  # the first two are for how many there are
            super().seek(0, 2)
            self.write(b"".join(SUMS[1:]))
        return super().seek(offset, whence)


def test_a_checksum_that_was_written_meanwhile_is_found() -> None:
    """A line that another one follows has its checksum by then, and so have the next ones."""
    assert list(checked_lines(BytesIO(ALL), Late(SUMS[0]))) == LINES


def test_damage_is_said_with_the_command_that_mends_it() -> None:
    """Of a file or a line; the folder's name as a shell takes it."""
    path = Path("my runs/a/tasks.jsonl")
    rest = (
        "damaged; nothing was changed. `selfinstruct repair 'my runs/a'` keeps all that is good, and says what is lost"
    )

    assert str(damaged(path)) == f"my runs/a/tasks.jsonl: {rest}"
    assert str(damaged(path, 7)) == f"my runs/a/tasks.jsonl, line 7: {rest}"
    assert sums_of(path) == Path("my runs/a/tasks.crc")

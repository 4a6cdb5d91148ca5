"""Pin every package that uv resolves, in pyproject.toml's `constraint-dependencies`.

    uv run --no-project scripts/lock.py            # keep the versions of uv.lock where they still fit
    uv run --no-project scripts/lock.py --upgrade  # the newest of everything

uv.lock is not committed, as it names the index that it was resolved from; pins name versions alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
BLOCK = re.compile(r"^constraint-dependencies = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Rewrite the pins; on any failure leave the file as it was."""
    before = PROJECT.read_text(encoding="utf-8")
    try:
        PROJECT.write_text(_with(before, []), encoding="utf-8")
        _uv("lock", *sys.argv[1:])
        pins = _pins()
        PROJECT.write_text(_with(before, pins), encoding="utf-8")
        _uv("lock")
    except BaseException:
        PROJECT.write_text(before, encoding="utf-8")
        raise
    old, new = set(_found(before)), set(pins)
    for pin in sorted(old ^ new):
        print("+" if pin in new else "-", pin)
    print(f"{len(pins)} packages pinned")


def _pins() -> list[str]:
    """name==version of each package; with its marker only where two versions are needed.

    What the extra `train` alone needs stays free: a pinned torch would be the one with CUDA's gigabytes for everybody.
    """
    which = ["--all-groups", "--all-extras", "--no-extra", "train", "--no-emit-project"]
    exported = _uv("export", *which, "--frozen", "--no-hashes", "--no-annotate", "--no-header")
    lines = [line for line in exported.replace('"', "'").splitlines() if "==" in line]
    often = Counter(line.partition("==")[0] for line in lines)
    return [line if often[line.partition("==")[0]] > 1 else line.partition(" ;")[0] for line in lines]


def _with(text: str, pins: list[str]) -> str:
    block = "constraint-dependencies = [\n" + "".join(f'    "{pin}",\n' for pin in pins) + "]\n"
    if len(BLOCK.findall(text)) != 1:
        raise SystemExit("pyproject.toml: no single block 'constraint-dependencies = [' under [tool.uv]")
    return BLOCK.sub(lambda _: block, text)


def _found(text: str) -> list[str]:
    return re.findall(r'"(.+)"', BLOCK.findall(text)[0])


def _uv(*arguments: str) -> str:
    return subprocess.run(["uv", *arguments], cwd=PROJECT.parent, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603, S607


if __name__ == "__main__":
    main()

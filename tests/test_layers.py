"""The floors of the house: a module imports from its own room, or from a lower floor, and never in a circle."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from selfinstruct_chains.cli.main import COMMANDS

PACKAGE = Path(__file__).parents[1] / "selfinstruct_chains"
FLOORS: tuple[tuple[set[str], ...], ...] = (
    ({"errors", "characters", "endings", "tasks"},),
    ({"files", "config"},),
    ({"method"}, {"models"}),  # two rooms that don't know each other
    ({"run"},),
    ({"outputs", "training"},),
    ({"cli", "__main__"},),
    ({"testing"},),  # for tests: nothing else imports them
)
"""From the lowest up; a floor is one or more rooms, and a room the modules or folders in it."""

# Only a command may import these when it is loaded; all else imports them where they are needed.
HEAVY_AT_ONE_EDGE = {"langchain_community": "models/community.py", "xllamacpp": "models/embedded.py"}


class Import(NamedTuple):
    """A module imports another."""

    importer: str
    imported: str
    at_runtime: bool


def _modules() -> dict[str, Path]:
    """Each module's dotted name inside the package, "" for the package itself."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        *folders, last = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(folders if last == "__init__" else [*folders, last])] = path
    return names


MODULES = _modules()


def _imports(name: str) -> Iterator[Import]:
    """Every import of this package in a module, wherever it stands in the file."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        for imported in _names(node):
            yield Import(name, imported, id(node) not in guarded)


def _names(node: ast.AST) -> Iterator[str]:
    prefix = PACKAGE.name
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".", 1)[0] == prefix:
                yield alias.name.removeprefix(prefix).removeprefix(".")
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        if (node.module or "").split(".")[0] == prefix:
            module = (node.module or "").removeprefix(prefix).removeprefix(".")
            for alias in node.names:
                below = f"{module}.{alias.name}".removeprefix(".")
                yield below if below in MODULES else module


def _place(module: str) -> tuple[int, set[str]] | None:
    top = module.split(".", maxsplit=1)[0]
    return next(((number, room) for number, floor in enumerate(FLOORS) for room in floor if top in room), None)


ALL = [one for name in MODULES if name for one in _imports(name)]


def test_every_module_has_a_floor() -> None:
    """A new module or folder is given its place in the table above."""
    assert [name for name in MODULES if name and not _place(name)] == []
    assert {room for floor in FLOORS for rooms in floor for room in rooms} - {"training"} <= {
        name.split(".")[0] for name in MODULES
    }


def test_imports_go_down() -> None:
    """Also where an import is for types only, a module knows its own room and the floors below it."""
    wrong = []
    for one in ALL:
        (floor, room), (other_floor, other_room) = (
            _place(one.importer) or (0, set()),
            _place(one.imported) or (99, set()),
        )
        if room != other_room and other_floor >= floor:
            wrong.append(f"{one.importer} imports {one.imported}")

    assert wrong == []


def test_there_are_no_circles() -> None:
    """No two modules import each other at runtime, however far the way round."""
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for one in ALL:
        if one.at_runtime and one.importer != one.imported:
            graph[one.importer].add(one.imported)

    TopologicalSorter(graph).prepare()


def test_commands_do_not_know_one_another() -> None:
    """A command's file imports what commands share, and no other command."""
    commands = {name.replace("-", "_") for name in COMMANDS}
    known = {one.imported.removeprefix("cli.") for one in ALL if one.importer.removeprefix("cli.") in commands}

    assert commands & known == set()


@pytest.mark.parametrize(("package", "edge"), HEAVY_AT_ONE_EDGE.items())
def test_a_package_stands_at_one_edge(package: str, edge: str) -> None:
    """What is in sunset, or native, is imported by one file alone."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _roots(node)
        if name == package
    }

    assert found == {edge}


def _roots(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {(node.module or "").split(".")[0]} if isinstance(node, ast.ImportFrom) else set()

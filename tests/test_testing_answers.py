"""What providers answer when a call fails, as data: in form, so that a server can answer with it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, StringConstraints

FOLDER = Path(__file__).parents[1] / "data" / "errors"
FILES = sorted(FOLDER.glob("*.yaml"))
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Case(BaseModel):
    """One answer, and what is to come of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Word
    kind: Literal[
        "auth",
        "forbidden",
        "no_model",
        "no_money",
        "rate_limit",
        "quota_long",
        "overloaded",
        "too_long",
        "filtered_input",
        "filtered_output",
        "bad_parameter",
        "server_error",
        "html",
        "truncated",
        "error_in_200",
        "timeout",
        "malformed",
    ]
    status: Annotated[int, Ge(200), Le(599)]
    headers: dict[str, str] = {}
    body: str
    fate: Literal["retry", "item", "fix", "resumable"]
    reason: Literal["", "context_too_long", "content_filter", "refused", "invalid"] = ""
    wait: Annotated[float, Gt(0)] | int | None = None
    source: Annotated[str, StringConstraints(min_length=4)]


def cases(file: Path) -> list[Case]:
    """The cases of one provider."""
    return [Case.model_validate(case) for case in yaml.safe_load(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_provider_has_at_least_twelve_answers(file: Path) -> None:
    """Each file has twelve cases or more, each with a name of its own; what a body says it is, it is."""
    found = cases(file)

    assert len(found) >= 12
    assert Counter(case.name for case in found).most_common(1)[0][1] == 1
    for case in found:
        if case.body.lstrip().startswith(("{", "[")) and case.kind not in {"malformed", "html"}:
            stream = case.body.count("\n{")
            for part in case.body.splitlines() if stream else [case.body]:
                json.loads(part)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_fate_fits_its_kind(file: Path) -> None:
    """A filtered or too long prompt is the item's, a key the user's to fix; a wait is named where one helps."""
    for case in cases(file):
        if case.kind in {"filtered_input", "too_long"}:
            assert case.fate == "item", case.name
        if case.kind == "auth":
            assert case.fate == "fix", case.name
        assert case.wait is None or case.fate in {"retry", "resumable", "item"}, case.name


def test_the_readme_names_every_file() -> None:
    """tests/data/errors/README.md has a row for each provider."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [file.stem for file in FILES if f"`{file.stem}`" not in text] == []

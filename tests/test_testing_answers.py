"""What providers answer when a call fails, as data: in form, by name, and as a server sends it."""

from __future__ import annotations

import json
from collections import Counter
from importlib.resources import files
from typing import Annotated

import pytest
import yaml
from annotated_types import Ge, Gt, Le
from langchain_openai import ChatOpenAI
from openai import APIStatusError
from pydantic import BaseModel, ConfigDict, StringConstraints

from selfinstruct_chains.testing.answers import Answer, Fate, Kind, Reason, answer, answers, providers
from selfinstruct_chains.testing.server import ScriptedServer, at_first

PROVIDERS = providers()
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Case(BaseModel):
    """One answer in a file, and what is to come of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Word
    kind: Kind
    status: Annotated[int, Ge(200), Le(599)]
    headers: dict[str, str] = {}
    body: str
    fate: Fate
    reason: Reason = ""
    wait: Annotated[float, Gt(0)] | int | None = None
    source: Annotated[str, StringConstraints(min_length=4)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_has_at_least_twelve_answers(provider: str) -> None:
    """Each file has twelve cases or more, each with a name of its own; what a body says it is, it is."""
    text = (files("selfinstruct_chains.testing.answers") / f"{provider}.yaml").read_text(encoding="utf-8")
    cases = [Case.model_validate(case) for case in yaml.safe_load(text)]

    assert len(cases) >= 12
    assert Counter(case.name for case in cases).most_common(1)[0][1] == 1
    for found in answers(provider).values():
        if found.content_type == "application/json" and found.kind != "malformed":
            json.loads(found.body)
        if found.content_type == "application/x-ndjson":
            assert all(json.loads(line) for line in found.body.splitlines())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_fate_fits_its_kind(provider: str) -> None:
    """A filtered or too long prompt is the item's, a key the user's to fix; a wait is named where one helps."""
    for found in answers(provider).values():
        if found.kind in {"filtered_input", "too_long"}:
            assert found.fate == "item", found.name
        if found.kind == "auth":
            assert found.fate == "fix", found.name
        assert found.wait is None or found.fate in {"retry", "resumable", "item"}, found.name


def test_the_readme_names_every_file() -> None:
    """README.md beside the data has a row for each provider."""
    text = (files("selfinstruct_chains.testing.answers") / "README.md").read_text(encoding="utf-8")

    assert [provider for provider in PROVIDERS if f"`{provider}`" not in text] == []


def test_there_are_as_many_as_is_said() -> None:
    """The module's docstring counts them."""
    import selfinstruct_chains.testing.answers as module

    assert len(PROVIDERS) == 19
    assert "nineteen providers" in str(module.__doc__)
    assert f"Each of the {sum(len(answers(provider)) for provider in PROVIDERS)} says" in str(module.__doc__)


def test_an_answer_is_found_by_its_name() -> None:
    """By provider and name one gets all that is known of an answer; a near miss is told in one line."""
    found = answer("openai/no_money_insufficient_quota")

    assert (found.provider, found.status, found.kind, found.fate) == ("openai", 429, "no_money", "fix")
    assert json.loads(found.body)["error"]["code"] == "insufficient_quota"
    with pytest.raises(ValueError, match=r"no answer 'no_monney' of openai \(did you mean 'no_m"):
        answer("openai/no_monney")
    with pytest.raises(ValueError, match=r"no answers of 'opennai' \(did you mean 'openai'\?\); there are anthropic, "):
        answer("opennai/auth")


def asks_again(error: APIStatusError) -> bool:
    """Somebody's own code, which the next test is an example for."""
    return (error.status_code == 429 or error.status_code >= 500) and error.type != "insufficient_quota"


KINDS = {"auth", "no_money", "rate_limit", "overloaded", "server_error", "html"}


@pytest.mark.parametrize(
    "found", [found for found in answers("openai").values() if found.kind in KINDS], ids=lambda found: found.name
)
def test_one_tries_ones_own_code(found: Answer) -> None:
    """As the docstring of `testing.server` says: the client raises what the provider's answer makes it raise."""
    with ScriptedServer(faults=at_first(found.id)) as server:
        model = ChatOpenAI(model="m", base_url=server.base_url, api_key="none", max_retries=0)
        with pytest.raises(APIStatusError) as raised:
            model.invoke("Hi")
        assert model.invoke("Hi").text

    assert asks_again(raised.value) == (found.fate == "retry")

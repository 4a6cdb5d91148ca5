"""What was found: what it makes of a chain, what is said of it, and how the journal has it."""

from __future__ import annotations

from typing import Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ROLES, Asked, Role
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.models.forms import Forms
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.found import Calibrated, Finding, Listed, as_found, as_known, finding, possible
from selfinstruct_chains.run.journal import Journal

CHAIN = load_config("openai")
PAIR: tuple[Role, Role] = ("classification", "input_first")


@pytest.mark.parametrize(
    ("output", "system", "words", "lines"),
    [
        (None, None, "", []),
        ("json_schema", True, "a JSON schema and a system role", []),
        ("json_schema", None, "a JSON schema", []),
        (None, True, "a system role", []),
        ("function_calling", True, "a tool call and a system role", ["output: auto is function_calling"]),
        ("json_mode", None, "JSON mode", ["output: auto is json_mode"]),
        (
            "text",
            False,
            "text and no system role",
            ["output: auto is text", "the system text stands in front of the user's (system_role: false)"],
        ),
    ],
)
def test_a_form_in_words(output: Asked | None, system: bool | None, words: str, lines: list[str]) -> None:
    """What it asks for, and where it is not the best that a chain may have a line each, with the reason."""
    found = Finding(roles=PAIR, output=output, system_role=system)

    assert found.in_words() == words
    assert list(found.lines()) == [f"classification, input_first: {line}" for line in lines]
    why = list(found.model_copy(update={"why": "it was late"}).lines())
    assert why == [f"classification, input_first: {line}, since it was late" for line in lines]


@pytest.mark.parametrize(
    ("output", "system", "outputs", "systems"),
    [
        (None, None, ["text", "text", "auto", "auto"], [None, False, None, True]),
        ("json_mode", None, ["text", "text", "json_mode", "auto"], [None, False, None, True]),
        ("json_mode", False, ["text", "text", "json_mode", "auto"], [None, False, False, True]),
        (None, True, ["text", "text", "auto", "auto"], [None, False, True, True]),
    ],
)
def test_a_form_fills_what_was_open(
    output: Asked | None, system: bool | None, outputs: list[str], systems: list[bool | None]
) -> None:
    """Of its own roles alone."""
    roles = {"classification.model.system_role": False, "instances.output_first.model.system_role": True}
    config = Finding(roles=PAIR, output=output, system_role=system).applied(load_config("openai", roles))

    assert [config.role(role).output for role in ROLES] == outputs
    assert [config.model_for(role).system_role for role in ROLES] == systems


@pytest.mark.parametrize(
    ("count", "wanted", "line"),
    [
        (1, 1, "topics: 1: t1"),
        (5, 5, "topics: 5: t1, t2, t3, t4, t5"),
        (6, 6, "topics: 6: t1, t2, t3, t4, t5, ..."),
        (3, 4, "topics: 3 of the 4 that were asked for; no more came that are new: t1, t2, t3"),
    ],
)
def test_topics_in_words(count: int, wanted: int, line: str) -> None:
    """How many there are, whether that is fewer than was asked for, and the first five."""
    listed = Listed(names=tuple(f"t{number}" for number in range(1, count + 1)), wanted=wanted)

    assert list(listed.lines()) == [line]
    assert listed.applied(CHAIN).topics == load_config("openai", {"topics": list(listed.names)}).topics


@pytest.mark.parametrize(("low", "guessing"), [(0.49, True), (0.5, True), (0.51, False)])
def test_a_threshold_in_words(low: float, guessing: bool) -> None:
    """On what it was fitted and how good it is, and whether that is more than guessing."""
    found = Calibrated(threshold=-1.0, classification=10, others=30, accuracy=0.75, low=low, high=0.875, why="so")
    line = (
        "classification: threshold: -1.00, fitted on 40 seeds (10 of them classification), since so; balanced accuracy "
        f"0.75 ({low:.2f} to 0.88) on seeds that it was not fitted on, where guessing has 0.50"
    )
    poor = (
        "classification: this model can't be told from guessing; another one for this role (classification.model.name) "
        "makes better data"
    )

    assert list(found.lines()) == [line, *[poor] * guessing]
    assert found.applied(CHAIN).classification.threshold.value == -1.0
    assert found.applied(CHAIN).classification.threshold.fitted_for is None


def test_no_threshold_is_text() -> None:
    """With the reason; what was there to be counted is nothing, if not said otherwise."""
    logprob = load_config("openai", {"classification.decide": "logprob"})
    none = Calibrated(threshold=None, why="so")

    assert list(none.lines()) == ["classification: decide: text, since so"]
    assert none.applied(logprob).classification.decide == "text"
    assert none.model_dump(mode="json") == {
        "threshold": None,
        "classification": 0,
        "others": 0,
        "accuracy": 0.0,
        "low": 0.0,
        "high": 0.0,
        "why": "so",
    }


def journal(**found: Any) -> Journal:
    """A journal in which these stand, by their keys with _ for /."""
    there = Journal()
    for key, value in found.items():
        role, _, number = key.rpartition("_")
        there.write(Entry.found(f"found/{role}/{number}", value.model_dump(mode="json")))
    return there


def test_what_the_journal_has_is_applied() -> None:
    """Every form that was taken, under the numbers 0 to 10 of a role; then the threshold and the topics."""
    schema = Finding(roles=("input_first",), output="json_schema")
    there: list[Any] = [
        schema,
        Finding(roles=("output_first",), output="json_mode"),
        Calibrated(threshold=None, why="so"),
        Listed(names=("a",), wanted=2),
    ]
    kept = journal(
        input_first_0=schema,
        output_first_9=Finding(roles=("output_first",), output="text", taken=False),
        output_first_10=there[1],
        output_first_11=Finding(roles=("output_first",), output="text"),
        classification_100=there[2],
        instructions_100=there[3],
    )
    config, found = as_found(load_config("openai", {"classification.decide": "logprob"}), kept)

    assert found == there
    assert [config.role(role).output for role in ROLES] == ["text", "text", "json_schema", "json_mode"]
    assert config.classification.decide == "text"
    assert config.topics is not None
    assert as_found(CHAIN, Journal()) == (CHAIN, [])


def test_what_can_t_be_read_is_told() -> None:
    """Of a later version, say; what is not there is nothing."""
    there = journal(input_first_1=Listed(names=(), wanted=1))

    assert finding(there, "found/input_first/2") is None
    with pytest.raises(RunError, match=r"^journal\.jsonl: found/input_first/1 can't be read by this version; start a"):
        finding(there, "found/input_first/1")


@pytest.mark.parametrize(
    ("sure", "hopeful", "output"),
    [
        (True, False, "json_schema"),
        (True, True, "json_schema"),
        (False, True, "json_schema"),
        (False, False, "text"),
    ],
)
def test_without_a_call_it_is_what_is_sure_or_text(sure: bool, hopeful: bool, output: str) -> None:
    """Unless one hopes; what is no `auto` stays."""
    form = Forms(("json_schema", "json_mode", "text"), sure=sure, system_role=None)
    config = as_known(CHAIN, dict.fromkeys(ROLES, form), hopeful=hopeful)

    assert [config.role(role).output for role in ROLES] == ["text", "text", output, output]
    if not hopeful:
        assert as_known(CHAIN, dict.fromkeys(ROLES, form)) == config


def test_a_prompt_says_what_it_can_ask_for() -> None:
    """Its `format` has that; without one it can ask for anything."""
    whole = CHAIN.instances.input_first.prompt
    forms = Forms(("json_schema", "json_mode", "text"), sure=True, system_role=None)

    def asking(*formats: str) -> Any:
        prompt = whole.model_copy(update={"format": dict.fromkeys(formats, "")})
        return CHAIN.with_role("input_first", prompt=prompt)

    assert possible(asking(), ["input_first"], forms) == forms.outputs
    assert possible(asking("text"), ["output_first", "input_first"], forms) == ("text",)
    assert possible(asking("json_schema"), ["input_first"], forms) == ("json_schema", "json_mode")
    assert possible(asking("text", "json_schema"), ["input_first"], forms) == forms.outputs
    with pytest.raises(ConfigError, match=r"^input_first: its model has no JSON schema, and its prompt has no format"):
        possible(asking("json_schema"), ["input_first"], forms._replace(outputs=("text",)))

"""The prompts of calls for a form of request, made anew from what the journal has of it."""

from __future__ import annotations

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.first_calls import first_prompts
from selfinstruct_chains.run.found import Finding
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.language import in_language
from selfinstruct_chains.run.replay import AsAsked
from selfinstruct_chains.run.settling import request
from tests.run.settlings import SEEDS, settling

CHAIN = load_config("openai", {"model.base_url": "http://127.0.0.1:9/v1", "topics": {"ask": 5}})


@pytest.mark.parametrize(
    ("key", "count"),
    [
        ("found/input_first/0", 1),
        ("found/input_first/1", 1),
        ("found/input_first/10", 1),
        ("found/input_first/11", 0),
        ("found/input_first/101", 0),
        ("found/instructions/100", 0),
        ("found/classification/100", 0),
    ],
)
def test_a_form_is_a_call_s_up_to_the_tenth(key: str, count: int) -> None:
    """Its request is that of a role in it; an attempt that got no reply does not say its form."""
    form = Finding(roles=("input_first",), output="json_schema", system_role=False)
    given = settling(in_language(CHAIN, SEEDS))
    told = AsAsked(given.config, given.found.kinds, {})
    entry = Entry.found(key, form.model_dump(mode="json"))
    made = [one.to_string() for one in first_prompts(CHAIN, told, SEEDS, Journal(), entry)]

    assert made == [request(given, form)[0].to_string()] * count
    if count:
        assert list(first_prompts(CHAIN, told, SEEDS, Journal(), Entry.fault(key, "h", "503"))) == []

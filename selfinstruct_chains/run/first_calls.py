"""The prompts of the calls before a run's first request, made anew: forms of request, a threshold, topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.assembly import RoleModels
from selfinstruct_chains.run.calibrating import calibration_questions
from selfinstruct_chains.run.found import CALIBRATED, MOST_CALLS, TOPICS, Finding, Listed, found_key
from selfinstruct_chains.run.language import in_language
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.settling import Settling, request
from selfinstruct_chains.run.topics import AT_ONCE, topics_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.run.entry import Entry
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.replay import AsAsked
    from selfinstruct_chains.tasks import Task


def first_prompts(
    chain: ChainConfig, asked: AsAsked, seeds: Sequence[Task], journal: Journal, entry: Entry
) -> Iterator[PromptValue]:
    """What the call of `entry` may have been asked, the likeliest first; its hash tells which it was.

    Args:
        chain: the run's, as its manifest has it.
        asked: the same with what was found.
        seeds: the run's.
        journal: what was found, and by which calls.
        entry: a line of a call that has found/ROLE/n for its key.

    Raises:
        DataError: there are too few seeds.
    """
    given = Settling(asked.config, RoleModels({}, asked.kinds), brought(), seeds, journal, {})
    role, number = entry.key.split("/")[1], int(entry.key.split("/")[2])
    if number <= MOST_CALLS:
        yield from _form(given._replace(config=in_language(chain, seeds)), entry)
    elif role == "classification" and number > CALIBRATED:
        yield from (one.prompt for one in calibration_questions(given, entry.key))
    elif role == "instructions" and number > TOPICS:
        config = asked.config.model_copy(update={"topics": chain.topics})
        yield from _topics(given._replace(config=config), number - TOPICS)


def _form(given: Settling, entry: Entry) -> Iterator[PromptValue]:
    """The request that was sent in a form, to see whether it is taken."""
    try:
        yield request(given, Finding.model_validate(entry.value))[0]
    except ValidationError:  # an attempt that got no reply does not say its form
        return


def _topics(given: Settling, call: int) -> Iterator[PromptValue]:
    """A call for topics, after as many as there may have been."""
    entry = given.journal.get(found_key("instructions", TOPICS))
    try:
        listed = Listed.model_validate(entry.value) if entry else Listed(names=(), wanted=_wanted(given.config))
    except ValidationError:
        raise RunError("journal.jsonl: the topics can't be read by this version") from None
    for there in range(len(listed.names) + 1):
        ask = min(AT_ONCE, max(1, listed.wanted - there))
        yield topics_prompt(given, call, listed.names[:there], ask, given.found.kinds["instructions"])[0]


def _wanted(config: ChainConfig) -> int:
    return config.topics.ask if config.topics else 0

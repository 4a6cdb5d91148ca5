"""Topics and languages: whose turn it is, reproducibly, from what was accepted."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from selfinstruct_chains.method.subjects import STALE, About, Subjects

TOPICS = {f"topic {number}": 1.0 for number in range(20)}
LANGUAGES = {"de": 0.75, "en": 0.25}


def subjects(topics: dict[str, float], languages: dict[str, float] | None = None, seed: int = 42) -> Subjects:
    """With a lookahead of 4."""
    return Subjects(topics, languages or {}, seed=seed, lookahead=4, ask=8)


def grown(drawing: Subjects, requests: int, gives: dict[str, int], lookahead: int = 4) -> list[About]:
    """What requests are about, where a request about a topic gives so many instructions, counted in order."""
    drawn: list[About] = []
    for request in range(requests):
        drawn.append(drawing.draw(request))
        if request >= lookahead - 1:
            committed = request - lookahead + 1
            for _ in range(gives.get(drawn[committed].topic, 6)):
                drawing.accept(committed)
    return drawn


def test_a_chain_without_topics_and_languages_is_about_nothing() -> None:
    """All requests are alike."""
    assert grown(subjects({}), 5, {}) == [About()] * 5


def test_topics_take_turns_evenly() -> None:
    """Each once before any comes twice, in an order that the run's seed gives."""
    drawn = [about.topic for about in grown(subjects(TOPICS), 60, {})]

    assert Counter(drawn) == dict.fromkeys(TOPICS, 3)
    assert all(len(set(drawn[begin : begin + 20])) == 20 for begin in (0, 20, 40))
    assert drawn == [about.topic for about in grown(subjects(TOPICS), 60, {})]
    assert drawn != [about.topic for about in grown(subjects(TOPICS, seed=7), 60, {})]


def test_a_weight_is_a_share() -> None:
    """A topic with three times the weight has three times the instructions."""
    drawn = Counter(about.topic for about in grown(subjects({"much": 3, "little": 1}), 80, {}))

    assert drawn == {"much": 60, "little": 20}


def test_a_topic_that_gives_less_has_more_turns() -> None:
    """What counts is what was accepted."""
    drawn = Counter(about.topic for about in grown(subjects({"rich": 1, "poor": 1}), 120, {"rich": 8, "poor": 2}))

    assert 3 < drawn["poor"] / drawn["rich"] < 5


def test_a_topic_that_gives_nothing_is_left_alone() -> None:
    """After a few requests the others have their turn; with nothing left anywhere all go on in turns."""
    drawn = Counter(about.topic for about in grown(subjects({"a": 1, "b": 1, "dry": 1}), 90, {"dry": 0}))
    assert STALE <= drawn["dry"] <= STALE + 4

    drawn = Counter(about.topic for about in grown(subjects({"a": 1, "b": 1}), 40, {"a": 0, "b": 0}))
    assert drawn["a"] == drawn["b"] == 20


def test_languages_have_their_shares_in_each_topic() -> None:
    """They don't go in step with the topics."""
    drawn = Counter(grown(subjects({"a": 1, "b": 1}, LANGUAGES), 80, {}))

    for topic in ("a", "b"):
        assert drawn[About(topic, "de")] == pytest.approx(30, abs=2)
        assert drawn[About(topic, "en")] == pytest.approx(10, abs=2)


def test_languages_alone_take_turns() -> None:
    """Without topics."""
    drawn = [about.language for about in grown(subjects({}, {"de": 0.5, "fr": 0.5}), 20, {})]

    assert all(one != other for one, other in pairwise(drawn))


def test_what_is_not_committed_does_not_count() -> None:
    """Requests in flight may be done already, or not: the draw is the same."""
    early, late = subjects({"a": 1, "b": 1, "c": 1}), subjects({"a": 1, "b": 1, "c": 1})
    for _ in range(50):
        early.accept(0)

    assert [early.draw(request) for request in range(4)] == [late.draw(request) for request in range(4)]

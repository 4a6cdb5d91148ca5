"""What each request is about: a topic and a language of the chain's, so that the dataset comes to have their shares."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STALE = 3
"""Requests about a topic, one after another, none of whose instructions was accepted: then others have their turn."""


class About(NamedTuple):
    """What a request asks about."""

    topic: str = ""
    language: str = ""
    """A BCP 47 tag; "" where the chain has not several."""


class Subjects:
    """Draws topics and languages: who is furthest behind its share is next, equals by the run's seed.

    Args:
        topics: by name, the weight of each; empty: there are none.
        languages: by tag, the share of each; empty: there are not several.
        seed: the run's.
        lookahead: request i is drawn by what was accepted up to request i - lookahead.
        ask: instructions that a request asks for: as many are expected of it until it is known.
    """

    def __init__(
        self, topics: Mapping[str, float], languages: Mapping[str, float], *, seed: int, lookahead: int, ask: int
    ) -> None:
        self._topics = _shuffled(topics, Random(f"{seed}:topics"))
        self._languages = _shuffled(languages, Random(f"{seed}:languages"))
        self._lookahead, self._ask = lookahead, ask
        self._drawn: list[About] = []
        self._accepted: Counter[int] = Counter()  # by request, of those that are not counted yet
        self._counts: Counter[About] = Counter()  # instructions by topic, by language, and by both
        self._counted = self._total = 0  # requests that are in it, and all their instructions
        self._dry: Counter[str] = Counter()  # a topic's last requests without an instruction

    def accept(self, request: int) -> None:
        """An instruction of a request has joined the pool."""
        if self._topics or self._languages:
            self._accepted[request] += 1

    def draw(self, request: int) -> About:
        """What a request is about; asked in the order of requests, and as often as wanted."""
        while len(self._drawn) <= request:
            self._drawn.append(self._next())
        return self._drawn[request]

    def _next(self) -> About:
        if not (self._topics or self._languages):
            return About()
        self._count()
        counts = self._counts + self._expected()
        fresh = {name: weight for name, weight in self._topics.items() if self._dry[name] < STALE}
        topic = _behind(fresh or self._topics, lambda name: (counts[About(topic=name)],))
        return About(topic, _behind(self._languages, lambda tag: (counts[About(topic, tag)], counts[About("", tag)])))

    def _count(self) -> None:
        """Count what came of the requests that are committed by now."""
        while self._counted <= len(self._drawn) - self._lookahead:
            about, accepted = self._drawn[self._counted], self._accepted.pop(self._counted, 0)
            self._add(self._counts, about, accepted)
            self._dry[about.topic] = 0 if accepted else self._dry[about.topic] + 1
            self._counted, self._total = self._counted + 1, self._total + accepted

    def _expected(self) -> Counter[About]:
        """What may come of the requests that are not."""
        mean = max(round(self._total / self._counted), 1) if self._counted else self._ask
        expected: Counter[About] = Counter()
        for about in self._drawn[self._counted :]:
            self._add(expected, about, mean)
        return expected

    @staticmethod
    def _add(counts: Counter[About], about: About, count: int) -> None:
        for key in {about, About(about.topic, ""), About("", about.language)}:
            counts[key] += count


def _shuffled(shares: Mapping[str, float], random: Random) -> dict[str, float]:
    return dict(random.sample(sorted(shares.items()), len(shares)))


def _behind(shares: Mapping[str, float], counts: Callable[[str], tuple[int, ...]]) -> str:
    """The one whose first count is smallest for its share, of equals the second; else the first one."""
    return min(shares, key=lambda name: [count / shares[name] for count in counts(name)], default="")

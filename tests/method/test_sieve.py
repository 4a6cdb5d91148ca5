"""The sieve lets through all that reach the threshold, and little else, however long the texts are."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from selfinstruct_chains.method.novelty import NoveltyIndex, Similar
from selfinstruct_chains.method.sieve import Sieve
from selfinstruct_chains.method.tokens import unicode_words


def edited(random: Random, words: list[str]) -> list[str]:
    """The words with up to half of them changed, left out or put in."""
    words = list(words)
    for _ in range(random.randint(0, 1 + len(words) // 2)):
        place = random.randint(0, len(words))
        words[place : place + random.choice([0, 1, 1])] = random.choice([[], [f"n{random.randrange(400)}"]])
    return words or ["x"]


def long_texts(random: Random, count: int, lengths: tuple[int, ...]) -> list[str]:
    """Texts of such lengths by Zipf's law, half of them made from an earlier one; words are repeated in all."""
    weights = [1 / (rank + 2.7) for rank in range(400)]
    texts: list[list[str]] = []
    for _ in range(count):
        if texts and random.random() < 0.5:
            texts.append(edited(random, random.choice(texts)))
        else:
            ranks = random.choices(
                range(400), weights, k=max(1, round(random.choice(lengths) * random.uniform(0.6, 1.6)))
            )
            texts.append([f"w{rank}" for rank in ranks])
    return [" ".join(words) for words in texts]


def by_every_pair(threshold: Fraction, texts: list[str]) -> list[Similar | None]:
    """What an index should say of each text in turn, when each is added whatever it says."""
    words, found = [unicode_words(text) for text in texts], list[Similar | None]()
    for number, own in enumerate(words):
        scores = [
            (Fraction(2 * LCSseq.similarity(own, other), len(own) + len(other)), -n)
            for n, other in enumerate(words[:number])
        ]
        best = max((score for score in scores if score[0] >= threshold), default=None)
        found.append(best and Similar(str(-best[1]), float(best[0])))
    return found


@pytest.mark.parametrize("threshold", ["0.7", "0.5", "0.95", "0.15"])
@settings(max_examples=12)
@given(seed=st.integers(0, 2**64), lengths=st.sampled_from([(170,), (38, 42), (3, 40, 170), (20, 75), (700,)]))
def test_long_and_short_texts_are_decided_as_by_every_pair(threshold: str, seed: int, lengths: tuple[int, ...]) -> None:
    """Around the length from which signatures are wider, far above it, and mixed."""
    texts = long_texts(Random(seed), 50, lengths)
    index, found = NoveltyIndex(threshold), []
    for number, text in enumerate(texts):
        found.append(index.nearest(text))
        index.add(text, str(number))

    assert found == by_every_pair(Fraction(threshold), texts)


def test_long_texts_are_told_apart_by_their_signatures() -> None:
    """Of 400 that share a third of their words, next to none is left to score; of copies, all."""
    random = Random(1)
    shared = [random.randrange(3000) for _ in range(60)]
    entries = [shared + [random.randrange(20_000) for _ in range(110)] for _ in range(400)]
    sieve = Sieve(Fraction("0.7"))
    for entry in entries:
        sieve.add(entry)

    left = [sieve.survivors(entry) for entry in entries]

    assert all(number in survivors for number, survivors in enumerate(left))
    assert sum(map(len, left)) < 1.1 * len(entries)


def test_sorting_in_keeps_every_entry() -> None:
    """Also the first of many thousand, which are sorted in as they come."""
    random = Random(2)
    entries = [[random.randrange(9000) for _ in range(random.randint(30, 90))] for _ in range(5000)]
    sieve = Sieve(Fraction("0.7"))
    for entry in entries:
        sieve.add(entry)

    assert all(number in sieve.survivors(entries[number]) for number in range(0, 5000, 37))

"""Scores and decisions, held against rouge_score itself with exact fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer

from selfinstruct_chains.method.novelty import NoveltyIndex, Similar

SCORER = RougeScorer(["rougeL"], use_stemmer=False)
TOKENS = DefaultTokenizer(use_stemmer=False).tokenize
THRESHOLDS = ["0.5", "0.7", "0.9"]


def rouge(text: str, other: str) -> tuple[float, Fraction]:
    """rouge_score's F-measure of two texts, and the exact fraction it stands for."""
    score = SCORER.score(text, other)["rougeL"]
    m, n = len(TOKENS(text)), len(TOKENS(other))
    if m == 0 or n == 0:
        return 0.0, Fraction(int(m == n and text.strip() == other.strip()))
    common = round(score.precision * n)
    return score.fmeasure, Fraction(2 * common, m + n)


class Oracle:
    """A pool scored entry by entry, but for entries that share too few words, in whatever order, to matter."""

    def __init__(self, threshold: str) -> None:
        self.threshold = Fraction(threshold)
        self.half = float(self.threshold) / 2 - 1e-9
        self.texts: list[str] = []
        self.lengths: list[int] = []
        self.having: dict[object, list[int]] = defaultdict(list)

    def elements(self, text: str) -> list[object]:
        """The text's words, a second "the" apart from the first."""
        counts: Counter[str] = Counter(TOKENS(text))
        return [(token, copy) for token, count in counts.items() for copy in range(count)] or [text.strip()]

    def add(self, text: str) -> None:
        """Put it into the pool."""
        elements = self.elements(text)
        for element in elements:
            self.having[element].append(len(self.texts))
        self.texts.append(text)
        self.lengths.append(len(elements))

    def nearest(self, text: str) -> Similar | None:
        """As NoveltyIndex answers, with the entries' places for ids."""
        elements = self.elements(text)
        shared = Counter(entry for element in elements for entry in self.having.get(element, ()))
        best: tuple[Fraction, int] | None = None
        for entry, count in shared.items():
            if count < self.half * (len(elements) + self.lengths[entry]):
                continue
            score = rouge(self.texts[entry], text)[1]
            if score >= self.threshold:
                best = max(best or (score, -entry), (score, -entry))
        return Similar(str(-best[1]), float(best[0])) if best else None


def near_threshold(random: Random, threshold: str) -> tuple[str, str]:
    """Two texts whose F-measure is at the threshold or one word beside it; a third of them with words repeated."""
    m, n = random.randint(1, 40), random.randint(1, 40)
    common = -(-Fraction(threshold) * (m + n) // 2) + random.choice([-1, 0, 0, 1])
    common = max(0, min(common, m, n))
    words = 12 if random.random() < 0.3 else 10_000
    shared = [f"w{random.randrange(words)}" for _ in range(common)]
    return mixed(random, shared, m, words), mixed(random, shared, n, words)


def mixed(random: Random, shared: list[str], length: int, words: int) -> str:
    """`shared` in order, filled up to `length` words with others."""
    places = set(random.sample(range(length), len(shared)))
    rest = iter(shared)
    return " ".join(next(rest) if place in places else f"w{random.randrange(words)}" for place in range(length))


@pytest.mark.parametrize("threshold", THRESHOLDS)
@settings(max_examples=70)
@given(seed=st.integers(0, 2**64), tokenizer=st.sampled_from(["rouge", "unicode"]))
def test_pairs_near_the_threshold_are_scored_and_decided_as_by_rouge(seed: int, tokenizer: str, threshold: str) -> None:
    """Seven thousand pairs at each of three thresholds get rouge_score's F-measure and the exact verdict."""
    random = Random(seed)
    for _ in range(100):
        text, other = near_threshold(random, threshold)
        index = NoveltyIndex(threshold, tokenizer)
        index.add(text, "a")
        score, exact = rouge(text, other)

        found = index.nearest(other)

        assert found == (Similar("a", float(exact)) if exact >= Fraction(threshold) else None)
        assert index.most_similar(other).mean == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("threshold", ["0.7", "0.30000000000000004", "1", "1e-9"])
@settings(max_examples=150)
@given(
    texts=st.lists(st.lists(st.sampled_from(["a", "B", "c", "d1", "!", "é"]), max_size=9).map(" ".join), max_size=12)
)
def test_a_pool_answers_as_asked_entry_by_entry(texts: list[str], threshold: str) -> None:
    """The nearest of those that are too similar, the first added of equal ones, is what every pair's score says."""
    index, oracle = NoveltyIndex(threshold, "rouge"), Oracle(threshold)
    for number, text in enumerate(texts):
        assert index.nearest(text) == oracle.nearest(text)
        index.add(text, str(number))
        oracle.add(text)


@settings(max_examples=300)
@given(
    texts=st.lists(st.text(st.characters(codec=None, categories=None)), min_size=1, max_size=8),
    tokenizer=st.sampled_from(["rouge", "unicode"]),
)
def test_any_text_gets_an_answer_and_finds_itself(texts: list[str], tokenizer: str) -> None:
    """Whatever the characters, surrogates included, a text in the pool is found too similar to itself, with score 1."""
    index = NoveltyIndex(0.7, tokenizer)
    for number, text in enumerate(texts):
        index.add(text, str(number))

    for text in texts:
        found = index.nearest(text)
        assert found is not None
        assert found.score == 1.0


def stream(size: int, seed: int) -> list[str]:
    """Candidates as a model's might be: a third near-copies; now and then a duplicate, no token, or very long."""
    random = Random(seed)
    weights = [1 / (rank + 2.7) for rank in range(4000)]
    vocabulary = [f"v{rank}" for rank in range(4000)]
    texts: list[str] = []
    for number in range(size):
        kind = random.random()
        if texts and kind < 0.04:
            texts.append(random.choice(texts))
        elif kind < 0.06:
            texts.append(
                random.choice(
                    ["", " ", "?!", "写一首诗", "Привет, мир", "写一首诗 ", "\ud800", f"№ {chr(0x4E00 + number)}"]
                )
            )
        elif texts and kind < 0.35:
            texts.append(edited(random, random.choice(texts), vocabulary))
        else:
            length = random.randint(300, 700) if number % 300 == 7 else max(1, round(random.gauss(14, 7)))
            texts.append(" ".join(random.choices(vocabulary, weights, k=length)))
    return texts


def edited(random: Random, text: str, vocabulary: list[str]) -> str:
    """The text with one to six words left out, put in or changed."""
    words = text.split()
    for _ in range(random.randint(1, 6)):
        place = random.randint(0, len(words))
        words[place : place + random.choice([0, 1, 1])] = random.choice([[], [random.choice(vocabulary)]])
    return " ".join(words)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_a_stream_is_admitted_as_by_rouge(threshold: str) -> None:
    """3,000 candidates, duplicates, empty and very long ones among them, meet the same answers as by rouge_score."""
    texts = stream(3000, seed=3)
    oracle, expected = Oracle(threshold), []
    ids: list[str] = []
    for number, text in enumerate(texts):
        found = oracle.nearest(text)
        expected.append(found and Similar(ids[int(found.id)], found.score))
        if found is None:
            oracle.add(text)
            ids.append(f"t{number}")

    index = NoveltyIndex(float(threshold), "rouge")
    actual = index.admit((f"t{number}", text) for number, text in enumerate(texts))

    assert actual == expected
    assert len(index) == len(ids) > 1000


@pytest.mark.slow
def test_a_pool_of_many_thousand_answers_as_asked_entry_by_entry() -> None:
    """In a pool of 40,000 the nearest of what is too similar is found, among entries added early and late alike."""
    random = Random(5)
    texts = stream(40_000, seed=4)
    index, oracle = NoveltyIndex("0.7", "rouge"), Oracle("0.7")
    for number, text in enumerate(texts):
        index.add(text, str(number))
        oracle.add(text)

    asked = [edited(random, text, ["v1", "v5", "new"]) for text in [*random.sample(texts, 40), *texts[-10:]]]
    expected = [oracle.nearest(text) for text in asked]

    assert [index.nearest(text) for text in asked] == expected
    assert sum(found is not None for found in expected) > 25

"""The novelty index by example: edge cases, scripts, reports, memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from random import Random

import pytest
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.method.novelty import Neighbours, NoveltyIndex, Similar
from selfinstruct_chains.method.tokens import rouge_words, unicode_words

DATA = Path(__file__).parents[1] / "data"
LANGUAGES = [json.loads(line) for line in (DATA / "multilingual.jsonl").read_text("utf-8").splitlines()]
TIE = ("a b c d e f g h i j", "a b c d e f g x y z")
"""L = 7, m = n = 10: exactly 0.7."""


def numbered(word: str, count: int) -> str:
    """So many different words."""
    return " ".join(f"{word}{number}" for number in range(count))


@pytest.mark.parametrize(
    ("pool", "text", "expected"),
    [
        (TIE[0], TIE[1], 0.7),
        ("a b c d e f g 1 2", "a b c d e f g 3 4 5 6", 0.7),
        ("a b c d e f g", "a b c d e f g 1 2 3 4 5 6", 0.7),
        ("a b c d e f g", "a b c d e f g 1 2 3 4 5 6 7", None),
        ("Write a poem.", "write... A POEM!", 1.0),
        ("Write a poem.", "poem a write", None),
        ("a a a a", "a a a", 6 / 7),
        ("", "", 1.0),
        ("", " \t\n", 1.0),
        ("", "!", None),
        ("?!", " ?! ", 1.0),
        ("?!", "!?", None),
        ("❤️", "☀️", None),
        ("❤️", "❤️", 1.0),
        ("\ud800", "\ud800", 1.0),
        ("\ud800", "\udfff", None),
        ("\x00\x01", "\x02", None),
        ("a\x00b\x1bc", "a b c", 1.0),
        ("!", "a", None),
        ("word " * 10_000, "word " * 10_000, 1.0),
        ("word " * 10_000, "word " * 6_000, 0.75),
        ("word " * 10_000, "word " * 5_000, None),
        (f"{'x ' * 300}{numbered('a', 20)}", f"{'x ' * 300}{numbered('b', 200)}", 600 / 820),
        (f"{'x ' * 500}{numbered('a', 40)}", f"{'x ' * 500}{numbered('b', 350)}", 1000 / 1390),
        ("Übersetze ﬁn", "übersetze FIN", 1.0),
        ("Translate 'Привет' to English, please", "Translate 'привет' to English please!", 1.0),
    ],
)
def test_edge_cases(pool: str, text: str, expected: float | None) -> None:
    """Each text gets its exact verdict against a pool of one, both ways round."""
    for one, other in [(pool, text), (text, pool)]:
        index = NoveltyIndex()
        index.add(one, "x")

        assert index.nearest(other) == (None if expected is None else Similar("x", expected))


@pytest.mark.parametrize(
    "threshold", [0, 0.0, -0.1, 1.01, "x", "1/0", "nan", "inf", float("nan"), float("inf"), True, None, ""]
)
def test_a_threshold_out_of_range_is_refused(threshold: float | str) -> None:
    """Anything but a number above 0 and at most 1 is a ConfigError that names it."""
    with pytest.raises(ConfigError, match=r"novelty threshold .*: use a number above 0 and at most 1"):
        NoveltyIndex(threshold)


@pytest.mark.parametrize("threshold", [0.7, "0.7", "0.70", "7/10", "7e-1"])
def test_a_threshold_means_what_it_says(threshold: float | str) -> None:
    """0.7 is exactly 7/10 however it is written: at a tie the text is too similar."""
    index = NoveltyIndex(threshold)
    index.add(TIE[0], "x")

    assert index.nearest(TIE[1]) == Similar("x", 0.7)


def test_an_unknown_tokenizer_is_refused() -> None:
    """The error names the tokenizers there are and the one that may be meant."""
    with pytest.raises(ConfigError, match=r"'unicod': use rouge or unicode \(did you mean 'unicode'\?\)"):
        NoveltyIndex(0.7, "unicod")


def test_the_nearest_is_the_highest_score_and_then_the_first_added() -> None:
    """All that are too similar are weighed; ids play no part in the order."""
    index = NoveltyIndex(0.5)
    for id_, text in [("z", "a b c d e x y"), ("m", "a b c d e f x"), ("b", "a b c d e f y"), ("a", "a b c d e f z")]:
        index.add(text, id_)

    assert index.nearest("a b c d e f g") == Similar("m", 6 / 7)


def test_all_that_are_too_similar_are_told() -> None:
    """Each entry that reaches the threshold, whether it is the nearest or not; the nearest is the first of the best."""
    index = NoveltyIndex(0.6)
    texts = ["a b c d e", "v w x y z", "a b c d z", "a b c d e", "a b x y z"]
    for number, text in enumerate(texts):
        index.add(text, str(number))

    assert sorted(index.reaching("a b c d e")) == [("0", 1.0), ("2", 0.8), ("3", 1.0)]
    assert index.reaching("o p q") == []
    assert index.nearest("a b c d e") == ("0", 1.0)


def test_an_admitted_candidate_counts_for_those_after_it() -> None:
    """A batch is decided in order, and only the novel candidates join the pool."""
    index = NoveltyIndex()
    index.add("Write a poem about the sea", "seed")

    found = index.admit([("1", "Name three rivers"), ("2", "Write a poem about the sky"), ("3", "Name three rivers.")])

    assert found == [None, Similar("seed", 5 / 6), Similar("1", 1.0)]
    assert len(index) == 2
    assert index.nearest("Write a poem about the sky") == Similar("seed", 5 / 6)


def test_an_empty_pool_finds_everything_novel() -> None:
    """Nothing is similar to anything in a pool without entries."""
    index = NoveltyIndex()

    assert index.nearest("Write a poem") is None
    assert index.most_similar("Write a poem") == Neighbours([], 0.0)
    assert list(index.history()) == []


@pytest.mark.parametrize("row", LANGUAGES, ids=[row["language"] for row in LANGUAGES])
def test_near_duplicates_are_found_in_every_script(row: dict[str, str]) -> None:
    """A reworded sentence is too similar and another one is not, whether or not the script has spaces."""
    index = NoveltyIndex(0.7, "unicode")
    index.add(row["sentence"], "x")

    near, distinct = index.nearest(row["near"]), index.nearest(row["distinct"])

    assert near is not None
    assert 0.7 <= near.score < 1
    assert distinct is None


def test_the_papers_tokenizer_finds_exact_copies_in_other_scripts() -> None:
    """`rouge` sees no words in Chinese, so it compares such texts as strings and lets no copy in."""
    index = NoveltyIndex(0.7, "rouge")
    index.add("写一首关于大海的诗", "x")

    assert index.nearest("写一首关于大海的诗") == Similar("x", 1.0)
    assert index.nearest("写一首关于天空的诗") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop-it: 3.14", ["don", "t", "stop", "it", "3", "14"]),
        ("\uff26\uff35\uff2c\uff2c width", ["full", "width"]),
        ("Straße İstanbul", ["strasse", "i̇stanbul"]),
        ("हिन्दी में लिखें", ["हिन्दी", "में", "लिखें"]),
        ("写诗abc詩1", ["写", "诗", "abc", "詩", "1"]),
        ("カメラでとる", ["カ", "メ", "ラ", "で", "と", "る"]),
        ("เขียนที่นี่", ["เ", "ขี", "ย", "น", "ที่", "นี่"]),
        ("اكتب قصيدةً", ["اكتب", "قصيدةً"]),
        ("한국어 시", ["한국어", "시"]),
        ("e\u0301te\u0301", ["été"]),
        ("❤️ 👍🏽", []),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_words_of_other_scripts(text: str, expected: list[str]) -> None:
    """Marks stay with their letters, and scripts without spaces give a word for each character."""
    assert unicode_words(text) == expected


@pytest.mark.parametrize("text", ["", "Don't!", "A_b-C 9", "x\x00y\x7f\n", "".join(map(chr, range(128)))])
def test_ascii_words_are_rouges(text: str) -> None:
    """For ASCII text both tokenizers give exactly rouge_score's tokens."""
    expected = DefaultTokenizer(use_stemmer=False).tokenize(text)

    assert rouge_words(text) == unicode_words(text) == expected


@pytest.mark.parametrize("text", ["på Kelvin İ ß", "naïve café", "写abc", "\ud800x\u2028y", "١٢٣ ½"])
def test_rouge_words_are_rouges_for_any_text(text: str) -> None:
    """Outside ASCII, too, `rouge` gives rouge_score's tokens."""
    text = text.encode("utf-8", "ignore").decode()

    assert rouge_words(text) == DefaultTokenizer(use_stemmer=False).tokenize(text)


def test_reports_hold_the_ten_most_similar_and_the_mean() -> None:
    """Highest score first, the first added of equal ones; the mean is over the whole pool, all as by rouge_score."""
    random = Random(1)
    texts = [" ".join(random.choices("abcdefgh", k=random.randint(1, 12))) for _ in range(60)]
    score = RougeScorer(["rougeL"], use_stemmer=False).score
    index = NoveltyIndex()
    for number, text in enumerate(texts):
        index.add(text, str(number))

    nearest, mean = index.most_similar("a b c d e f")

    scores = [score(text, "a b c d e f")["rougeL"].fmeasure for text in texts]
    expected = sorted(range(60), key=lambda number: (-round(scores[number], 12), number))[:10]
    assert [similar.id for similar in nearest] == [str(number) for number in expected]
    assert [similar.score for similar in nearest] == pytest.approx([scores[number] for number in expected], abs=1e-9)
    assert mean == pytest.approx(sum(scores) / 60, abs=1e-9)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_the_history_is_what_each_entry_met_when_it_was_added(block: int) -> None:
    """In blocks of any size it equals asking `most_similar` before every `add`."""
    random = Random(2)
    growing, index, expected = NoveltyIndex(), NoveltyIndex(), []
    for number in range(40):
        text = " ".join(random.choices("abcdef", k=random.randint(0, 9)))
        expected.append(growing.most_similar(text, k=3))
        growing.add(text, str(number))
        index.add(text, str(number))

    assert list(index.history(k=3, block=block)) == expected


@pytest.mark.slow
def test_an_entry_takes_at_most_200_bytes() -> None:
    """50,000 texts with as many different words as instructions have (27,000), the vocabulary counted in."""
    random = Random(3)
    vocabulary = [f"word{rank}" for rank in range(35_000)]
    drawn = iter(random.choices(vocabulary, [(rank + 3.7) ** -1.2 for rank in range(35_000)], k=16 * 50_000))
    texts = [" ".join(next(drawn) for _ in range(16)) for _ in range(50_000)]
    index = NoveltyIndex()

    tracemalloc.start()
    for text in texts:
        index.add(text, "x")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held / len(index) <= 200

"""What admitting a candidate costs, next to what others do: `uv run python benchmarks/novelty.py [--quick]`.

A pool holds texts that were novel at 0.7 when they came; pools larger than the largest with rivals are filled up
with texts that are no copies, unchecked. Candidates are what follows in the same stream: a quarter of made texts are
near-copies. The stream that is admitted whole has more of them (0.65), so that its pool ends near half its size.
Texts are the same on every run.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from datasketch import MinHash, MinHashLSH
from rapidfuzz.distance import Indel
from rapidfuzz.process import extractOne
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.tokens import rouge_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADS = [
    *(
        "Write a",
        "Write a short story about",
        "Given a list of",
        "Explain",
        "Explain why",
        "Describe how to",
        "Create a",
    ),
    *("Suggest three", "Translate the following sentence into", "Summarize the", "What is the", "Convert", "Find the"),
    *("What are the best ways to", "Rewrite the sentence so that", "Classify the following", "Come up with", "Tell me"),
    *("How do I", "You are given a"),
]
WORDS = 35_000
_LONG = 50  # words from which texts are prompts rather than instructions
_WAYS = (
    "process pool of 4 over rouge_score",
    "rouge_score, one process",
    "rapidfuzz extractOne",
    "MinHash-LSH (128, 0.7)",
)


def corpus(size: int, *, copies: float = 0.25, seed: int = 0, mean: float = 15.9) -> list[str]:
    """Instruction-like texts: `mean` words on average, lengths log-normal, half of them begun as instructions begin.

    Words follow a Zipf-Mandelbrot law whose vocabulary grows as that of real instructions does (4,000 words in the
    first 1,000 texts, 27,000 in 50,000). `copies` of them are near-copies of an earlier text, 1 to 4 words changed.
    """
    draw = np.random.default_rng(seed)
    vocabulary = [_word(rank) for rank in range(WORDS)]
    weights = np.cumsum((np.arange(WORDS) + 3.7) ** -1.2)
    lengths = np.clip(draw.lognormal(math.log(mean) - 0.125, 0.5, size).round(), 4, 25 * mean).astype(int)
    ranks = np.searchsorted(weights, draw.random(lengths.sum()) * weights[-1]).tolist()
    copied, headed = draw.random(size) < copies, draw.random(size) < 0.5
    choice = draw.random((size, 6))
    texts: list[str] = []
    end = 0
    for number, length in enumerate(lengths.tolist()):
        words = [vocabulary[rank] for rank in ranks[end : end + length]]
        end += length
        if number and copied[number]:
            texts.append(_copy(texts[int(choice[number, 0] * number)], words, choice[number, 1:]))
            continue
        if headed[number]:
            head = HEADS[int(choice[number, 0] * len(HEADS))].split()
            if mean > _LONG:  # a template of forty words, as the prompts of one benchmark share it
                head += [vocabulary[(len(head) * 37 + ord(head[-1][0]) * place) % 500] for place in range(40)]
            words = [*head, *words[len(head) :]] if length > 2 * len(head) else words
        texts.append(" ".join(words).capitalize() + ".")
    return texts


def _copy(text: str, words: Sequence[str], choice: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    changed = text.rstrip(".").split()
    for share in choice[: 1 + int(choice[4] * 4)].tolist():
        changed[int(share * len(changed))] = words[int(share * len(words))]
    return " ".join(changed) + "."


def _word(rank: int) -> str:
    """A pronounceable word, another one for each rank, longer for rarer ones."""
    word = ""
    while rank or not word:
        rank, syllable = divmod(rank, 100)
        word += "bdfghklmnprstvwzcjxq"[syllable // 5] + "aeiou"[syllable % 5]
    return word + "n" if rank % 3 else word


class Cost(NamedTuple):
    """For one candidate, in seconds."""

    cpu: float
    wall: float
    sampled: int
    note: str = ""


def measured(ask: Callable[[str], object], candidates: Sequence[str]) -> tuple[Cost, list[bool]]:
    """The cost of asking about each candidate, and which of them were too similar."""
    cpu, wall = _cpu(), time.perf_counter()
    found = [bool(ask(text)) for text in candidates]
    count = len(candidates)
    return Cost((_cpu() - cpu) / count, (time.perf_counter() - wall) / count, count), found


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def process_pool(texts: list[str]) -> Callable[[str], bool]:
    """The first implementation's way: for each candidate, four processes that score it with every text."""
    score = RougeScorer(["rougeL"], use_stemmer=False).score

    def ask(text: str) -> bool:
        with multiprocessing.get_context("fork").Pool(4) as workers:
            scores = workers.map(partial(score, text), texts)
        workers.join()
        return bool(max(each["rougeL"].fmeasure for each in scores) >= 0.7)

    return ask


def single_process(texts: list[str]) -> Callable[[str], bool]:
    """The same in a plain loop, up to the first that is too similar."""
    score = RougeScorer(["rougeL"], use_stemmer=False).score
    return lambda text: any(score(each, text)["rougeL"].fmeasure >= 0.7 for each in texts)


def extract_one(texts: list[str]) -> Callable[[str], bool]:
    """Words coded as characters, which is rapidfuzz's quickest form."""
    code: dict[str, str] = {}

    def coded(text: str) -> str:
        return "".join([code.setdefault(word, _character(len(code))) for word in rouge_words(text)])

    pool, scorer = [coded(text) for text in texts], Indel.normalized_similarity
    return lambda text: extractOne(coded(text), pool, scorer=scorer, score_cutoff=0.7 - 1e-9) is not None


def _character(number: int) -> str:
    return chr(number if number < 0xD800 else number + 0x800)  # surrogates are no characters


def minhash_lsh(texts: list[str]) -> Callable[[str], bool]:
    """The usual setting, unverified."""
    index = MinHashLSH(threshold=0.7, num_perm=128)

    def hashed(text: str) -> MinHash:
        result = MinHash(num_perm=128)
        result.update_batch([word.encode() for word in set(rouge_words(text))])
        return result

    for number, text in enumerate(texts):
        index.insert(number, hashed(text))
    return lambda text: bool(index.query(hashed(text)))


def compare(texts: list[str], index: NoveltyIndex, candidates: list[str], sample: int) -> list[tuple[str, Cost]]:
    """The cost of each way at this pool; the slow ones with `sample` candidates."""
    own, verdicts = measured(index.nearest, candidates)
    rows = [("this index", own)]
    ways = (process_pool, sample), (single_process, sample), (extract_one, 50 * sample), (minhash_lsh, len(candidates))
    for name, (make, count) in zip(_WAYS, ways, strict=True):
        cost, found = measured(make(texts), candidates[:count])
        rows.append((name, cost._replace(note=_agreement(verdicts[:count], found) if make is minhash_lsh else "")))
    return rows


def _agreement(truth: list[bool], found: list[bool]) -> str:
    hits = sum(a and b for a, b in zip(truth, found, strict=True))
    return f"recall {hits / max(sum(truth), 1):.2f}, false {sum(found) - hits} of {len(found)}"


def novel_texts(texts: Sequence[str], size: int) -> tuple[list[str], int]:
    """The first `size` texts that are novel among those before them, and how many were looked at."""
    index, novel = NoveltyIndex(), list[str]()
    for seen, text in enumerate(texts):
        if len(novel) == size:
            return novel, seen
        if index.admit([("", text)]) == [None]:
            novel.append(text)
    return novel, len(texts)


def filled(texts: Sequence[str]) -> NoveltyIndex:
    """An index of the texts."""
    index = NoveltyIndex()
    for number, text in enumerate(texts):
        index.add(text, str(number))
    return index


def held(texts: Sequence[str]) -> float:
    """Bytes that an index holds for each entry beyond the texts and their ids; its vocabulary counts."""
    tracemalloc.start()
    index = NoveltyIndex()
    for text in texts:
        index.add(text, "")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(texts)


def print_rivals(novel: list[str], candidates: list[str], sizes: Sequence[int], sample: int) -> None:
    """One block for each pool size: every way, its times, and how many times this index's they are."""
    print("\nOne candidate, against pools of novel texts")
    print(f"{'pool':>9}  {'way':<37}{'CPU':>10}{'wall':>10}{'x CPU':>9}{'x wall':>9}{'asked':>7}")
    for size in sizes:
        rows = compare(novel[:size], filled(novel[:size]), candidates, sample)
        own = rows[0][1]
        for name, cost in rows:
            ratios = f"{cost.cpu / own.cpu:>9,.0f}{cost.wall / own.wall:>9,.0f}"
            print(f"{size:>9,}  {name:<37}{_time(cost.cpu):>10}{_time(cost.wall):>10}{ratios}{cost.sampled:>7,}")
            if cost.note:
                print(f"{'':>11}  {cost.note}")


def print_growth(texts: Sequence[str], candidates: list[str], sizes: Sequence[int]) -> None:
    """This index alone: building it from texts, asking it, what it holds."""
    print("\nThis index alone")
    print(f"{'pool':>9}{'built in':>12}{'an entry':>12}{'a candidate':>13}{'slope':>8}{'bytes/entry':>13}")
    before: tuple[int, float] | None = None
    for size in sizes:
        start = _cpu()
        index = filled(texts[:size])
        built = _cpu() - start
        cost = min(measured(index.nearest, candidates)[0].cpu for _ in range(3))
        slope = f"{math.log(cost / before[1]) / math.log(size / before[0]):.2f}" if before else ""
        row = f"{size:>9,}{_time(built):>12}{_time(built / size):>12}{_time(cost):>13}{slope:>8}"
        print(f"{row}{held(texts[:size]):>13.0f}")
        before = size, cost


def print_stream(texts: list[str]) -> None:
    """Admitting a whole stream, one by one."""
    index, start = NoveltyIndex(), _cpu()
    index.admit(("", text) for text in texts)
    took = _cpu() - start
    words = sum(len(text.split()) for text in texts) / len(texts)
    print(f"\nA stream of {len(texts):,} candidates of {words:.0f} words into a pool that ends at {len(index):,}:")
    print(f"{_time(took)} of CPU")


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:,.2f} {unit}"
    return f"{seconds * 1e6:,.1f} us"


def read_texts(path: Path, field: str) -> list[str]:
    """The texts of a JSONL file."""
    return [json.loads(line)[field] for line in path.read_text("utf-8").splitlines()]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 5000, 10_000, 50_000], help="pools with rivals")
    parser.add_argument("--own", type=int, nargs="*", default=[50_000, 200_000, 1_000_000], help="pools of this index")
    parser.add_argument("--stream", type=int, default=100_000, help="candidates admitted one by one; 0 for none")
    parser.add_argument(
        "--long", type=int, default=55_000, help="prompts of 170 words, admitted one by one; 0 for none"
    )
    parser.add_argument("--candidates", type=int, default=1000, help="asked of each pool")
    parser.add_argument("--sample", type=int, default=3, help="of those, for rouge_score; 50 times it for extractOne")
    parser.add_argument("--quick", action="store_true", help="seconds instead of half an hour")
    parser.add_argument("--corpus", type=Path, help="JSONL to use instead of made texts")
    parser.add_argument("--field", default="instruction", help="its key for the text")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.own, options.stream = [100, 300], [300, 1000, 3000], 2000
        options.candidates, options.sample, options.long = 50, 1, 500
    return options


def main() -> None:
    """Print the tables."""
    options = arguments()
    largest, count = max([*options.sizes, 1]), options.candidates
    texts = read_texts(options.corpus, options.field) if options.corpus else corpus(2 * largest + count)
    novel, seen = novel_texts(texts, largest)
    candidates = texts[seen : seen + count] or texts[-count:]
    words = sum(len(text.split()) for text in texts) / len(texts)
    print(
        f"{options.corpus or 'made texts'}: {words:.1f} words on average; novel {len(novel):,} of the first {seen:,}."
    )
    print("CPU includes child processes; x: times this index's; asked: number of candidates.")
    print_rivals(novel, candidates, [size for size in options.sizes if size <= len(novel)], options.sample)
    if options.own:
        more = [] if options.corpus else corpus(max(options.own), copies=0, seed=1)
        own = [*novel, *more]
        print_growth(own, candidates, [size for size in options.own if size <= len(own)])
    if options.stream:
        print_stream(texts[: options.stream] if options.corpus else corpus(options.stream, copies=0.65, seed=2))
    if options.long:
        print_stream(corpus(options.long, seed=3, mean=170))


if __name__ == "__main__":
    main()

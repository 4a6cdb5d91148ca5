"""How much of a run's instructions is in another's, by the exact ROUGE-L of the novelty filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.run.telling import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selfinstruct_chains.method.tokens import Tokenizer
    from selfinstruct_chains.outputs.compare.side import Said, Side
    from selfinstruct_chains.run.telling import Told

SHOWN = 10
"""Pairs of instructions that are kept of each two runs, the nearest."""


class Yardstick(NamedTuple):
    """By what instructions of all the runs are compared."""

    threshold: float
    """ROUGE-L F-measure from which on two are too similar: the first run's."""
    tokenizer: Tokenizer
    """The runs', or "unicode" where they have not one, or not one language."""


class Pair(NamedTuple):
    """Two instructions."""

    score: float
    """ROUGE-L F-measure, 0 to 1."""
    one: Said
    other: Said


class Overlap(NamedTuple):
    """How much of two runs' instructions is in the other."""

    one: str
    """Its letter."""
    other: str
    one_in_other: int
    """Instructions of `one` that are too similar to one of `other`."""
    other_in_one: int
    median_one: float | None
    """Half of the sample of `one` is at this F-measure or above with its nearest of `other`; None without any."""
    median_other: float | None
    """The other way round."""
    nearest: Sequence[Pair]
    """The most similar first, each instruction once: of all that are too similar, and of the samples'."""


def yardstick(sides: Sequence[Side]) -> Yardstick:
    """What all of them can be compared by."""
    tokenizers = {side.config.novelty.tokenizer for side in sides}
    is_one = len(tokenizers) == 1 and len({side.languages for side in sides}) == 1
    return Yardstick(sides[0].config.novelty.threshold, tokenizers.pop() if is_one else "unicode")


def overlaps(sides: Sequence[Side], by: Yardstick, on_progress: Told) -> list[Overlap]:
    """Each two of the runs: all of their instructions are compared, 0.3 ms each at 50,000, and the samples in full."""
    indexes = [_index(side.instructions, by) for side in sides]
    return [
        _overlap((one, indexes[at]), (other, indexes[place]), on_progress)
        for place, other in enumerate(sides)
        for at, one in enumerate(sides[:place])
    ]


def _index(instructions: Iterable[Said], by: Yardstick) -> NoveltyIndex:
    """By their places."""
    index = NoveltyIndex(by.threshold, by.tokenizer)
    for place, said in enumerate(instructions):
        index.add(said.text, str(place))
    return index


def _overlap(one: tuple[Side, NoveltyIndex], other: tuple[Side, NoveltyIndex], on_progress: Told) -> Overlap:
    (a, index), (b, reverse) = one, other
    hits: set[int] = set()
    near: dict[tuple[int, int], float] = {}
    stage = f"comparing {a.letter} and {b.letter}"
    for place, said in enumerate(telling(b.instructions, on_progress, stage, len(b.instructions))):
        if found := index.reaching(said.text):
            hits.update(int(similar.id) for similar in found)
            best = max(found, key=lambda similar: (similar.score, -int(similar.id)))
            near[int(best.id), place] = best.score
    back = len(near)
    forth, forth_pairs = _sampled(a, reverse, on_progress, f"comparing {a.letter} with all of {b.letter}")
    again, again_pairs = _sampled(b, index, on_progress, f"comparing {b.letter} with all of {a.letter}")
    near |= forth_pairs | {(at, place): score for (place, at), score in again_pairs.items()}
    pairs = _nearest(near, a.instructions, b.instructions)
    return Overlap(a.letter, b.letter, len(hits), back, forth, again, pairs)


def _sampled(
    side: Side, index: NoveltyIndex, on_progress: Told, stage: str
) -> tuple[float | None, dict[tuple[int, int], float]]:
    """The median over a run's sample, and its pairs by their places."""
    places = {said.id: place for place, said in enumerate(side.instructions)}
    found = index.compare((task.instruction for task in side.sample), k=1)
    pairs = {
        (places[task.id], int(one.nearest[0].id)): one.nearest[0].score
        for task, one in zip(telling(side.sample, on_progress, stage, len(side.sample)), found, strict=True)
        if one.nearest
    }
    scores = sorted(pairs.values())
    return (scores[len(scores) // 2] if scores else None), pairs


def _nearest(near: dict[tuple[int, int], float], ones: Sequence[Said], others: Sequence[Said]) -> list[Pair]:
    """The highest scores, each instruction once."""
    taken: set[tuple[str, int]] = set()
    found: list[Pair] = []
    for (at, place), score in sorted(near.items(), key=lambda pair: (-pair[1], pair[0])):
        both = {("one", at), ("other", place)}
        if not taken & both:
            taken |= both
            found.append(Pair(score, ones[at], others[place]))
        if len(found) == SHOWN:
            break
    return found

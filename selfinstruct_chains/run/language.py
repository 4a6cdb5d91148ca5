"""Which language a chain's tasks are in, and its words: as the chain file says, or as its seeds show."""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from selfinstruct_chains.config import UNDETERMINED, LanguageFilter, whole_language
from selfinstruct_chains.files.languages import ENGLISH, load_language, load_languages
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import SEEDS
from selfinstruct_chains.method.identifying import known, rank, shown
from selfinstruct_chains.method.lexicon import Lexicon, lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.files.seeds import Draft
    from selfinstruct_chains.tasks import Task

_LOOKED_AT = 60  # seeds: their language shows in fewer
_COUNTED = 1000  # seeds by whose languages a chain is checked
_NOTABLE = 0.05  # share of the seeds, and two of them


def in_language(config: ChainConfig, seeds: Sequence[Task] | Sequence[Draft]) -> ChainConfig:
    """`config` with its language: its own, else that of most `seeds`, else "und"; its prompts say what it asks for."""
    config = config.told()
    if config.language:
        return config
    return config.model_copy(update={"language": found_language(seeds)})


def found_language(seeds: Sequence[Task] | Sequence[Draft]) -> str:
    """The language of most instructions, as a BCP 47 tag; "und" if no language has half of them."""
    if all(task.instruction in _shipped() for task in seeds):
        return ENGLISH
    step = max(1, len(seeds) // _LOOKED_AT)
    return _found(tuple(task.instruction for task in seeds[::step]))


def lexicon_of(config: ChainConfig) -> Lexicon:
    """The words of the chain's language and of English, whose rules apply too since models fall back into it.

    Where nothing is known of the language only its replies' labels, yes and no are understood, of all languages.
    """
    return _lexicon(tuple(_tags(config)))


def language_line(config: ChainConfig, seeds: Sequence[Task]) -> str:
    """Which language it is, where that comes from, and what is not known of it."""
    language = in_language(config, seeds).language or UNDETERMINED
    tag = ", ".join(f"{tag} {share:.0%}" for tag, share in language.items()) if isinstance(language, dict) else language
    whence = "the chain's key" if config.language else f"found on {len(seeds)} seeds"
    if lexicon_of(in_language(config, seeds)).languages:
        return f"language: {tag} ({whence})"
    lacks = "the seeds are in several" if tag == UNDETERMINED and not config.language else "it has no words here yet"
    rules = "the rules that need words don't apply: refusals, keywords, placeholders"
    line = f"language: {tag} ({whence}); {lacks}, so {rules}"
    return line if config.language else f"{line}; where it is known, say language: TAG in the chain"


def filter_line(config: ChainConfig) -> str:
    """What the filter `language` will do with this chain, or why nothing; "" without one. Takes `in_language`'s."""
    found = next((one for one in config.filters if isinstance(one, LanguageFilter)), None)
    if found is None:
        return ""
    if not found.probability:
        return "filter language: off (probability: 0)"
    told_apart = [tag for tag in _tags(config) if whole_language(tag) in known()]
    if not told_apart:
        return "filter language: drops nothing, since the language is not known to it"
    which, place = ", ".join(told_apart), config.filters.index(found)
    return f"filter language: drops what is clearly not in {which} (filters.{place}.probability: {found.probability:g})"


def about_languages(config: ChainConfig, seeds: Sequence[Task]) -> Iterator[str]:
    """Warnings where the seeds are in several languages, or in none that is asked for. Takes `in_language`'s."""
    counts = _shown_languages(seeds)
    several = {tag: n for tag, n in counts.most_common() if n >= max(2, _NOTABLE * counts.total())}
    if len(several) > 1 and not isinstance(config.language, dict):
        said = ", ".join(f"{tag} {count}" for tag, count in several.items())
        yield f"warning: seeds by language: {said}; for tasks in all of them, language: {_shares(several)}"
    for tag in _tags(config):
        if counts and whole_language(tag) in known() - counts.keys():
            yield f"warning: no seed is in {tag}, which requests ask for while they show seeds"


def _shown_languages(seeds: Sequence[Task]) -> Counter[str]:
    """How many seeds show which language; those that show none are left out."""
    if all(task.instruction in _shipped() for task in seeds):
        return Counter({ENGLISH: len(seeds)})
    looked_at = seeds[:: 1 + len(seeds) // _COUNTED]
    counts = Counter(shown(task.instruction).tag for task in looked_at)
    del counts[UNDETERMINED]
    return counts


def _shares(counts: dict[str, int]) -> str:
    """As `language` of a chain file has them: they add up to 1."""
    first, *others = counts
    shares = {tag: round(counts[tag] / sum(counts.values()), 2) for tag in others}
    shares = {first: round(1 - sum(shares.values()), 2), **shares}
    return ", ".join(f"{tag}: {share:g}" for tag, share in shares.items()).join("{}")


def _tags(config: ChainConfig) -> list[str]:
    """Those of the chain's languages."""
    return list(config.language) if isinstance(config.language, dict) else [config.language or UNDETERMINED]


def languages(texts: Iterable[str]) -> Counter[str]:
    """How many texts are in which language, as it looks; of a short one the guess is poor."""
    return Counter(rank(text)[0][0] for text in texts)


@lru_cache(maxsize=32)
def _found(texts: tuple[str, ...]) -> str:
    shares: dict[str, float] = {}
    for text in texts:
        for tag, probability in rank(text)[:3]:
            whole = whole_language(tag)
            shares[whole] = shares.get(whole, 0.0) + probability
    tag = max(shares, key=lambda tag: shares[tag])
    return tag if 2 * shares[tag] > len(texts) else UNDETERMINED


@cache
def _shipped() -> frozenset[str]:
    """The instructions of the shipped seeds, which are English; a run of these need not load the identifier."""
    return frozenset(task.instruction for task in read_seeds(SEEDS))


@lru_cache(maxsize=32)
def _lexicon(tags: tuple[str, ...]) -> Lexicon:
    known = [language for tag in tags if (language := load_language(tag)) and language.refusals]
    english = load_language(ENGLISH)
    if known and english and english not in known:
        known.append(english)
    return lexicon(known, load_languages())

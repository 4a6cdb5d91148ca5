"""Which language a chain's tasks are in, and its words: as the chain file says, or as its seeds show."""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from selfinstruct_chains.config import UNDETERMINED
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.languages import ENGLISH, load_language, load_languages, whole_language
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import SEEDS
from selfinstruct_chains.method.lexicon import Lexicon, lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from py3langid.langid import LanguageIdentifier

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.files.seeds import Draft
    from selfinstruct_chains.tasks import Task

_LOOKED_AT = 60  # seeds: their language shows in fewer
_LONGEST = 300  # characters of an instruction


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
    return _found(tuple(task.instruction[:_LONGEST] for task in seeds[::step]))


def lexicon_of(config: ChainConfig) -> Lexicon:
    """The words of the chain's language and of English, whose rules apply too since models fall back into it.

    Where nothing is known of the language only its replies' labels, yes and no are understood, of all languages.
    """
    tags = config.language if isinstance(config.language, dict) else [config.language or UNDETERMINED]
    return _lexicon(tuple(tags))


def language_line(config: ChainConfig, seeds: Sequence[Task]) -> str:
    """Which language it is, where that comes from, and what is not known of it."""
    language = in_language(config, seeds).language or UNDETERMINED
    tag = ", ".join(f"{tag} {share:.0%}" for tag, share in language.items()) if isinstance(language, dict) else language
    whence = "the chain's key" if config.language else f"found on {len(seeds)} seeds"
    if lexicon_of(in_language(config, seeds)).languages:
        return f"language: {tag} ({whence})"
    lacks = "the seeds are in several" if tag == UNDETERMINED and not config.language else "it has no words here yet"
    return (
        f"language: {tag} ({whence}); {lacks}, so the rules that need words don't apply: refusals, keywords, "
        "placeholders; where it is known, say language: TAG in the chain"
    )


def languages(texts: Iterable[str]) -> Counter[str]:
    """How many texts are in which language, as it looks; of a short one the guess is poor."""
    return Counter(_identifier().rank(text[:_LONGEST])[0][0] for text in texts)


@lru_cache(maxsize=32)
def _found(texts: tuple[str, ...]) -> str:
    shares: Counter[str] = Counter()
    for text in texts:
        for tag, probability in _identifier().rank(text)[:3]:
            shares[whole_language(tag)] += probability
    tag, share = max(shares.items(), key=lambda item: (item[1], item[0]), default=("", 0.0))
    return tag if 2 * share > len(texts) else UNDETERMINED


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:  # it unpacks its model into the temporary folder
        raise ConfigError(
            f"the seeds' language can't be found, as the temporary folder can't be written ({error.strerror}); make "
            "room there, or say language: TAG in the chain"
        ) from None


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

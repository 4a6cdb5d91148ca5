"""What one language says for the method: prompts/languages/*.yaml, whose README tells each key."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Len
from pydantic import Field, StringConstraints

from selfinstruct_chains.config.base import Closed
from selfinstruct_chains.config.phrases import expression

UNDETERMINED = "und"
"""BCP 47's tag of a language that is not known: rules that need one don't apply."""
_VARIETIES = {"arz": "ar", "ary": "ar", "wuu": "zh", "yue": "zh"}
"""Egyptian and Moroccan Arabic, Wu and Cantonese, which ISO 639-3 has within a language of their script."""
Family: TypeAlias = Literal["example", "task", "echo", "input", "material", "output", "class", "answer"]
"""The groups of labels. "material" (Sentence, Email) and "answer" (Answer, Category) are labels where no others are."""
Words = Annotated[
    tuple[Annotated[str, StringConstraints(strict=True, pattern=r"\S", max_length=1000)], ...], Len(max_length=300)
]


class Keywords(Closed):
    """When an instruction asks for what a text model can't see, hear, open, fetch or draw."""

    always: Words = ()
    """Such things pointed at, wherever that stands: "this image"."""
    orders: Words = ()
    """Orders for them: "draw a picture"."""
    leads: Words = ()
    """Words behind which an order may begin, besides the text's beginning and a stop; none: it may begin anywhere."""
    explained: Words = ()
    """Before an order: it is not to be done but told how: "how to"."""
    as_text: Words = ()
    """Anywhere: what is ordered can be written: "in Mermaid", "mind map"."""


class Language(Closed):
    """One language."""

    name: str
    spaced: bool = True
    """Whether its words are written with blanks between them."""
    yes_words: Words = ()
    no_words: Words = ()
    offers: Words = ()
    """What follows a yes that is no answer: "Yes, I can help you ..."."""
    about_classes: Words = ()
    """What such a sentence holds if it is an answer after all: "Yes, I would say that it is classification"."""
    nothing: Words = ()
    """Whole texts that stand where there is no input."""
    labels: dict[Family, Words] = Field(default_factory=dict)
    """What models call the parts of an instance."""
    lists: dict[str, Words] = Field(default_factory=dict)
    """Phrases that others name."""
    refusals: Words = ()
    """How a model that refuses, or speaks of itself, begins."""
    requests: Words = ()
    """How an output begins that asks for what was not given."""
    keywords: Keywords = Keywords()
    edits: Words = ()
    """Words of an instruction whose output is nearly its input."""
    dummies: Words = ()
    """Words of an instruction for which a file's name ("input.txt") or filler text is meant as it stands."""
    placeholders: Words = ()
    """Whole texts that stand for one that is still to be written."""

    def phrases(self) -> dict[str, Words]:
        """All lists of phrases, by dotted key."""
        own = {"offers", "about_classes", "nothing", "refusals"}
        own |= {"requests", "edits", "dummies", "placeholders"}
        found = {key: getattr(self, key) for key in sorted(own)}
        found |= {f"keywords.{key}": getattr(self.keywords, key) for key in Keywords.model_fields}
        return found | {f"lists.{key}": words for key, words in self.lists.items()}

    def expression(self, phrases: Words) -> str:
        """A regular expression for one of `phrases`."""
        return expression(phrases, self.lists, spaced=self.spaced)


def tag(text: Any) -> str:
    """A BCP 47 tag, in its usual writing.

    Raises:
        ValueError: it is none.
    """
    import langcodes

    if text is False:  # Norwegian: what YAML makes of a bare no
        text = "no"
    try:
        if isinstance(text, str) and langcodes.tag_is_valid(text):
            return langcodes.standardize_tag(text, macro=True)
    except ValueError:
        pass
    raise ValueError("must be a BCP 47 tag, like en, de, pt-BR or zh-Hant")


def whole_language(tag: str) -> str:
    """The language of a BCP 47 tag alone: "pt" for "pt-BR"; that which a spoken variety is within: "zh" for "yue"."""
    language = tag.partition("-")[0].lower()
    return _VARIETIES.get(language, language)


def language_name(tag: str, *, own: bool = False) -> str:
    """What English calls a language, or its `own` name: "German" or "Deutsch" for "de"; "" for ""."""
    import langcodes

    if not tag:
        return ""
    language = langcodes.Language.get(tag)
    return language.autonym() if own else language.display_name()

"""How good one answer is, by the measures that need no judge.

ROUGE-L is rouge-score's, as Super-NaturalInstructions scores it (Wang et al. 2022b, section 5.1): with its stemmer, the
best over the references. Each measure is taken of the whole answer *and* of its first paragraph: half to two thirds of
what fine-tuning gained in the paper is that the model learned to stop.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import LCSseq
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct_chains.method.tokens import rouge_words, unicode_words
from selfinstruct_chains.tasks import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.files.predictions import Answer

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


class Likelihood(NamedTuple):
    """How unexpected an item's reference is to a model, in nats; lower is better."""

    nll: float
    """Negative log-likelihood of its tokens, the mean over them, without its end."""
    end_nll: float
    """That of the token that ends it."""


class Score(NamedTuple):
    """The measures of one answer; F-measures and shares as percents, 0 to 100."""

    rouge: float
    """ROUGE-L F-measure of the whole answer."""
    rouge_first: float
    """The same of its first paragraph."""
    unicode: float
    """ROUGE-L by words of any script, without a stemmer: for texts that rouge-score can't see."""
    exact: float | None
    """Whether it is the label, 100 or 0; None where the item is no classification."""
    exact_first: float | None
    stops: float | None
    """Whether the model ended by itself, 100 or 0; None where that is not known."""
    words: float
    """Words between blanks."""
    nll: float | None = None
    """`Likelihood.nll`; None where the weights are not at hand."""
    end_nll: float | None = None


def score(item: Item, answer: Answer, likelihood: Likelihood | None = None) -> Score:
    """The measures of an answer to `item`, and of the item's reference where that is known."""
    text, first = answer.text, first_paragraph(answer.text)
    return Score(
        rouge=rouge_l(text, item.references),
        rouge_first=rouge_l(first, item.references),
        unicode=unicode_rouge_l(text, item.references),
        exact=_exact(text, item),
        exact_first=_exact(first, item),
        stops=None if answer.stopped is None else 100.0 * answer.stopped,
        words=float(len(text.split())),
        nll=likelihood.nll if likelihood else None,
        end_nll=likelihood.end_nll if likelihood else None,
    )


def rouge_l(text: str, references: Iterable[str]) -> float:
    """rouge-score's ROUGE-L F-measure with its stemmer, 0 to 100: that with the reference it is best with.

    0 for a text without ASCII letters or digits, even beside itself.
    """
    return 100 * max(float(_scorer().score(reference, text)["rougeL"].fmeasure) for reference in references)


def unicode_rouge_l(text: str, references: Iterable[str]) -> float:
    """As `rouge_l`, by words of any script and without a stemmer."""
    words = unicode_words(text)
    return 100 * max(_f_measure(unicode_words(reference), words) for reference in references)


def is_unseen(item: Item) -> bool:
    """Whether rouge-score sees no word in any reference, so that each answer has ROUGE-L 0."""
    return not any(rouge_words(reference) for reference in item.references)


def first_paragraph(text: str) -> str:
    """What stands before the first blank line, blanks at the ends apart."""
    return _BLANK_LINE.split(text.strip(), maxsplit=1)[0].strip()


def _f_measure(one: list[str], other: list[str]) -> float:
    return 2 * LCSseq.similarity(one, other) / ((len(one) + len(other)) or 1)


def _exact(text: str, item: Item) -> float | None:
    if not item.is_classification:
        return None
    return 100.0 * (label(text) in {label(reference) for reference in item.references})


@cache
def _scorer() -> RougeScorer:
    return RougeScorer(["rougeL"], use_stemmer=True)

"""Which instructions and instances are dropped, and by which rule: paper section 2.2, step 4. Pure functions.

Every rule has a name, which stands in `rejected.jsonl`. Filters apply in the order of the chain file; a rule whose
filter is not there doesn't apply. Novelty is `method.novelty`'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Indel

from selfinstruct_chains.characters import QUOTES, TITLES
from selfinstruct_chains.config import (
    UNDETERMINED,
    EchoFilter,
    KeywordFilter,
    LanguageFilter,
    LengthFilter,
    OpeningFilter,
    RefusalFilter,
)
from selfinstruct_chains.config.phrases import folded
from selfinstruct_chains.method.identifying import is_foreign
from selfinstruct_chains.method.keywords import keyword, names_a_language
from selfinstruct_chains.method.lexicon import Lexicon
from selfinstruct_chains.method.material import carries_material
from selfinstruct_chains.method.refusals import asks_back, has_placeholder, refuses
from selfinstruct_chains.tasks import Dropped, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selfinstruct_chains.config import Filter
    from selfinstruct_chains.tasks import Instance, Rule

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_CHARACTERS_PER_WORD = 2  # in scripts written without spaces
_WORD = re.compile(r"[^\W\d_]{2,}")
_OWN_WORDS = 3  # in the seeds' script, that make an instruction about a text in another
_PROGRAM = re.compile(r"(?i)\s*write a program\b")
_ROUNDING = 1e-9
_NO_WORDS = Lexicon()
_OPENERS = "¿¡"  # Spanish sentences begin with them
_CODE_LINE = re.compile(r"[^\n]*[()\[\]{}=]|\s*(?:case|class|default|else|except|finally|for|if|try|while)\b")


def drop_instruction(
    text: str,
    filters: Sequence[Filter],
    scripts: frozenset[str],
    lexicon: Lexicon = _NO_WORDS,
    language: str = UNDETERMINED,
) -> Rule | None:
    """The name of the first rule that drops an instruction, None if it may stay.

    Rules: "too_short", "too_long", "keyword", "punctuation", "script", "write_a_program", "refusal", "language".

    Args:
        text: The instruction.
        filters: In the order in which they apply.
        scripts: Those that instructions may be written in, see `scripts`; empty for any.
        lexicon: The words of the chain's languages; without, only rules that need none apply.
        language: The BCP 47 tag of the one that it was asked for in; "und": any.
    """
    for each in filters:
        rule: Rule | None
        if isinstance(each, LanguageFilter):
            rule = "language" if is_foreign(text, language, each.probability) else None
        else:
            rule = _instruction_rule(text, each, scripts, lexicon)
        if rule:
            return rule
    return None


def keep_instances(  # noqa: PLR0913 - instances, what they are of, and what is known of languages
    instances: Sequence[Instance],
    filters: Sequence[Filter],
    *,
    is_classification: bool,
    max_instances: int,
    instruction: str = "",
    lexicon: Lexicon = _NO_WORDS,
) -> tuple[list[Instance], list[Dropped]]:
    """The instances that stay and those that are dropped, each in their order.

    Rules, for each instance: "empty" (no output; for classification also no input, unless the instruction carries its
    material), "echo", "colon", "refusal", "placeholder". Of what is left: "empty" (no input where the first has one or
    most have), "duplicate", "conflict" (one input with different outputs: all of those go, since which is right is
    unknown; without input all but the first, since two poems don't contradict each other), and "max_instances".

    Args:
        instances: In the order of the reply.
        filters: In the order in which they apply.
        is_classification: Whether outputs are class labels.
        max_instances: How many may stay, the first ones.
        instruction: What they are instances of: where it asks to correct or change a text, a near copy is no "echo".
        lexicon: The words of the chain's languages; without, only rules that need none apply.
    """
    task = _Asked(
        instruction,
        needs_input=is_classification and not carries_material(instruction),
        edits=bool(lexicon.edits.search(folded(instruction))),
    )
    rules = [_instance_rule(instance, filters, task, lexicon) for instance in instances]
    kinds = {each.kind for each in filters}
    if "empty" in kinds:
        _mark_without_input(instances, rules)
    if "duplicate" in kinds:
        _mark_duplicates(instances, rules, is_classification)
    if "conflict" in kinds:
        _mark_conflicts(instances, rules, is_classification)
    for surplus in [index for index, rule in enumerate(rules) if rule is None][max_instances:]:
        rules[surplus] = "max_instances"
    pairs = list(zip(instances, rules, strict=True))
    dropped = [Dropped(instance=instance, rule=rule) for instance, rule in pairs if rule is not None]
    return [instance for instance, rule in pairs if rule is None], dropped


def scripts(texts: Iterable[str]) -> frozenset[str]:
    """The scripts that texts are mainly written in, by the names Unicode gives their letters ("LATIN", "CJK", ...)."""
    return frozenset(counts.most_common(1)[0][0] for text in texts if (counts := _letters(text)))


def _instruction_rule(text: str, each: Filter, scripts: frozenset[str], lexicon: Lexicon) -> Rule | None:
    match each:
        case LengthFilter():
            return _length(text, each)
        case KeywordFilter():
            return "keyword" if keyword(text, lexicon, each.words, builtin=each.builtin) else None
        case OpeningFilter():
            return _opening(text, each, scripts)
        case RefusalFilter():
            return "refusal" if refuses(text, lexicon, each.phrases) else None
        case _:
            return None


def _length(text: str, limits: LengthFilter) -> Rule | None:
    unspaced = len(_UNSPACED.findall(text))
    spaced = len(_UNSPACED.sub(" ", text).split()) if unspaced else len(text.split())
    words = spaced + unspaced // _CHARACTERS_PER_WORD
    return "too_short" if words < limits.min_words else "too_long" if words > limits.max_words else None


def _opening(text: str, each: OpeningFilter, scripts: frozenset[str]) -> Rule | None:
    first = text.lstrip()[:1]
    if first and first not in _OPENERS and unicodedata.category(first)[0] in "PS" and not _opens_with_a_quote(text):
        return "punctuation"
    if scripts and _foreign(text, scripts):
        return "script"
    program = each.write_a_program and _PROGRAM.match(text)
    return "write_a_program" if program and not names_a_language(text) else None


def _opens_with_a_quote(text: str) -> bool:
    """Whether words follow a quoted text or a title; the paper's rule, which knows ASCII alone, lets these pass too."""
    text = text.lstrip()
    ends = [pair[1] for pair in (*QUOTES, *TITLES) if text.startswith(pair[0]) and not pair.isascii()]
    return any(any(map(str.isalnum, text[1:].partition(end)[2])) for end in ends)


def _foreign(text: str, scripts: frozenset[str]) -> bool:
    """Whether most letters are of other scripts; not so if it starts with one of ours, and only quotes another."""
    letters = _letters(text)
    if 2 * sum(count for script, count in letters.items() if script not in scripts) <= letters.total():
        return False
    words = [_script(word[0]) in scripts for word in _WORD.findall(text)]
    return not (words[0] and sum(words) >= _OWN_WORDS) if words else True


def _letters(text: str) -> Counter[str]:
    """How many letters of each script a text has."""
    if text.isascii():
        return Counter({"LATIN": letters} if (letters := sum(map(str.isalpha, text))) else {})
    return Counter(_script(character) for character in text if character.isalpha())


@lru_cache(maxsize=100_000)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "UNKNOWN").removeprefix("FULLWIDTH ").partition(" ")[0]
    return "CJK" if name in {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH"} else name


class _Asked(NamedTuple):
    """What instances are of."""

    instruction: str
    needs_input: bool
    edits: bool
    """An output is nearly its input."""


def _instance_rule(instance: Instance, filters: Sequence[Filter], task: _Asked, lexicon: Lexicon) -> Rule | None:
    for each in filters:
        match each.kind:
            case "empty" if not instance.output.strip() or (task.needs_input and not instance.input.strip()):
                return "empty"
            case "colon" if _announces(instance.output):
                return "colon"
        if isinstance(each, EchoFilter) and _echoes(instance, 1 if task.edits else each.similarity):
            return "echo"
        if isinstance(each, RefusalFilter):
            if has_placeholder(task.instruction, instance, lexicon):
                return "placeholder"
            if refuses(instance.output, lexicon, each.phrases) or asks_back(instance.output, lexicon):
                return "refusal"
    return None


def _announces(output: str) -> bool:
    """Whether an output ends in words and a colon, so that what it announces is missing; code may end so."""
    last = output.rstrip().rpartition("\n")[2]
    return last.endswith((":", "\uff1a")) and last[-2:-1].isalnum() and not _CODE_LINE.match(last)


def _echoes(instance: Instance, similarity: float) -> bool:
    given, made = " ".join(instance.input.split()), " ".join(instance.output.split())
    if not given or not made:
        return False
    most = int((1 - similarity) * (len(given) + len(made)) + _ROUNDING)
    return given == made or Indel.distance(given, made, score_cutoff=most) <= most


def _mark_without_input(instances: Sequence[Instance], rules: list[Rule | None]) -> None:
    left = [index for index, rule in enumerate(rules) if rule is None]
    with_input = [index for index in left if instances[index].input.strip()]
    if with_input and (with_input[0] == left[0] or 2 * len(with_input) > len(left)):
        for index in set(left) - set(with_input):
            rules[index] = "empty"


def _mark_duplicates(instances: Sequence[Instance], rules: list[Rule | None], is_classification: bool) -> None:  # noqa: FBT001
    seen = set()
    for index, instance in enumerate(instances):
        if rules[index] is None:
            key = (_same(instance.input), _same_output(instance.output, is_classification))
            rules[index] = "duplicate" if key in seen else None
            seen.add(key)


def _mark_conflicts(instances: Sequence[Instance], rules: list[Rule | None], is_classification: bool) -> None:  # noqa: FBT001
    outputs: dict[str, dict[str, list[int]]] = {}
    for index, instance in enumerate(instances):
        if rules[index] is None:
            same_input = outputs.setdefault(_same(instance.input), {})
            same_input.setdefault(_same_output(instance.output, is_classification), []).append(index)
    for given, by_output in outputs.items():
        if len(by_output) > 1:
            indices = sorted(index for group in by_output.values() for index in group)
            for index in indices if given else indices[1:]:
                rules[index] = "conflict"


def _same(text: str) -> str:
    return " ".join(text.split())


def _same_output(text: str, is_classification: bool) -> str:  # noqa: FBT001
    """What two outputs are compared by; labels are the same however they are capitalised and punctuated."""
    return label(text) if is_classification else _same(text)

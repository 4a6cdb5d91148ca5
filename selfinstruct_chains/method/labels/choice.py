"""Which of the lines that begin like a label are labels of this reply.

The surest names decide: where "Output:" stands, "output:" and "Answer:" are text. A name of the model's own
("Sentence:") is a label by its place: it opens an instance.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfinstruct_chains.method.labels.lines import Token
    from selfinstruct_chains.method.labels.names import Kind
    from selfinstruct_chains.method.rendering import Form

_DEEPEST = 3  # blanks before a label; code is indented by 4
_SURE = 2  # from this rank on a name is common in texts too


def labels(found: list[Token], form: Form) -> list[Token]:
    """The labels among the tokens of a reply, each of the kind that it has in it."""
    found = _by_place(_outer(found), form)
    outputs = _outputs(found, form)
    sure = outputs | _inputs(found, outputs, form) | _examples(found)
    sure |= {index for index, token in enumerate(found) if token.kind == "task"}
    opening = next((found[index].kind for index in sorted(sure) if found[index].kind not in {"task", "example"}), None)
    chosen: list[Token] = []
    for index, following in enumerate(_following(found, sure)):
        token = found[index]
        last = chosen[-1].kind if chosen else None
        if index in sure or _completes(token, opening, last, following):
            chosen.append(token if token.kind != "field" else token._replace(kind="input"))
    return chosen


def _outer(found: list[Token]) -> list[Token]:
    """Without what is indented as code, unless all outputs are."""
    outer = [token for token in found if token.indent <= _DEEPEST]
    return outer if any(token.kind == "output" for token in outer) else found


def _by_place(found: list[Token], form: Form) -> list[Token]:
    """Where no name says "output", the one beside the inputs does that is the model's own: "Input: ... Sum: ..."."""
    fields = [token for token in found if token.kind in {"input", "field"}]
    counts = Counter(token.name for token in fields)
    if any(token.kind == "output" for token in found) or len(counts) < 2:  # noqa: PLR2004
        return found
    first, second = list(counts)[:2]
    inputs = {token.name: token.rank for token in fields if token.kind == "input"}
    leads = first in inputs if form == "output_first" else inputs.get(first, _SURE) < _SURE
    name, other = (second, first) if leads else (first, second)
    is_paired = counts[first] == counts[second] and (counts[first] > 1 or inputs.get(other, _SURE) < _SURE)
    if name in inputs or not is_paired or not (leads or form == "output_first"):
        return found
    return [token._replace(kind="output") if token.name == name else token for token in found]


def _outputs(found: list[Token], form: Form) -> set[int]:
    outputs = {index: token for index, token in enumerate(found) if token.kind == "output"}
    if not outputs:
        return set()
    best = min(token.rank for token in outputs.values())
    outputs = {index: token for index, token in outputs.items() if token.rank == best}
    if best >= _SURE:
        name = next(iter(outputs.values())).name
        return {index for index, token in outputs.items() if token.name == name}
    plain = {index for index, token in outputs.items() if not token.is_class}
    return plain if plain and form == "input_first" else set(outputs)


def _inputs(found: list[Token], outputs: set[int], form: Form) -> set[int]:
    first_output = min(outputs, default=len(found))
    for rank in range(_SURE):
        inputs = {index for index, token in enumerate(found) if token.kind == "input" and token.rank == rank}
        if inputs and (rank == 0 or form == "output_first" or min(inputs) < first_output):
            return inputs
    leading = next((index for index, token in enumerate(found) if token.kind not in {"task", "example"}), len(found))
    if not outputs or leading >= first_output:
        return set()
    name = found[leading].name
    return {index for index, token in enumerate(found) if token.kind in {"input", "field"} and token.name == name}


def _examples(found: list[Token]) -> set[int]:
    """Those alone on their lines; with a text behind them only where they open the reply.

    Without a number ("Example:", "Second example:") only where the instance's first label stands right below.
    """
    follows = [token.is_below and token.kind in {"input", "output"} for token in [*found[1:], *found[:1]]]
    examples = {
        index for index, token in enumerate(found) if token.kind == "example" and (token.is_numbered or follows[index])
    }
    opens = next((index for index, token in enumerate(found) if token.kind != "task"), None) in examples
    return examples if opens else {index for index in examples if found[index].rank == 0}


def _following(found: list[Token], sure: set[int]) -> list[Kind | None]:
    """For each token the kind of the next sure label."""
    kinds: list[Kind | None] = []
    following: Kind | None = None
    for index in reversed(range(len(found))):
        kinds.append(following)
        following = found[index].kind if index in sure else following
    return kinds[::-1]


def _completes(token: Token, opening: Kind | None, last: Kind | None, following: Kind | None) -> bool:
    """Whether a less sure name is the half that an instance lacks, in a reply whose instances begin with `opening`."""
    if token.kind == "output" and opening == "output":
        return token.is_class and last == "input" and following == "input"
    if token.kind == "output":
        return last == "input" and following != "output"
    if token.kind == "input" and token.rank < _SURE and (token.is_counted or last == "example"):
        return True
    return token.kind == "input" and token.after_blank and last == "output" and following == "output"

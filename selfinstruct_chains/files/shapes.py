"""What a row of a dataset says, whatever its shape: the one table by which seeds and evaluation files are read.

Each shape is told by its keys, and read into a row of ours: `instruction`, and where they are known `instances` (of
which an `output` may be a list of references), `is_classification`, `id`, `name` and `category`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.complaints import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Row = dict[str, Any]
    Reader = Callable[[Row, str], list[Row]]

COLUMNS = {
    "instruction": ("instruction", "prompt", "question", "query", "task", "problem", "user"),
    "input": ("input", "context", "passage"),
    "output": ("output", "response", "completion", "answer", "target", "reply", "assistant"),
    "is_classification": ("is_classification",),
    "id": ("id",),
    "name": ("name",),
    "category": ("category",),
}
"""Ours, and the names that others give them, in any case; the first that a row has is taken."""
COLUMN_NAMES = frozenset(COLUMNS["instruction"] + COLUMNS["input"] + COLUMNS["output"])
EXPECTED = (
    'expected are tasks ("instruction", "instances"), Super-NaturalInstructions ("Definition", "Instances"), '
    '"messages", "conversations", or a column "instruction" (or "prompt", "question"), with "input" and "output"'
)
_ROLES = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
}
_DOLLY = {
    "brainstorming",
    "classification",
    "closed_qa",
    "creative_writing",
    "general_qa",
    "information_extraction",
    "open_qa",
    "summarization",
}
"""The categories of databricks-dolly-15k, which say what is a classification task."""
_LABELLED = (
    "classification",
    "textual entailment",
    "coreference resolution",
    "dialogue act recognition",
    "word analogy",
)
"""Categories of Super-NaturalInstructions that it scores by exact match (Wang et al. 2022b, section 5.1), and those
that call themselves a classification."""


_SHOWN = 8  # columns that a message names


class Unfit(DataError):
    """A row that is well formed, and no single question: where much is converted, it is left out and counted."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


class Shape(NamedTuple):
    """A way to write tasks down."""

    name: str
    keys: frozenset[str]
    """A row with all of them is of this shape."""
    read: Reader
    """From a row and its place to rows of ours; raises DataError."""
    is_flat: bool = True
    """Whether a row has one instance, so that those with the same instruction are one task."""


class Read(NamedTuple):
    """A row, as it was understood."""

    how: str
    """Its shape, in words."""
    rows: list[Row]
    is_flat: bool


def read_row(row: Any, where: str) -> Read:
    """What a row says.

    Raises:
        DataError: it is no object, of no known shape, or lacks something; Unfit: it is no single question.
    """
    if not isinstance(row, dict):
        found = "an array" if isinstance(row, list) else "a string" if isinstance(row, str) else shown(row)
        raise DataError(f"{where}: {found}, but {EXPECTED}")
    if shape := _shape(row):
        return Read(shape.name, shape.read(row, where), shape.is_flat)
    names = _names(row)
    if "instruction" not in names:
        keys = ", ".join(map(shown, list(row)[:_SHOWN])) or "none"
        raise DataError(f"{where}: no instruction; its columns are {keys}; {EXPECTED}")
    told = [theirs if theirs == ours else f"{theirs} as {ours}" for ours, theirs in names.items()]
    aside = [shown(key) for key in row if key and key not in names.values()]
    unread = f"; not read: {', '.join(aside[:_SHOWN])}" if aside else ""
    return Read(", ".join(told) + unread, [_columns(row, names, where)], is_flat=True)


def is_known(row: Mapping[str, Any]) -> bool:
    """Whether an object is a row of a known shape."""
    return bool(_shape(row)) or "instruction" in _names(row)


def _shape(row: Mapping[str, Any]) -> Shape | None:
    return next((shape for shape in _SHAPES if shape.keys <= row.keys()), None)


def _names(row: Mapping[str, Any]) -> dict[str, str]:
    """The row's own name of each of our columns that it has."""
    theirs = {str(key).strip().casefold(): str(key) for key in row}
    found = {
        ours: next((theirs[alias] for alias in aliases if alias in theirs), "") for ours, aliases in COLUMNS.items()
    }
    return {ours: name for ours, name in found.items() if name}


def _tasks(row: Row, _: str) -> list[Row]:
    """As they are; the paper's user-oriented tasks name an application, and no kind."""
    category = row.get("category", row.get("motivation_app"))
    return [{key: value for key, value in row.items() if key != "category"} | _category(category)]


def _columns(row: Row, names: Mapping[str, str], where: str) -> Row:
    """A row with a column for each part."""
    cells = {ours: row[name] for ours, name in names.items()}
    if isinstance(asked := cells["instruction"], list):  # TRL's conversational prompt-completion
        answer = cells.get("output")
        return _turns(asked + (answer if isinstance(answer, list) else []), row, names["instruction"], where)
    instruction = _text(cells["instruction"], names["instruction"], where)
    if not instruction.strip():
        raise Unfit(where, f"{names['instruction']}: blank")
    material = _text(cells.get("input"), names.get("input", ""), where)
    outputs = cells.get("output")
    answers = [
        _text(one, names.get("output", ""), where) for one in (outputs if isinstance(outputs, list) else [outputs])
    ]
    if names.get("output", "").casefold() == "completion":  # which begins with a blank, for the tokenizer
        answers = [answer.strip() for answer in answers]
    answered = answers and all(answer.strip() for answer in answers)
    output = answers if isinstance(outputs, list) else answers[0]
    found = {"instruction": instruction, **_category(cells.get("category")), **_kind(cells)}
    return found | ({"instances": [{"input": material, "output": output}]} if answered else {}) | _named(cells)


def _kind(cells: Mapping[str, Any]) -> Row:
    if (given := cells.get("is_classification")) is not None:
        return {"is_classification": given}
    category = cells.get("category")
    return {"is_classification": category == "classification"} if str(category) in _DOLLY else {}


def _named(cells: Mapping[str, Any]) -> Row:
    """Its id, which may be a number, and its name, where they are such."""
    id_, name = cells.get("id"), cells.get("name")
    named = {"id": str(id_)} if isinstance(id_, str | int | float) and str(id_).strip() else {}
    return named | ({"name": name} if isinstance(name, str) and name else {})


def _text(value: Any, column: str, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{where}: {column}: text is expected, not {shown(value)}")
    return value


def _category(value: Any) -> Row:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return {"category": text} if text else {}


def _messages(row: Row, where: str) -> list[Row]:
    return [_turns(row["messages"], row, "messages", where)]


def _conversations(row: Row, where: str) -> list[Row]:
    return [_turns(row["conversations"], row, "conversations", where)]


def _turns(turns: Any, row: Row, key: str, where: str) -> Row:
    """A conversation of one question and at most one answer; what a system message says stands above the question."""
    said = [_turn(turn, key, where) for turn in (turns if isinstance(turns, list) else [None])]
    before = [text for role, text in said if role == "system"]
    rest = [(role, text) for role, text in said if role != "system"]
    if [role for role, _ in rest] not in (["user"], ["user", "assistant"]):
        raise Unfit(where, f"{key}: one question (user) and one answer (assistant) can be read, no more")
    asked, answers = rest[0][1], [text for _, text in rest[1:] if text.strip()]
    if not asked.strip():
        raise Unfit(where, f"{key}: the question is blank")
    found = {"instruction": "\n\n".join([*before, asked]), **_category(row.get("category")), **_kind(row)}
    return found | ({"instances": [{"input": "", "output": answers[0]}]} if answers else {}) | _named(row)


def _turn(turn: Any, key: str, where: str) -> tuple[str, str]:
    role, content = (
        (turn.get("role", turn.get("from")), turn.get("content", turn.get("value")))
        if isinstance(turn, dict)
        else (None, None)
    )
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        content = "".join(str(part.get("text", "")) for part in content)
    if not isinstance(role, str) or (content is not None and not isinstance(content, str | list)):
        form = '"from": "human", "value": "..."' if key == "conversations" else '"role": "user", "content": "..."'
        raise DataError(f"{where}: {key}: a list like [{{{form}}}] is expected")
    if role.casefold() not in _ROLES or not isinstance(content, str):
        raise Unfit(where, f"{key}: a turn of {role!r} that is not text, or neither question nor answer")
    return _ROLES[role.casefold()], content


def _natural_instructions(row: Row, where: str) -> list[Row]:
    """Each of its instances, with the references that it names."""
    definition, instances = row["Definition"], row["Instances"]
    instruction = "\n".join(map(str, definition)) if isinstance(definition, list) else str(definition)
    categories = row.get("Categories") or [""]
    category = _category(categories[0] if isinstance(categories, list) else categories)
    labelled = any(name in category.get("category", "").casefold() for name in _LABELLED)
    found = []
    for number, instance in enumerate(instances if isinstance(instances, list) else [None], start=1):
        if not isinstance(instance, dict):
            raise DataError(f'{where}, instance {number}: {{"input": "...", "output": ["..."]}} is expected')
        one = {"id": str(instance.get("id") or number), "instruction": instruction, "instances": [instance]}
        found.append(one | {"is_classification": labelled} | category)
    return found


_SHAPES = (
    Shape("Super-NaturalInstructions", frozenset({"Definition", "Instances"}), _natural_instructions),
    Shape("tasks", frozenset({"instances"}), _tasks, is_flat=False),
    Shape("messages", frozenset({"messages"}), _messages),
    Shape("sharegpt", frozenset({"conversations"}), _conversations),
)
"""All but those with a column for each part, which `COLUMNS` tells."""

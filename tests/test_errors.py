"""The tree of errors: who may catch what, and how the command line exits."""

import inspect
import re

import pytest
from langchain_core.exceptions import OutputParserException

from selfinstruct_chains import errors
from selfinstruct_chains.errors import SelfInstructError, did_you_mean
from selfinstruct_chains.method.parsing import TruncatedReply, UnreadableReply

CLASSES = {name: cls for name, cls in vars(errors).items() if inspect.isclass(cls) and issubclass(cls, Exception)} | {
    "UnreadableReply": UnreadableReply,
    "TruncatedReply": TruncatedReply,
}


def test_the_drawn_tree_is_the_tree() -> None:
    """The tree in the module's docstring has each class once, below its base."""
    drawn, path = {}, [""]
    for marks, name in re.findall(r"^ {4}([│├└─ ]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(marks) // 4
        path[depth + 1 :] = [name]
        drawn[name] = path[depth]

    expected = {
        name: next(b.__name__ for b in cls.__bases__ if b.__name__ in {*CLASSES, "Exception"})
        for name, cls in CLASSES.items()
    }
    assert drawn == expected | {"SelfInstructError": ""}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ConfigError", 2),
        ("DataError", 2),
        ("RunError", 2),
        ("ProviderError", 5),
        ("BudgetReached", 3),
        ("AcceptanceCollapsed", 4),
        ("Interrupted", 130),
    ],
)
def test_exit_codes(name: str, code: int) -> None:
    """Each kind of error ends the command line with the code that the README gives it."""
    assert CLASSES[name].exit_code == code


def test_sigterm_has_its_own_exit_code() -> None:
    """SIGTERM exits with 143, the way a shell reports it."""
    assert errors.Interrupted("stopped", exit_code=143).exit_code == 143


def test_an_unreadable_reply_is_an_output_parser_exception_too() -> None:
    """Users of LangChain catch what they know."""
    assert issubclass(UnreadableReply, OutputParserException)
    assert issubclass(UnreadableReply, SelfInstructError)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("opnai", " (did you mean 'openai'?)"), ("zzz", ""), ("", ""), ("openai", " (did you mean 'openai'?)")],
)
def test_the_nearest_known_name(word: str, expected: str) -> None:
    """A mistyped name is answered with the nearest one, and nonsense with none."""
    assert did_you_mean(word, ["openai", "paper"]) == expected

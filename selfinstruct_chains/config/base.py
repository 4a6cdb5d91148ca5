"""What the sections of a chain file are made of: their base class and the types of their values."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

Role = Literal["instructions", "classification", "input_first", "output_first"]
Purpose = Role | Literal["answer", "judge", "regenerate"]
"""What a call is for: a role of a run, an item that is evaluated, a judgement, an output written anew."""
Kind = Literal["chat", "completion"]
Output = Literal["text", "json_schema"]
"""What a reply is written as: text behind labels, or JSON in the shape of a schema."""
Held = Literal["json_schema", "function_calling", "json_mode"]
"""How a model is held to JSON, in LangChain's words (`with_structured_output`): to a schema, to the parameters of a
tool that it has to call, or to JSON of any shape."""
Asked = Literal["auto", "text", "json_schema", "function_calling", "json_mode"]
"""What a chain file may say of a reply; `auto` is settled before a run's first request."""

ROLES: tuple[Role, ...] = ("instructions", "classification", "input_first", "output_first")


def written(asked: Asked) -> Output:
    """What a reply that is asked for as `asked` is written as.

    Raises:
        ValueError: it is `auto`, which has to be settled before.
    """
    if asked == "auto":
        raise ValueError("output: auto was not settled")
    return "text" if asked == "text" else "json_schema"


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):  # pydantic takes true for 1, and YAML takes yes, no, on and off for booleans
        raise PydanticCustomError("float_type", "a number is expected")
    return value


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):  # the value may be a secret: it is not repeated
        raise ValueError("must be the name of an environment variable, not the value itself")
    return name


def address(url: str) -> str:
    """`url`, if it is an http address without credentials."""
    if not re.fullmatch(r"https?://[^\s/@?#\\%]+([/?#]\S*)?", url) or not has_host(url):
        raise ValueError("must be http:// or https://, a host and a path, without a user name or password")
    return url


def has_host(url: str) -> bool:
    """Whether `url` is http or https, and its host and port can be told."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets that are no pair, or hold no address of IPv6; a port that is no number
        return False


def header(name: str) -> str:
    """`name`, if a header of HTTP may be called so (RFC 9110, section 5.6.2)."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise ValueError("must be a header's name: letters, digits and hyphens")
    return name


def file_name(name: str) -> str:
    """`name`, if a folder may be named after it."""
    if not re.fullmatch(r"[^\W_][\w .+-]{0,79}", name):
        raise ValueError("must be letters, digits and any of ' .+-_', at most 80: run folders are named after it")
    return name


Whole = Annotated[int, BeforeValidator(_no_bool)]
Real = Annotated[float, BeforeValidator(_no_bool)]
Count = Annotated[Whole, Ge(0)]
Positive = Annotated[Whole, Ge(1)]
Share = Annotated[Real, Gt(0), Le(1)]
Seconds = Annotated[Real, Gt(0)]
Penalty = Annotated[Real, Ge(-2), Le(2)]
Variable = Annotated[str, AfterValidator(_variable)]
"""The name of an environment variable."""


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression ({error})") from None
    return text


Pattern = Annotated[str, AfterValidator(_is_pattern)]


class Closed(BaseModel):
    """Base of all sections: frozen, unknown keys are errors, and so are infinity and not-a-number, which JSON lacks."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

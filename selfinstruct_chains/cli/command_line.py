"""The command line that was given, to show it again with a change."""

from __future__ import annotations

import shlex

import click
from click.core import ParameterSource


def again(**changes: object) -> str:
    """The current command as it was typed, with other values for some options: `again(n=40)`."""
    context = click.get_current_context()
    words = ["selfinstruct", context.info_name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        typed = context.get_parameter_source(name) == ParameterSource.COMMANDLINE
        if name not in changes and not typed:
            continue
        value = changes.get(name, context.params.get(name))
        for one in value if isinstance(value, tuple) else (value,):
            words += _spelled(parameter, one)
    return shlex.join(words)


def _spelled(parameter: click.Parameter, value: object) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [str(value)]
    option = max(parameter.opts, key=len)
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return [option] if value else []
    return [option, f"{value:g}" if isinstance(value, float) else str(value)]

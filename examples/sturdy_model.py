"""A provider's model that is tried again, and falls back on another: as LangChain has it, given as `models=`.

A chain is patient by itself: it waits out rate limits, and asks until a call passes. It knows no other model to ask.

    python sturdy_model.py http://127.0.0.1:8001/v1            # a server of your own, when OpenAI does not answer
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from langchain_openai import ChatOpenAI

from selfinstruct_chains import Task, load_config, self_instruct

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable


def sturdy(own_server: str, model: str = "gpt-6-luna", own_model: str = "mine") -> Runnable[Any, BaseMessage]:
    """`model`, asked up to three times; then `own_model`, at the address `own_server`."""
    first = ChatOpenAI(model=model, max_retries=0)  # the client's own attempts would multiply those below
    second = ChatOpenAI(model=own_model, base_url=own_server, max_retries=0)
    again = first.with_retry(stop_after_attempt=3, exponential_jitter_params={"initial": 0.2, "jitter": 0.2})  # seconds
    return again.with_fallbacks([second])


def main(own_server: str, chain: str = "openai") -> list[Task]:
    """A dataset, and which model wrote how much of it."""
    made = self_instruct(load_config(chain), models=sturdy(own_server)).invoke({"n": 20})
    for name, count in Counter(task.provenance and task.provenance.model for task in made).items():
        print(f"{count} tasks by {name}")
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What a run calls, seen from outside: a plain callback handler, and the spans that LangSmith would show.

With LANGSMITH_TRACING=true and a key in the environment the same spans go to LangSmith, with nothing to change here.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import collect_runs

from selfinstruct_chains import load_config, self_instruct


class Calls(BaseCallbackHandler):
    """Counts model calls by the role that made them."""

    def __init__(self) -> None:
        self.by_item: Counter[str] = Counter()

    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], **kwargs: Any) -> None:  # noqa: ARG002
        """A completion model is called."""
        self.by_item[kwargs["metadata"]["selfinstruct_item"]] += 1

    def on_chat_model_start(self, serialized: dict[str, Any], messages: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """A chat model is called."""
        self.by_item[kwargs["metadata"]["selfinstruct_item"]] += 1


def main(chain: str = "embedded", models: Any = None) -> tuple[Counter[str], list[str]]:
    """Calls by item, and the names of the spans below the root."""
    calls = Calls()
    with collect_runs() as collected:
        self_instruct(load_config(chain), models=models).invoke({"n": 2}, {"callbacks": [calls], "tags": ["demo"]})
    [root] = collected.traced_runs
    spans = [child.name for child in root.child_runs]
    print(f"{root.name}: {len(spans)} spans below it, {calls.by_item.total()} model calls")
    for item, count in sorted(calls.by_item.items()):
        print(f"  {item}: {count}")
    return calls.by_item, spans


if __name__ == "__main__":
    main(*sys.argv[1:])

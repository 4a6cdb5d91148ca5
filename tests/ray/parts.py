"""Models of a user's own, which workers import."""

from __future__ import annotations

import os
import sys
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda


def _pid(prompt: Any) -> AIMessage:
    return AIMessage(str(os.getpid()), response_metadata={"finish_reason": "stop"})


def _exit(prompt: Any) -> AIMessage:
    sys.exit(3)


def _bug(prompt: Any) -> AIMessage:
    raise ZeroDivisionError("by zero")


PID, EXIT, BUG = RunnableLambda(_pid), RunnableLambda(_exit), RunnableLambda(_bug)

"""What tells one user's model from another in a run's fingerprint."""

import json
import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from langchain_core.language_models import FakeListLLM
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from selfinstruct_chains.models.identity import identity
from selfinstruct_chains.models.own import own_model


class Word(BaseModel):
    """A word."""

    word: str


def shout(text: Any) -> str:
    """In capitals."""
    return str(text).upper()


def chat(**values: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "m", "api_key": "sk-very-secret", "temperature": 0.5, **values})


SAME = {
    "the same": chat,
    "another key": lambda: chat(api_key="sk-other-secret"),
    "another address": lambda: chat(base_url="http://127.0.0.1:9/v1"),
    "other waits": lambda: chat(timeout=3, max_retries=9, default_headers={"X-Team": "blue"}),
    "a retry": lambda: chat().with_retry(),
    "a config": lambda: chat().with_config(tags=["mine"], metadata={"a": 1}),
    "listeners": lambda: chat().with_listeners(on_start=lambda run: None),
    "a bound key": lambda: chat().bind(api_key="sk-very-secret", extra_headers={"Authorization": "sk-very-secret"}),
    "a role model": lambda: own_model(chat().with_retry()),
    "configurable": lambda: chat().configurable_fields(temperature=ConfigurableField(id="heat")),
}


@pytest.mark.parametrize("change", SAME)
def test_what_changes_nothing(change):
    """Keys, addresses, waits, retries, tags and listeners shape no reply."""
    assert identity(SAME[change]()) == identity(chat())


OTHER = {
    "plain": chat,
    "model": lambda: chat(model="other"),
    "temperature": lambda: chat(temperature=0.6),
    "limit": lambda: chat(max_tokens=100),
    "body": lambda: chat(extra_body={"min_p": 0.1, "api_key": "sk-very-secret"}),
    "keywords": lambda: chat(model_kwargs={"tier": "low"}),
    "bound": lambda: chat().bind(temperature=0),
    "bound otherwise": lambda: chat().bind(temperature=1),
    "configured": lambda: (
        chat()
        .configurable_fields(temperature=ConfigurableField(id="heat"))
        .with_config(configurable={"heat": 0, "api_key": "sk-very-secret"})
    ),
    "class": lambda: ChatOllama(model="m", temperature=0.5),
    "fallback": lambda: chat().with_fallbacks([chat(model="other")]),
    "tools": lambda: chat().bind_tools([Word]),
    "structure": lambda: chat().with_structured_output(Word),
    "parser": lambda: chat() | StrOutputParser(),
    "function behind": lambda: chat() | RunnableLambda(shout),
    "function": lambda: RunnableLambda(shout),
    "partial function": lambda: RunnableLambda(partial(json.dumps)),
    "template": lambda: RunnableLambda(shout) | ChatPromptTemplate.from_template("Say {text}") | chat(),
    "other template": lambda: RunnableLambda(shout) | ChatPromptTemplate.from_template("Sing {text}") | chat(),
    "completion": lambda: FakeListLLM(responses=["a"]),
}


def test_what_changes_replies():
    """Models that differ in what shapes a reply have identities of their own, which are JSON and hold no secret."""
    found = {name: json.dumps(identity(make()), sort_keys=True) for name, make in OTHER.items()}

    assert len(set(found.values())) == len(OTHER)
    assert "secret" not in "".join(found.values())
    assert " at 0x" not in "".join(found.values())


IN_A_PROCESS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_identity import OTHER, identity
print(json.dumps([identity(make()) for make in OTHER.values()], sort_keys=True))
"""


def test_stable_across_processes(request):
    """Another process, with other hashes, finds the same."""
    folder = str(request.path.parent)
    done = [
        subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS, folder],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    ]

    assert done[0] == done[1]
    assert len(json.loads(done[0])) == len(OTHER)

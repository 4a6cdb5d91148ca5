"""Models with a key and a header of their own, and what they were made with."""

from typing import Any

from selfinstruct_chains.config import ModelConfig

HERE = "http://127.0.0.1:9"


def config(provider: str, kind: str = "chat", **values: Any) -> ModelConfig:
    return ModelConfig(**{"provider": provider, "kind": kind, "name": "m", "timeout": 7, **values})


def keyed(provider: str, **values: Any) -> ModelConfig:
    return config(provider, api_key_env="KEY", headers_env={"X-Team": "TEAM"}, **values)


def seen(model: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(model, name) for name in names}

"""What llama.cpp gives as the first token of an answer, with an adapter's GGUF beside the weights or without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

import xllamacpp

if TYPE_CHECKING:
    from pathlib import Path


def first_token(weights: Path, prompt: str, adapter: Path | None = None) -> dict[int, float]:
    """The log-probabilities of the five likeliest tokens, by their ids."""
    params = xllamacpp.CommonParams()
    params.model.path, params.hostnames, params.port, params.ui = str(weights), ["127.0.0.1"], 0, False
    params.n_ctx, params.n_parallel, params.verbosity = 512, 1, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    if adapter:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path, lora.scale = str(adapter), 1.0
        params.lora_adapters = [lora]
    server = xllamacpp.Server(params)
    body = {"prompt": prompt, "n_predict": 1, "n_probs": 5, "cache_prompt": False, "temperature": 0}
    asked = Request(
        f"{server.listening_address}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with build_opener(ProxyHandler({})).open(asked, timeout=60) as reply:
        found: dict[str, Any] = json.load(reply)
    return {one["id"]: one["logprob"] for one in found["completion_probabilities"][0]["top_logprobs"]}

"""vLLM in the workers' own processes, a GPU for each: what a model of your own looks like that lives on a cluster.

    ray start ...                                                # on each machine, as README.md beside this has it
    python vllm_in_workers.py Qwen/Qwen3-8B-Base 1000 runs/vllm  # on the first; each needs vllm

The object travels to the workers with its fields; the engine is made at the first call there. It needs a GPU, so no
test runs it; an endpoint is simpler, and batches over all calls: see the page.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseLLM
from langchain_core.outputs import Generation, LLMResult
from pydantic import PrivateAttr

from selfinstruct_chains import load_config, self_instruct

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun


class Vllm(BaseLLM):
    """A completion model by vLLM in this process; many calls at once are one batch."""

    model: str
    """A name on the Hugging Face Hub, or a folder that each machine has."""
    max_tokens: int = 512
    temperature: float = 0.7
    seed: int | None = None
    _engine: Any = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "vllm in process"

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's
        **kwargs: Any,
    ) -> LLMResult:
        return asyncio.run(self._agenerate(prompts, stop, None, **kwargs))

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's
        **kwargs: Any,
    ) -> LLMResult:
        own = {"max_tokens": self.max_tokens, "temperature": self.temperature, "seed": self.seed}
        sampling = import_module("vllm").SamplingParams(stop=stop, **{**own, **kwargs})
        return LLMResult(generations=[[await self._one(prompt, sampling)] for prompt in prompts])

    async def _one(self, prompt: str, sampling: Any) -> Generation:
        grown = [output async for output in self._loaded().generate(prompt, sampling, uuid.uuid4().hex)]
        said = grown[-1].outputs[0]
        return Generation(text=said.text, generation_info={"finish_reason": said.finish_reason})

    def _loaded(self) -> Any:
        """The engine, made where it is first asked for; calls that come meanwhile wait, as the loop does."""
        if self._engine is None:
            options = import_module("vllm").AsyncEngineArgs(model=self.model)
            self._engine = import_module("vllm.v1.engine.async_llm").AsyncLLM.from_engine_args(options)
        return self._engine


def main(model: str, n: int, folder: str) -> None:
    """Grow a dataset of `n` tasks in `folder`."""
    ray = {"run.engine": "ray", "run.ray.address": "auto", "run.ray.num_gpus": 1, "run.max_concurrency": 256}
    chain = self_instruct(load_config("paper", ray), folder, models=Vllm(model=model))
    for [task] in chain.stream({"n": n}):
        print(task.instruction)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])

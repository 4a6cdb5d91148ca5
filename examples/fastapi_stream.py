"""FastAPI: each finished task is sent as soon as it is there (server-sent events), or all of them at the end.

    python fastapi_stream.py             # or: fastapi_stream.py openai 8080; needs fastapi and uvicorn

Then `curl -N "http://127.0.0.1:8000/tasks/stream?n=5"`, or `curl "http://127.0.0.1:8000/tasks?n=5"`.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator  # noqa: TC003 - FastAPI reads the types of an endpoint
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from selfinstruct_chains import SelfInstructError, Task, load_config, self_instruct

Count = Annotated[int, Query(ge=1, le=100)]


def build(chain: str = "embedded", models: Any = None) -> FastAPI:
    """The app. Requests share the chain; each is a run of its own, in memory."""
    app, run = FastAPI(), self_instruct(load_config(chain), models=models)

    @app.get("/tasks/stream", response_class=EventSourceResponse)
    async def stream(n: Count = 5) -> AsyncIterator[ServerSentEvent]:
        """An event for each task. When the client goes away, the run's calls are cancelled."""
        try:
            async for [task] in run.astream({"n": n}):
                yield ServerSentEvent(event="task", id=task.id, data=task)
        except SelfInstructError as error:  # the status was sent long ago
            yield ServerSentEvent(event="stopped", data=str(error))

    @app.get("/tasks", response_model=list[Task])
    def tasks(n: Count = 5) -> list[Task]:
        """All of them; in one of FastAPI's threads, as it is no `async def`."""
        return run.invoke({"n": n})

    return app


def main(chain: str = "embedded", port: str = "8000") -> None:
    """Serve until Ctrl-C."""
    uvicorn.run(build(chain), host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The review page: a small server on loopback, that only who has the link can reach.

GET  /TOKEN/           the page; /TOKEN/NAME.js and .css, what it is made of
GET  /TOKEN/state      the questions, the ids of the sample, and the verdicts there are
GET  /TOKEN/tasks/N    the N-th task of the sample, from 0
POST /TOKEN/verdicts   one verdict
"""

from __future__ import annotations

import secrets
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, Self

from aiohttp import web
from pydantic import ValidationError

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Reviews, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from selfinstruct_chains.tasks import Task

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ASSETS = files("selfinstruct_chains.outputs") / "assets"
HOST = "127.0.0.1"
_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_PAGE = ("review.html", "review.js", "text.js", "theme.css", "review.css")
_LONGEST = 4096  # bytes of a verdict
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Sitting(NamedTuple):
    """What is reviewed, and where the verdicts go."""

    title: str
    """The run, in words."""
    note: str
    """What there is to say of it; "" for nothing."""
    tasks: Sequence[Task]
    reviews: Reviews


class Server:
    """The page of a sitting, from `async with` on until it is left.

    Args:
        sitting: what is reviewed.
        port: the port; 0 for any free one.

    Raises:
        ConfigError: the port is taken.
    """

    def __init__(self, sitting: Sitting, port: int = 0) -> None:
        self._sitting = sitting
        self._port = port
        self._token = secrets.token_urlsafe(24)
        self._places = {task.id: place for place, task in enumerate(sitting.tasks)}
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1)  # a log would hold the token

    @property
    def url(self) -> str:
        """The link to the page, its token included."""
        return f"http://{HOST}:{self._port}/{self._token}/"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(f"port {self._port} can't be had: {error.strerror or error}; leave --port out") from None
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_LONGEST)
        app.router.add_get("/{token}/", self._file)
        app.router.add_get("/{token}/state", self._state)
        app.router.add_get("/{token}/tasks/{place:[0-9]{1,9}}", self._task)
        app.router.add_post("/{token}/verdicts", self._verdict)
        app.router.add_get("/{token}/{name}", self._file)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only this address and this token: another site can't get in by a name of its own that leads here."""
        token = request.match_info.get("token", "")
        if request.host != f"{HOST}:{self._port}" or not secrets.compare_digest(token.encode(), self._token.encode()):
            raise web.HTTPNotFound
        response = await handler(request)
        response.headers.update(_HEADERS)
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "review.html")
        if name not in _PAGE:
            raise web.HTTPNotFound
        text = (ASSETS / name).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=_TYPES[name.rpartition(".")[2]])

    async def _state(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        sitting = self._sitting
        given = sitting.reviews.by("person")
        answers: set[str] = set(QUESTIONS)
        return web.json_response(
            {
                "title": sitting.title,
                "note": sitting.note,
                "questions": [{"key": key, "text": text} for key, text in QUESTIONS.items()],
                "tasks": [
                    {"id": id_, "verdict": given[id_].model_dump(include=answers) if id_ in given else None}
                    for id_ in self._places
                ],
            }
        )

    async def _task(self, request: web.Request) -> web.StreamResponse:
        place = int(request.match_info["place"])
        if place >= len(self._sitting.tasks):
            raise web.HTTPNotFound
        return web.json_response(self._sitting.tasks[place].model_dump(exclude={"provenance"}))

    async def _verdict(self, request: web.Request) -> web.StreamResponse:
        try:
            verdict = Verdict.model_validate_json(await request.read())
        except ValidationError as error:
            raise web.HTTPBadRequest(text=str(error.errors()[0]["msg"])) from None
        if verdict.id not in self._places or verdict.by != "person":
            raise web.HTTPBadRequest(text="not a person's verdict on a task of this sample")
        try:
            self._sitting.reviews.put(verdict)
        except RunError as error:
            raise web.HTTPInternalServerError(text=str(error)) from None
        return web.Response(status=204)

"""The review page: a small server on loopback, that only who has the link can reach.

GET  /TOKEN/           the page; /TOKEN/NAME.js and .css, what it is made of
GET  /TOKEN/state      the questions, the ids of the sample, and the verdicts there are
GET  /TOKEN/cards/N    the N-th task or answer of the sample, from 0
POST /TOKEN/verdicts   one verdict
"""

from __future__ import annotations

import secrets
from importlib.resources import files
from typing import TYPE_CHECKING, Self

from aiohttp import web

from selfinstruct_chains.errors import ConfigError, SelfInstructError
from selfinstruct_chains.outputs.review.cards import NotAVerdictError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from selfinstruct_chains.outputs.review.cards import Sitting

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
        app.router.add_get("/{token}/cards/{place:[0-9]{1,9}}", self._card)
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
        questions = [
            {**question._asdict(), "choices": [choice._asdict() for choice in question.choices]}
            for question in sitting.questions
        ]
        cards = [{"id": card.id, "verdict": sitting.verdict(card.id)} for card in sitting.cards]
        words = {"title": sitting.title, "note": sitting.note, "what": sitting.what, "output": sitting.output}
        return web.json_response({**words, "undo": sitting.undo, "questions": questions, "cards": cards})

    async def _card(self, request: web.Request) -> web.StreamResponse:
        place = int(request.match_info["place"])
        if place >= len(self._sitting.cards):
            raise web.HTTPNotFound
        return web.json_response(self._sitting.cards[place].shown)

    async def _verdict(self, request: web.Request) -> web.StreamResponse:
        try:
            self._sitting.take(await request.read())
        except NotAVerdictError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except SelfInstructError as error:
            raise web.HTTPInternalServerError(text=str(error)) from None
        return web.Response(status=204)

"""The server: a page, what it needs, and a game for whoever opens it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import signal
import socket
from importlib.resources import files
from pathlib import Path
from string import Template

import textual_serve
from aiohttp import web

from tui_debugger.web.game import PATIENCE, PageGame
from tui_debugger.web.guard import Handler, guard

HERE = files("tui_debugger.web")
STATIC = Path(textual_serve.__file__).parent / "static"
"""The terminal of the page and its fonts, as textual-serve brings them."""
ENDS = ("SIGINT", "SIGTERM", "SIGHUP")
MOST = 1000
"""Columns or lines that a page may say it has."""


class GameServer:
    """Serves games on a socket that listens already, under an address that nobody can guess."""

    def __init__(self, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        assert ipaddress.ip_address(host).is_loopback, host
        self.listening = listening
        # Other users of this machine reach the port too; without this they reach nothing else.
        self.path = f"/{secrets.token_urlsafe(16)}/"
        name = f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{port}{self.path}"
        self.games: set[PageGame] = set()

    async def serve(self) -> int:
        """Go on until a signal asks for the end, and end every game; the signal's number."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=PATIENCE)
        await runner.setup()
        try:
            await web.SockSite(runner, self.listening).start()
            return await _signal()
        finally:
            await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[guard])
        app.router.add_get(self.path, self._page)
        app.router.add_get(f"{self.path}ws", self._game)
        app.router.add_get(f"{self.path}page.css", _file("page.css", "text/css"))
        app.router.add_get(f"{self.path}page.js", _file("page.js", "text/javascript"))
        app.router.add_static(f"{self.path}static", STATIC)
        app.router.add_get("/{elsewhere:.*}", self._elsewhere)
        app.on_shutdown.append(self._end_games)
        return app

    async def _page(self, request: web.Request) -> web.Response:
        text = (HERE / "page.html").read_text("utf-8")
        socket = f"ws://{request.host}{self.path}ws"
        return web.Response(text=Template(text).substitute(socket=socket), content_type="text/html")

    async def _elsewhere(self, _: web.Request) -> web.Response:
        said = "Open the address that `tui-debugger serve` has told, the whole of it.\n"
        return web.Response(text=said, status=404)

    async def _game(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(heartbeat=15)
        await page.prepare(request)
        game = PageGame(page)
        self.games.add(game)
        try:
            await game.start(_size(request, "width", 80), _size(request, "height", 24))
            await game.hear()
        finally:
            await game.stop()
            self.games.discard(game)
        return page

    async def _end_games(self, _: web.Application) -> None:
        await asyncio.gather(*(game.stop() for game in self.games))


def _file(name: str, kind: str) -> Handler:
    async def give(_: web.Request) -> web.Response:
        return web.Response(text=(HERE / name).read_text("utf-8"), content_type=kind)

    return give


def _size(request: web.Request, name: str, otherwise: int) -> int:
    said = request.query.get(name, "")
    return max(1, min(int(said), MOST)) if said.isdecimal() else otherwise


async def _signal() -> int:
    """Wait for a signal that asks for the end; its number."""
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[int] = loop.create_future()

    def end(number: int) -> None:
        if not asked.done():
            asked.set_result(number)

    for name in ENDS:
        number = getattr(signal, name, None)
        # A shell has what it runs in the background ignore interrupts.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(NotImplementedError):  # Windows: an exception comes instead
                loop.add_signal_handler(number, end, number)
    return await asked

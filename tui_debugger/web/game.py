"""One game for one page: a process of its own, which ends when the page is left."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
from asyncio.subprocess import PIPE, Process

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

COMMAND = (sys.executable, "-m", "tui_debugger")
PAGE = {
    "TEXTUAL_DRIVER": "tui_debugger.web.driver:PageDriver",
    "TERM": "xterm-256color",
    "PYTHONIOENCODING": "utf-8",
}
"""What the page's terminal is, whatever the one that the server was started in."""
PATIENCE = 10.0
"""Seconds that a game has for saving and ending."""
_PRELUDE = b"__GANGLION__\n"
_HEAD = struct.Struct(">cI")
"""Of a packet from the game: its kind and its size."""


class PageGame(AppService):
    """Runs the game, and passes on what it draws and what is typed."""

    def __init__(self, page: web.WebSocketResponse) -> None:
        super().__init__(
            " ".join(COMMAND),
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self.page = page

    async def run(self) -> None:
        """Show what the game draws until it has ended."""
        assert self._process is not None
        drawn = self._process.stdout
        assert drawn is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            await drawn.readuntil(_PRELUDE)
            while True:
                kind, size = _HEAD.unpack(await drawn.readexactly(_HEAD.size))
                packet = await drawn.readexactly(size)
                # Read also when nobody looks any more: a full pipe would keep the game from ending.
                if kind == b"D":
                    with contextlib.suppress(ConnectionError):
                        await self.remote_write_bytes(packet)
        await self._process.wait()
        await self.remote_close()

    async def stop(self) -> None:
        """Have the game save and end; one that cannot is killed."""
        if self._process is None or self._task is None:
            return
        await self.send_meta({"type": "quit"})
        ended = asyncio.create_task(self._process.wait())
        if not (await asyncio.wait([ended], timeout=PATIENCE))[0]:
            self._process.kill()
        await asyncio.wait([ended, self._task])

    async def hear(self) -> None:
        """Pass on what the page tells, until it is closed."""
        async for message in self.page:
            if message.type is not web.WSMsgType.TEXT:
                continue
            match message.json():
                case ["stdin", str(typed)]:
                    await self.send_bytes(typed.encode("utf-8", "replace"))
                case ["resize", {"width": int(width), "height": int(height)}]:
                    await self.set_terminal_size(width, height)
                case ["ping", str(stamp)]:
                    await self.page.send_json(["pong", stamp])
                case ["focus"]:
                    await self.focus()
                case ["blur"]:
                    await self.blur()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = {**self._build_environment(width, height), **PAGE}
        environment.pop("COLORFGBG", None)  # of that other one too
        # What it says on standard error, a traceback say, goes where the server runs. An interrupt
        # is for the server alone, which ends the games in order.
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
        )
        self._stdin = self._process.stdin
        return self._process

    async def _close(self) -> None:
        await self.page.close()

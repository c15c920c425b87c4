"""The server without a browser: who is let in, and how games and server end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pyte
import pytest

from engine.catalog import Catalog
from engine.ledger import Ledger
from engine.workspace import Workspace
from tests.web.served import PATIENCE, ROOT, Served, alive, until

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds processes in /proc"
)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def own(served: Served) -> str:
    return served.address[: served.address.index("/", len("http://"))]


async def playing(client: aiohttp.ClientSession, served: Served) -> aiohttp.ClientWebSocketResponse:
    """A page whose game is ready for keys."""
    page = await client.ws_connect(served.socket, headers={"Origin": own(served)})
    await drawn(page, "lab ready")
    return page


async def drawn(
    page: aiohttp.ClientWebSocketResponse, text: str, screen: pyte.Screen | None = None
) -> pyte.Screen:
    """Wait until ``text`` stands on the screen, which is given again for what follows."""
    screen = screen or pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    while text not in "\n".join(screen.display):
        stream.feed(await page.receive_bytes(timeout=PATIENCE))
    return screen


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example", "own"),
        ("evil.example", "http://evil.example"),
        ("127.0.0.1.evil.example", "own"),
        ("own", "http://evil.example"),
        ("own", "null"),
        ("own", ""),
        ("own", "https://127.0.0.1"),
        ("own", "http://127.0.0.1:1"),
    ],
)
async def test_a_websocket_is_for_the_page_alone(
    client: aiohttp.ClientSession, served: Served, host: str, origin: str
) -> None:
    headers = {"Host": host, "Origin": origin}
    if host == "own":
        headers["Host"] = f"127.0.0.1:{served.port}"
    if origin == "own":
        headers["Origin"] = own(served)
    headers = {name: value for name, value in headers.items() if value}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(served.socket, headers=headers)
    assert refused.value.status == 403
    assert served.games() == []


@pytest.mark.parametrize("name", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:9000"])
async def test_it_answers_to_every_name_of_this_machine_and_to_a_forwarded_port(
    client: aiohttp.ClientSession, served: Served, name: str
) -> None:
    host = name.format(port=served.port)
    async with client.get(served.address, headers={"Host": host}) as page:
        assert page.status == 200
        assert f'"ws://{host}/' in await page.text()
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/x/", "/x/ws"])
async def test_who_does_not_know_the_address_gets_nothing(
    client: aiohttp.ClientSession, served: Served, path: str
) -> None:
    headers = {"Origin": own(served)}
    async with client.get(f"{own(served)}{path}", headers=headers) as page:
        assert page.status == 404
        assert "the whole of it" in await page.text()


def test_the_address_is_another_one_each_time(served: Served, tmp_path: Path) -> None:
    with Served(tmp_path / "other") as other:
        assert served.address.rpartition(f":{served.port}")[2] not in other.address
        assert len(served.address) > len("http://127.0.0.1:/") + 20


async def test_an_interrupt_ends_every_game_and_then_the_server(
    client: aiohttp.ClientSession, served: Served
) -> None:
    pages = [await playing(client, served) for _ in range(2)]
    games = served.games()
    assert len(games) == 2
    code, said = await asyncio.to_thread(served.end)
    assert code == 0
    assert "can run code on this machine as you" in " ".join(said.split())
    assert said.rstrip().endswith("Ended.")
    assert "Traceback" not in said
    assert [game for game in games if alive(game)] == []
    for page in pages:
        async for message in page:
            assert message.type is aiohttp.WSMsgType.BINARY
        assert page.closed
    ledger = Ledger(served.home.ledger)
    assert ledger.notice == ""
    ledger.close()


async def test_a_request_to_end_is_followed_too(
    client: aiohttp.ClientSession, served: Served
) -> None:
    await playing(client, served)
    (game,) = served.games()
    code, _ = await asyncio.to_thread(served.end, signal.SIGTERM)
    assert (code, alive(game)) == (143, False)


async def test_a_killed_server_leaves_no_game_behind_and_loses_nothing_that_was_typed(
    client: aiohttp.ClientSession, served: Served
) -> None:
    page = await client.ws_connect(served.socket, headers={"Origin": own(served)})
    screen = await drawn(page, "lab ready")
    await page.send_json(["stdin", "\r"])
    await drawn(page, "esc Code", screen)
    await page.send_json(["stdin", "\x1b[21~"])  # f10: into the code
    await drawn(page, "esc Panel", screen)
    await page.send_json(["stdin", "# kept"])
    await drawn(page, "1:7", screen)
    (game,) = served.games()
    code, said = await asyncio.to_thread(served.end, signal.SIGKILL)
    assert code == -signal.SIGKILL
    until(lambda: not alive(game))
    assert "Traceback" not in said
    level = Catalog().levels[0]
    workspace = Workspace(served.home.workspace(level.id), level.start)
    assert workspace.read("transformer/attention.py").startswith("# kept")


async def test_a_game_that_does_not_hear_is_killed(
    client: aiohttp.ClientSession, served: Served
) -> None:
    page = await playing(client, served)
    (game,) = served.games()
    os.kill(game, signal.SIGSTOP)
    await page.close()
    until(lambda: not alive(game))
    assert served.process.poll() is None


async def test_the_page_has_every_colour_and_sign_wherever_the_server_was_started(
    client: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {"TERM": "dumb", "LC_ALL": "C", "COLORFGBG": "0;15", "PYTHONIOENCODING": "ascii"}
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    with Served(tmp_path / "home") as served:
        page = await client.ws_connect(served.socket, headers={"Origin": own(served)})
        sent = b""
        while b"lab ready" not in sent:
            sent += await page.receive_bytes(timeout=PATIENCE)
    assert "○" in sent.decode()  # a level that is not solved
    assert b"48;2;18;18;18" in sent  # the ground of textual-dark
    assert b"\x1b]11;?" not in sent  # nobody there to answer


async def test_a_game_that_cannot_begin_says_why_where_the_server_runs(
    client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with Served(tmp_path / "file" / "home") as served:
        page = await client.ws_connect(served.socket, headers={"Origin": own(served)})
        message = await page.receive(timeout=PATIENCE)
        assert message.type is aiohttp.WSMsgType.CLOSE
        code, said = await asyncio.to_thread(served.end)
    assert code == 0
    assert "Not a directory" in said


def serve(*arguments: str) -> tuple[int, str, str]:
    """What a server that does not begin says."""
    command = [sys.executable, "-m", "tui_debugger", "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_port_that_is_taken_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = serve("--port", str(port))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"Port {port} is in use" in err
    assert "--port" in err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "localhost.evil.example", ""])  # noqa: S104
def test_it_listens_to_this_machine_alone(host: str) -> None:
    code, out, err = serve("--host", host, "--port", "0")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "would run code as you" in err

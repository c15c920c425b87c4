"""Files in a workspace that are not what source should be, from the workspace to the verdict."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from engine.errors import GameError
from engine.game import Game, Submission
from engine.home import Home
from engine.sandbox.client import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all: it takes seconds

FILE = "training/loss.py"
NUMBER = 7
"""A level whose bug is in that file."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    await sandbox.close()


class Player:
    """Somebody with a workspace on the level, whose source is mended."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.game = Game(Home(folder, folder, folder / "logs"), sandbox=sandbox)
        self.level = self.game.catalog.find(NUMBER)
        self.folder = folder
        self.root = self.game.open(self.level).root
        self.path = self.root / FILE
        self.clean = self.level.clean[FILE]
        self.path.write_text(self.clean, "utf-8")

    async def submit(self) -> Submission:
        return await self.game.submit(self.level)

    async def said(self) -> str:
        """What is said of a submission that is not solved, nor an error of the game's own."""
        try:
            done = await self.submit()
        except GameError as error:
            return str(error)
        assert not done.verdict.solved
        failed = [check.message for check in done.verdict.checks if not check.passed]
        return " ".join([done.verdict.reason, *failed])


@pytest.fixture
def player(sandbox: Sandbox, tmp_path: Path) -> Player:
    return Player(sandbox, tmp_path)


def a_null_byte(player: Player) -> None:
    player.path.write_text(player.clean + "\0", "utf-8")


def nothing_but_null_bytes(player: Player) -> None:
    player.path.write_bytes(bytes(1000))


def fifty_megabytes(player: Player) -> None:
    player.path.write_bytes(b"#" * (50 << 20))


def a_link(player: Player) -> None:
    elsewhere = player.folder / "elsewhere.py"
    player.path.replace(elsewhere)
    player.path.symlink_to(elsewhere)


def a_link_to_itself(player: Player) -> None:
    player.path.unlink()
    player.path.symlink_to(player.path)


def a_linked_folder(player: Player) -> None:
    shutil.move(player.path.parent, player.folder / "elsewhere")
    player.path.parent.symlink_to(player.folder / "elsewhere")


def a_pipe(player: Player) -> None:
    player.path.unlink()
    os.mkfifo(player.path)


def a_folder(player: Player) -> None:
    player.path.unlink()
    player.path.mkdir()


def a_folder_with_source(player: Player) -> None:
    a_folder(player)
    (player.path / "__init__.py").write_text(player.clean, "utf-8")


def a_device(player: Player) -> None:
    player.path.unlink()
    player.path.symlink_to("/dev/zero")


def other_letters(player: Player) -> None:
    player.path.write_bytes(player.clean.encode() + b"name = '\xff\xfe'\n")


def sixteen_bits(player: Player) -> None:
    player.path.write_text(player.clean, "utf-16")


def nothing(player: Player) -> None:
    player.path.write_bytes(b"")


def no_file(player: Player) -> None:
    player.path.unlink()
    (player.root / "training" / "schedule.py").write_text("import nowhere", "utf-8")


def half_a_letter(player: Player) -> None:
    player.path.write_text(player.clean + "\nraise ValueError('\\udcff\\x1b[31m')\n", "utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX file types")
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (a_null_byte, "null bytes"),
        (nothing_but_null_bytes, "null bytes"),
        (fifty_megabytes, f"{FILE} is larger than 1 MiB"),
        (a_link, f"{FILE} is not a plain file"),
        (a_link_to_itself, f"{FILE} is not a plain file"),
        (a_linked_folder, "training is not a plain folder"),
        (a_pipe, f"{FILE} is not a plain file"),
        (a_folder, f"{FILE} is not a plain file"),
        (a_folder_with_source, f"{FILE} is not a plain file"),
        (a_device, f"{FILE} is not a plain file"),
        (other_letters, "SyntaxError"),
        (sixteen_bits, "SyntaxError"),
        (nothing, f"{FILE} defines no cross_entropy_loss"),
        (no_file, "No module named 'nowhere'"),
        (half_a_letter, "ValueError"),
    ],
)
async def test_what_is_no_source_is_refused_with_its_name(
    player: Player, spoil: Callable[[Player], None], words: str
) -> None:
    spoil(player)
    assert words in await player.said()


@pytest.mark.parametrize(
    ("prefix", "newline"), [("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n"), ("", "\r")]
)
async def test_marks_and_line_ends_of_other_systems_are_source(
    player: Player, prefix: str, newline: str
) -> None:
    text = prefix + player.clean.replace("\n", newline)
    player.path.write_bytes(text.encode("utf-8"))
    done = await player.submit()
    assert done.verdict.solved, done.verdict.reason

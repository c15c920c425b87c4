"""Every level starts unsolved, is solved by its answer, shows itself, and gives nothing away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pytest

from engine.catalog import Catalog
from engine.check import check
from engine.level import Level
from engine.sandbox.client import Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LEVELS = Catalog().levels


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    await sandbox.close()


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.id)
async def test_the_level_keeps_its_promises(level: Level, sandbox: Sandbox) -> None:
    assert await check([level], sandbox, range(2)) == ()


@dataclass(frozen=True)
class Spoiled:
    """A level with something that it must not have, and the complaint expected."""

    changes: dict[str, object]
    complaint: str


SPOILED = {
    "a brief that quotes the line": Spoiled(
        {"brief": "It says loss = target_log_probs.mean() there."}, "quotes the line"
    ),
    "a brief that names the file": Spoiled({"brief": "Look into loss.py."}, "names the file"),
    "a title that is the answer": Spoiled(
        {"title": "The minus sign of the cross-entropy is missing"}, "holds the answer's title"
    ),
}


@pytest.mark.parametrize("name", SPOILED)
async def test_a_spoiler_is_found(name: str, sandbox: Sandbox) -> None:
    level, spoiled = LEVELS[6], SPOILED[name]
    file = msgspec.structs.replace(level.file, **spoiled.changes)
    told = msgspec.structs.replace(level, file=file)
    problems = await check([told], sandbox, range(1))
    assert any(spoiled.complaint in problem.sentence for problem in problems), problems


async def test_a_level_that_is_solved_from_the_start_is_found(sandbox: Sandbox) -> None:
    problems = await check(
        [msgspec.structs.replace(LEVELS[6], start=LEVELS[6].clean)], sandbox, range(1)
    )
    assert any("the start passes" in problem.sentence for problem in problems), problems
    assert any("stays silent" in problem.sentence for problem in problems), problems

"""Reading a stranger's scores: whatever a file holds, a card for each player or one sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.errors import BadExport
from engine.ledger import Entry
from engine.level import Level
from engine.scores.cards import Board, Card, document, standings
from engine.scores.document import FORMAT, VERSION, ScoreFile, Solve
from engine.scores.names import fault, key, shown
from engine.scores.solves import impossible, solve

LARGEST = 64 << 20
"""Bytes of a file: a thousand players with nine solves each take about half of it."""
SKEW = timedelta(hours=1)
"""How far another machine's clock may be ahead of this one's."""
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class Reader:
    """Reads files of scores against the levels that this game has."""

    def __init__(self, levels: Iterable[Level], now: datetime | None = None) -> None:
        """``now`` is when times begin to lie in the future; by default, when each file is read."""
        self._levels = {level.id: level for level in levels}
        self._now = now

    def read(self, path: Path) -> tuple[Card, ...]:
        """A card for each player in the file. Raises BadExport naming the file and the field."""
        try:
            if not path.is_file():
                raise BadExport(f"{path}: there is no such file.")
            with path.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            raise BadExport(f"{path}: it cannot be read ({_reason(error)}).") from None
        try:
            return self.cards(data)
        except BadExport as error:
            raise BadExport(f"{path}: {error}") from None

    def cards(self, data: bytes) -> tuple[Card, ...]:
        """A card for each player in ``data``. Raises BadExport naming the field."""
        file = _decoded(data)
        now = self._now or datetime.now(UTC)
        names = dict.fromkeys(self._names(file))
        _timed("exported_at", file.exported_at, now)
        solves: dict[str, list[Solve]] = {name: [] for name in names}
        for place, one in enumerate(file.solves):
            self._checked(f"solves[{place}]", one, names, now)
            if any(one.level == other.level for other in solves[one.player]):
                raise BadExport(f"solves[{place}].level: comes twice for {one.player}.")
            solves[one.player].append(one)
        found = tuple(Card(name, tuple(solves[name])) for name in names)
        self._compared(file, found)
        return found

    def _names(self, file: ScoreFile) -> list[str]:
        names: dict[str, str] = {}
        for place, row in enumerate(file.standings):
            if wrong := fault(row.team):
                raise BadExport(f"standings[{place}].team: {wrong}.")
            if key(row.team) in names:
                raise BadExport(f"standings[{place}].team: {row.team} comes twice.")
            names[key(row.team)] = row.team
        return list(names.values())

    def _checked(self, field: str, one: Solve, names: Collection[str], now: datetime) -> None:
        """Raise BadExport unless ``one`` says what its record says, and that can be."""
        if one.player not in names:
            raise BadExport(f"{field}.player: is not in the standings.")
        level = self._levels.get(one.level)
        if level is None:
            raise BadExport(
                f"{field}.level: this version of the game has no level {shown(one.level)}."
            )
        for place, step in enumerate(one.record):
            _timed(f"{field}.record[{place}].at", step.at, now)
        for where, what in impossible(level, one.record):
            raise BadExport(f"{field}.record{where}: {what}.")
        derived = solve(one.player, level, [Entry(s.at, level.id, s.deed) for s in one.record])
        if derived is None:
            raise BadExport(f"{field}.record: nothing was mended in it.")
        _same(field, one, derived)

    def _compared(self, file: ScoreFile, cards: Sequence[Card]) -> None:
        """Raise BadExport unless standings and tasks are those that the solves amount to."""
        rows = {row.card.player: row for row in standings(cards)}
        levels = tuple(self._levels.values())
        made = document(Board(tuple(rows[c.player] for c in cards), levels, file.exported_at))
        for place, (said, derived) in enumerate(zip(file.standings, made.standings, strict=True)):
            _same(f"standings[{place}]", said, derived)
        titles = {level.title for level in levels}
        for place, task in enumerate(file.tasks):
            if task not in titles:
                raise BadExport(f"tasks[{place}]: {shown(task)} is no level of this game.")


def _decoded(data: bytes) -> ScoreFile:
    if len(data) > LARGEST:
        raise BadExport(f"it is larger than {LARGEST >> 20} MiB.")
    try:
        about = msgspec.json.decode(data, type=_About)
        if about.format != FORMAT:
            raise BadExport(f"format: is {shown(about.format)}, not {FORMAT}.")
        if about.version != VERSION:
            raise BadExport(
                f"version: is {about.version}; this game reads version {VERSION}. Update it, or "
                "export again."
            )
        return msgspec.json.decode(data, type=ScoreFile)
    except RecursionError:
        raise BadExport("it is nested too deeply.") from None
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        field = where.strip("`").removeprefix("$").removeprefix(".") or "it"
        raise BadExport(f"{shown(field)}: {shown(what, 200)}.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise BadExport(f"it is not JSON ({shown(str(error), 200)}).") from None


class _About(Struct):
    """What has to be known before anything else is read."""

    format: str = ""
    version: int = 0


def _timed(field: str, at: datetime, now: datetime) -> None:
    if at > now + SKEW:
        raise BadExport(f"{field}: {at.isoformat(timespec='minutes')} is in the future.")
    if at < _FIRST:
        raise BadExport(f"{field}: {at.isoformat(timespec='minutes')} is before 1970.")


def _same(field: str, said: Struct, derived: Struct) -> None:
    """Raise BadExport at the first field in which two structs of one type differ."""
    for name, told_as in zip(said.__struct_fields__, said.__struct_encode_fields__, strict=True):
        one, other = getattr(said, name), getattr(derived, name)
        if one != other:
            told = msgspec.to_builtins([one, other])
            raise BadExport(
                f"{field}.{told_as}: says {shown(told[0])}, but its record amounts to "
                f"{shown(told[1])}."
            )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

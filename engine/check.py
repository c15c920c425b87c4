"""The proof that a level is what it says: starts unsolved, is solved by its answer, shows itself to
its probes, and gives nothing away."""

from __future__ import annotations

import difflib
import io
import re
import tempfile
import tokenize
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from engine.evidence import Status
from engine.judging import verdict_on
from engine.level import Level, Source, apply_edits
from engine.sandbox.messages import Event, Found, Limits, Outcome, Probe
from engine.sandbox.runner import Runner

SEEDS = (0, 1, 2)
LIMITS = Limits(seconds=120.0)

GIVEAWAYS = re.compile(
    r"\b(bug(gy)?|bugs|fixme|todo|xxx|hack|wrong|incorrect|broken|should be|should have|oops)\b",
    re.IGNORECASE,
)
"""Words that have no place in a codebase which does not know that it is wrong."""


class Problem(Struct, frozen=True):
    """Something that a level promises and does not hold."""

    level: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.level}: {self.sentence}"


async def check(
    levels: Sequence[Level],
    sandbox: Runner,
    seeds: Sequence[int] = SEEDS,
    report: Callable[[str], None] = lambda line: None,
) -> tuple[Problem, ...]:
    """Every problem of ``levels``, by running them; ``report`` is told how far it is.

    That each edit stands exactly once, and that files have the fields they need, is proved by
    reading the catalog at all (BadLevel).
    """
    known = {info.name for info in (await sandbox.ready()).catalogue}
    problems: list[Problem] = []
    for level in levels:
        report(f"{level.number}  {level.id}")
        found = [*_texts(level), *_unknown_probes(level, known)]
        with tempfile.TemporaryDirectory(prefix="tui-debugger-") as folder:
            bench = _Bench(sandbox, Path(folder), seeds)
            found += await bench.verdicts(level)
            found += await bench.contract(level)
            if len(level.parts) > 1:
                found += await bench.parts(level)
        problems += [Problem(level.id, sentence) for sentence in found]
    return tuple(problems)


class _Bench:
    """Runs sources of a level in the sandbox."""

    def __init__(self, sandbox: Runner, folder: Path, seeds: Sequence[int]) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.seeds = seeds

    async def verdicts(self, level: Level) -> list[str]:
        """The start is refused, the answer accepted."""
        problems = []
        for seed in self.seeds:
            start = await self._failed_checks(level.start, seed)
            problems += [
                f"seed {seed}: the start passes all that decides {part.id}"
                for part in level.parts
                if not start.intersection({*part.contract.decides, "everything"})
            ]
            failing = await self._failed_checks(level.clean, seed)
            if failing:
                problems.append(f"seed {seed}: the answer fails {_names(failing)}")
        return problems

    async def contract(self, level: Level) -> list[str]:
        """Every probe of the contract fires on the start."""
        wanted = {name for part in level.parts for name in part.contract.fires}
        problems = []
        for seed in self.seeds:
            silent = wanted - await self._firing(level.start, wanted, seed)
            if silent:
                problems.append(f"seed {seed}: {_names(silent)} stays silent")
        return problems

    async def parts(self, level: Level) -> list[str]:
        """With one bug mended and all others left, just that bug's checks pass."""
        problems = []
        for mended in level.parts:
            rest = [e for part in level.parts if part is not mended for e in part.edits]
            failing = await self._failed_checks(apply_edits(level.clean, rest), self.seeds[0])
            for part in level.parts:
                stays = bool(failing.intersection(part.contract.decides))
                if stays == (part is mended):
                    word = "fails" if stays else "passes"
                    problems.append(f"with only {mended.id} mended, {part.id} {word}")
        return problems

    async def _failed_checks(self, source: Source, seed: int) -> set[str]:
        """Names of the checks that fail; ``everything`` where there is no verdict."""
        root = self._write(source)
        verdict = await verdict_on(self.sandbox, root, seed, self.folder)
        if not verdict.checks:
            return {"everything"}
        return {check.name for check in verdict.checks if not check.passed}

    async def _firing(self, source: Source, names: set[str], seed: int) -> set[str]:
        firing: set[str] = set()

        def listen(event: Event) -> None:
            if isinstance(event, Found) and event.evidence.status is Status.FIRES:
                firing.add(event.evidence.probe)

        task = Probe(str(self._write(source)), tuple(sorted(names)), seed)
        ended = await self.sandbox.run(task, LIMITS, listen)
        return firing if ended.outcome is Outcome.DONE else set()

    def _write(self, source: Source) -> Path:
        root = self.folder / "source"
        for file, text in source.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return root


def _texts(level: Level) -> Iterator[str]:
    """Spoilers in what a player reads before the level is solved."""
    shown = {"title": level.title, "brief": level.file.brief, "id": level.id}
    telling = [line.strip() for e in level.edits for line in _changed(e.replace, e.find)]
    telling += [line.strip() for e in level.edits for line in _changed(e.find, e.replace)]
    for field, text in shown.items():
        if level.file.answer.title.lower() in text.lower():
            yield f"the {field} holds the answer's title"
        for line in telling:
            if line and line in text:
                yield f"the {field} quotes the line {line!r}"
        for file, _ in level.places():
            if Path(file).name in text:
                yield f"the {field} names the file {file}"
    for edit in level.edits:
        comments = set(_comments(level.start[edit.file])) - set(_comments(level.clean[edit.file]))
        for comment in sorted(comments):
            yield f"{edit.file} gains the comment {comment!r}"
    for file, text in level.start.items():
        if found := GIVEAWAYS.search("\n".join([*_comments(text), *_docstrings(text)])):
            yield f"{file} says {found.group()!r}"


def _unknown_probes(level: Level, known: set[str]) -> Iterator[str]:
    named = {hint.probe for hint in level.file.hints if hint.probe}
    named |= {name for part in level.parts for name in part.contract.fires}
    for name in sorted(named - known):
        yield f"there is no probe {name}"


def _changed(text: str, other: str) -> list[str]:
    """Lines of ``text`` that are not in ``other``."""
    difference = difflib.ndiff(other.splitlines(), text.splitlines())
    return [line[2:] for line in difference if line.startswith("+ ")]


def _comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _docstrings(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING and token.string.startswith('"""'):
            yield token.string


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names))

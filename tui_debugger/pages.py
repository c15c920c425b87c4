"""The field guide's pages as text, for any width. Knows of no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from engine.evidence import ProbeInfo
from engine.guide import Claim, Entry, Guide, Tip
from tui_debugger.lab import Failed, Lab, Ready
from tui_debugger.text import MUTED, STATE, count, lines, one_line, prose
from tui_debugger.widgets.columns import columns

TITLE = "bold $text-primary"
UNKNOWN = "—"
"""In place of what would spoil a level."""
SUMMARY = ("#", "bug", "file", "severity", "category")
LOADING = """\
The catalogue of probes arrives as soon as torch has been loaded, which takes a few seconds. \
Everything else can be read meanwhile.
"""
FAILED = "The catalogue of probes comes with the lab, and the lab could not be started:"

CLAIM = {
    "holds": ("✓", "$text-success"),
    "holds only when": ("◐", "$text-warning"),
    "is not seen": ("·", MUTED),
    "the reverse is seen": ("✗", "$text-error"),
}
"""How each outcome of a measured claim looks."""

Names = Mapping[str, ProbeInfo]


@dataclass(frozen=True)
class Page:
    """One page, and how it is found."""

    id: str
    section: str
    row: Content
    """In the list of pages."""
    words: str
    """What a search looks through."""
    draw: Callable[[int], Content]
    """The page in so many cells across."""


def pages(guide: Guide, entries: Sequence[Entry], lab: Lab) -> tuple[Page, ...]:
    """All pages: how to look, what was found, every probe."""
    catalogue = lab.catalogue if isinstance(lab, Ready) else ()
    infos = {info.name: info for info in catalogue}
    tips = [_tip(number, tip, infos) for number, tip in enumerate(guide.tips, 1)]
    told = [_entry(entry, infos) for entry in entries]
    probes = [_probe(info, guide, entries) for info in catalogue]
    return (*tips, _summary(entries), *told, *(probes or [_no_probes(lab)]))


def _tip(number: int, tip: Tip, infos: Names) -> Page:
    title = one_line(tip.title)

    def draw(width: int) -> Content:
        head = Content.styled(title, TITLE)
        return lines(
            [head, "", prose(tip.text), "", _named("Probes that do it", tip.probes, infos)]
        )

    words = f"{title} {tip.text} {' '.join(tip.probes)}"
    return Page(f"tip:{number}", "How to look", Content(f"{number}  {title}"), words, draw)


def _probe(info: ProbeInfo, guide: Guide, entries: Sequence[Entry]) -> Page:
    question = one_line(info.question)

    def draw(width: int) -> Content:
        slow = " · slow: it trains a model" if info.slow else ""
        parts: list[Content | str] = [
            Content.styled(question, TITLE),
            Content.styled(f"{one_line(info.name)}{slow}", MUTED),
            "",
            prose(info.about),
        ]
        if info.source:
            parts += ["", _heading("Where it comes from"), one_line(info.source)]
        tips = [one_line(tip.title) for tip in guide.tips if info.name in tip.probes]
        if tips:
            parts += ["", _heading("Carries out"), *tips]
        seen = [said for entry in entries if (said := _sees(info.name, entry))]
        if seen:
            parts += ["", _heading("In levels whose bug you know"), *seen]
        return lines(parts)

    slow = ("slow  ", "$text-warning") if info.slow else ""
    row = Content.assemble(slow, question)
    words = f"{info.name} {question} {info.about}"
    return Page(f"probe:{info.name}", f"Probes: {info.area}", row, words, draw)


def _sees(probe: str, entry: Entry) -> str:
    row = entry.found.row if entry.found else None
    if row is None or probe not in row.fires + row.sometimes:
        return ""
    how = "fires" if probe in row.fires else "fires on some seeds"
    return f"✗ {how}: {entry.number} {one_line(entry.incident)}"


def _no_probes(lab: Lab) -> Page:
    said = f"{FAILED}\n\n{lab.sentence}" if isinstance(lab, Failed) else LOADING
    row = Content.styled(str(lab), MUTED)
    return Page("probes", "Probes", row, "", lambda width: prose(said))


def _summary(entries: Sequence[Entry]) -> Page:
    rows = [_cells(entry) for entry in entries]

    def draw(width: int) -> Content:
        head = Content.styled("Summary", TITLE)
        why = Content.styled("A bug is named once its level is solved or its answer shown.", MUTED)
        return lines([head, why, "", _table(rows, width)])

    words = " ".join(cell for row in rows for cell in row)
    return Page("summary", "What was found", Content("Summary table"), f"summary {words}", draw)


def _cells(entry: Entry) -> tuple[str, ...]:
    title, files, category = one_line(entry.incident), UNKNOWN, UNKNOWN
    if entry.found:
        title = one_line(entry.found.title)
        several = len(entry.found.files) > 1
        files = count(len(entry.found.files), "file") if several else entry.found.files[0]
        category = one_line(entry.found.category)
    return str(entry.number), title, files.rpartition("/")[2], entry.severity, category


def _table(rows: Sequence[Sequence[str]], width: int) -> Content:
    """Side by side where every cell has room, else what does not fit on a line of its own."""
    longest = [max(len(row[at]) for row in (SUMMARY, *rows)) for at in range(len(SUMMARY))]
    if sum(longest) + 2 * (len(SUMMARY) - 1) <= width:
        return columns(SUMMARY, rows, width)
    parts: list[Content | str] = []
    for number, title, *facts in rows:
        parts.append(f"{number}  {title}")
        parts.append(Content.styled(f"   {' · '.join(facts)}", MUTED))
    return lines(parts)


def _entry(entry: Entry, infos: Names) -> Page:
    sign, word, style = STATE[entry.state]
    incident = one_line(entry.incident)
    words = f"{incident} {entry.severity} {word}"
    if entry.found:
        found = entry.found
        row_ = found.row.fires + found.row.sometimes if found.row else ()
        words += f" {found.title} {found.category} {found.learnt} {' '.join((*found.files, *row_))}"

    def draw(width: int) -> Content:
        state = Content.assemble((f"{sign} {word}", style), (f" · {entry.severity}", MUTED))
        parts = [Content.styled(f"{entry.number}  {incident}", TITLE), state, Content("")]
        return lines([*parts, *_known(entry, infos)])

    row = Content.assemble(f"{entry.number}  ", (sign, style), f" {incident}")
    return Page(f"level:{entry.level}", "What was found", row, words, draw)


def _known(entry: Entry, infos: Names) -> Iterable[Content | str]:
    """What may be said of the level's bug."""
    found = entry.found
    if found is None:
        yield Content.styled(f"{UNKNOWN}  Solve the level, and its bug is told here.", MUTED)
        return
    yield Content.styled(one_line(found.title), "bold")
    yield Content.styled(f"{', '.join(found.files)} · {one_line(found.category)}", MUTED)
    if found.learnt:
        yield from ("", _heading("To take away"), prose(found.learnt))
    if found.claims:
        yield from ("", _heading("What is said of it, put to the test"))
        yield from map(_claim, found.claims)
    if found.row:
        fires, sometimes = found.row.fires, found.row.sometimes
        yield from ("", _named(f"{len(fires)} of {found.probes} probes fire", fires, infos))
        if sometimes:
            yield _named(f"{len(sometimes)} more on some seeds", sometimes, infos)


def _claim(claim: Claim) -> Content:
    sign, style = CLAIM[claim.kind]
    outcome = f"{claim.kind} {claim.condition}".strip()
    return Content.assemble(
        (f"{sign} ", style), one_line(claim.says), (f" · {one_line(outcome)}", style)
    )


def _named(title: str, names: Sequence[str], infos: Names) -> Content:
    """Probes under a heading, with their questions once those are known."""
    parts: list[Content | str] = [_heading(title)]
    for name in names:
        info = infos.get(name)
        asked = f"  {one_line(info.question)}" if info else ""
        parts.append(Content.assemble((one_line(name), "$text-accent"), asked))
    return lines(parts)


def _heading(title: str) -> Content:
    return Content.styled(title, "bold")

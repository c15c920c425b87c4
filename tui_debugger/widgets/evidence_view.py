"""The evidence of one probe: question, finding, measurements, figure, and what it rests on."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from engine.evidence import Evidence, Fault, ProbeInfo, Status
from tui_debugger import text
from tui_debugger.copying import copy
from tui_debugger.keys import key
from tui_debugger.messages import GoTo, Save
from tui_debugger.text import MUTED
from tui_debugger.widgets.columns import measurements
from tui_debugger.widgets.figures import Growing, drawn, growing_curve, theme_palette
from tui_debugger.widgets.heatmap import Palette
from tui_debugger.widgets.picture import PLAIN, WIDTH, picture

COPY = Binding("c", "copy", "Copy", id="evidence.copy", tooltip="Evidence: Copy it as text")
SAVE = Binding("s", "save", "Save", id="evidence.save", tooltip="Evidence: Save it as text and SVG")


class EvidenceView(VerticalScroll):
    """What a probe said, or that it has said nothing yet."""

    DEFAULT_CSS = """
    EvidenceView {
        padding: 0 1;
        scrollbar-gutter: stable;
        & > Static { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,g", "go_to_fault", "Go to line",
            id="evidence.go_to", tooltip="Evidence: Go to the line that raised",
        ),
        COPY,
        SAVE,
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.info: ProbeInfo | None = None
        self.evidence: Evidence | None = None
        self.stale = False
        self.growing: Growing | None = None
        self.remarks: tuple[Content, ...] = ()

    def compose(self) -> ComposeResult:
        yield _Sheet(markup=False)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())

    def on_resize(self, _: events.Resize) -> None:
        self._draw()

    def show(
        self,
        info: ProbeInfo | None,
        evidence: Evidence | None,
        *,
        stale: bool,
        growing: Growing | None = None,
        remarks: tuple[Content, ...] = (),
    ) -> None:
        """Show that probe, from the top when it is another one than before: what it said and what
        there is to remark on that, or while it runs how far it is."""
        new = info, evidence, stale, growing, remarks
        if new == (self.info, self.evidence, self.stale, self.growing, self.remarks):
            return
        if info != self.info:
            self.scroll_home(animate=False)
        self.info, self.evidence, self.stale, self.growing, self.remarks = new
        self._draw()
        self.refresh_bindings()

    def as_text(self) -> str:
        """What is shown, for the clipboard or a file: figures in shades, as no colour goes
        along."""
        return "\n".join(line.rstrip() for line in str(self._told(WIDTH, PLAIN)).splitlines())

    @property
    def fault(self) -> Fault | None:
        """Where the probe failed, if it did and the place is known."""
        fault = self.evidence.fault if self.evidence else None
        return fault if fault and fault.file and fault.line else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "go_to_fault":
                return self.fault is not None
            case "copy" | "save":
                return self.evidence is not None or self.growing is not None
            case _:
                return True

    def action_go_to_fault(self) -> None:
        """Lead the player to the line that raised."""
        fault = self.fault
        if fault and fault.file and fault.line:
            self.post_message(GoTo(fault.file, fault.line))

    def action_copy(self) -> None:
        """Copy what is shown."""
        copy(self, self.as_text(), "The evidence")

    def action_save(self) -> None:
        """Save what is shown."""
        if self.info is not None:
            seen = self._told(WIDTH, theme_palette(self))
            drawing = picture(self.query_one(_Sheet), seen, self.info.name)
            self.post_message(Save(self.info.name, self.as_text() + "\n", drawing))

    def _draw(self) -> None:
        if self.is_mounted and self.info is not None:
            width = max(20, self.scrollable_content_region.width)
            self.query_one(_Sheet).update(self._told(width, theme_palette(self)))

    def _told(self, width: int, palette: Palette) -> Content:
        assert self.info is not None
        if self.growing is not None:
            parts = _growing(self.info, self.growing, width)
        else:
            runs = key(self, "probes.run_one")
            parts = _sheet(self.info, self.evidence, self.stale, self.remarks, width, palette, runs)
        return Content("\n").join(parts)


class _Sheet(Static):
    """The text; a click on the fault's place leads there."""

    def action_go_to_fault(self) -> None:
        assert isinstance(self.parent, EvidenceView)
        self.parent.action_go_to_fault()


def _sheet(
    info: ProbeInfo,
    evidence: Evidence | None,
    stale: bool,
    remarks: tuple[Content, ...],
    width: int,
    palette: Palette,
    runs: str,
) -> list[Content]:
    sign, word, style = text.STATUS[evidence.status if evidence else None]
    parts = _head(info)
    if evidence is None:
        parts += [Content.assemble((f"{sign} {word}", style), f"  {runs} runs it"), Content("")]
        return [*parts, text.prose(info.about).stylize_before(MUTED)]
    when = "  before your last edit" if stale else ""
    took = f"  {evidence.seconds:.2g} s" if evidence.seconds >= 0.05 else ""
    parts.append(
        Content.assemble((f"{sign} {word}", f"bold {style}"), (when, "$text-warning"), took)
    )
    parts.append(text.prose(evidence.finding))
    if evidence.fault is not None and evidence.status is Status.FAILED:
        parts.append(_fault(evidence.fault, evidence.finding))
    parts += remarks
    if evidence.measurements:
        parts += [Content(""), measurements(evidence.measurements, width)]
    if evidence.figure is not None:
        parts += [Content(""), drawn(evidence.figure, width, palette)]
    return [*parts, Content(""), text.prose(info.about).stylize_before(MUTED)]


def _growing(info: ProbeInfo, growing: Growing, width: int) -> list[Content]:
    so_far = f"▸ running  {growing.done} of {growing.total}"
    parts = [*_head(info), Content.styled(so_far, "bold $text-accent")]
    curve = growing_curve(growing, width)
    if curve is not None:
        parts += [Content(""), curve]
    return [*parts, Content(""), text.prose(info.about).stylize_before(MUTED)]


def _head(info: ProbeInfo) -> list[Content]:
    name = Content.assemble((info.name, MUTED), "  slow" if info.slow else "")
    return [name, Content.styled(info.question, "bold"), Content("")]


def _fault(fault: Fault, finding: str) -> Content:
    """The place as a link, and what was raised where the finding does not say it."""
    said = "" if fault.sentence in finding else text.plain(fault.sentence)
    if fault.file is None or fault.line is None:
        return Content(said)
    link = Style.from_meta({"@click": "go_to_fault"}) + Style(underline=True)
    place = text.one_line(f"{fault.file}:{fault.line}")
    return Content.assemble("→ ", (place, link), f"  {said}")

"""What can be done in a level: each command once, for keys, key bar, palette and help."""

from __future__ import annotations

from textual.binding import Binding, BindingType

HELP = """\
`f5` runs all probes on what you have saved, which is everything you typed. The probe list marks \
each: ✓ quiet, ✗ fires, ! failed, – skipped; a ~ says that you have edited since.

`ctrl+b` opens `scratch.py`, a probe of your own: Python against the live model, run with \
`ctrl+b` again. What it shows and prints arrives in the output. It is never judged.

In the code, ▎ marks lines that differ from the level's start, ✗ a line that raised. Any other \
editor may be used on the same files: what it writes is taken over.
"""

KEYS: list[BindingType] = [
    Binding(
        "escape", "cancel_run", "Cancel", id="level.cancel", tooltip="Probes: Cancel the run"
    ),
    Binding("f5", "run_all", "Run all", id="level.run_all", tooltip="Probes: Run all"),
    Binding(
        "ctrl+b", "run_scratch", "Run scratch",
        id="level.run_scratch", tooltip="Probes: Save and run your own probe, scratch.py",
    ),
    Binding("f9", "submit", "Submit", id="level.submit", tooltip="Level: Submit the code"),
    Binding(
        "ctrl+t,f10,escape", "to_panel", "Panel",
        id="level.to_panel", tooltip="View: Go to the panel",
    ),
    Binding(
        "ctrl+t,f10,escape", "to_code", "Code",
        id="level.to_code", tooltip="View: Go to the code",
    ),
    Binding("ctrl+o", "choose_file", "Files", id="level.files", tooltip="View: Open a file"),
    Binding("f2", "show('brief')", "Brief", id="level.brief", tooltip="View: Brief"),
    Binding("f3", "show('probes')", "Probes", id="level.probes", tooltip="View: Probes"),
    Binding("f4", "show('hints')", "Hints", id="level.hints", tooltip="View: Hints"),
    Binding("f8", "show('output')", "Output", id="level.output", tooltip="View: Output"),
    Binding(
        "ctrl+b", "open_scratch", "Scratch", show=False,
        id="level.open_scratch", tooltip="Probes: Write one of your own, in scratch.py",
    ),
    Binding("ctrl+l", "leave", "Levels", id="level.leave", tooltip="Level: Back to the list"),
    Binding(
        "ctrl+r", "reset", "Reset", show=False,
        id="level.reset", tooltip="Level: Reset to its start, keeping your work",
    ),
    Binding(
        "ctrl+n", "next_file(1)", "Next file", show=False,
        id="level.next_file", tooltip="View: Next file",
    ),
    Binding(
        "ctrl+s", "save", "Save", show=False,
        id="level.save", tooltip="Code: Save now (it is saved as you type)",
    ),
]  # fmt: skip

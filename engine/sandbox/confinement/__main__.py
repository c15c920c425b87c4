"""``python -m engine.sandbox.confinement``: confined as a submission is, try to get out.

Reads targets on standard input and writes what succeeded, both as JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from engine.sandbox.confinement import confine
from engine.sandbox.confinement.attempts import Targets, successes


def main() -> None:
    """Try everything from the current folder, which alone may be used."""
    targets = msgspec.json.decode(sys.stdin.buffer.read(), type=Targets)
    here = Path.cwd()
    confine((), (here,))
    (here / "mine").write_text("this much has to work", "utf-8")
    sys.stdout.buffer.write(msgspec.json.encode(successes(targets)))


if __name__ == "__main__":
    main()

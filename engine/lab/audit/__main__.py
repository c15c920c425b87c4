"""``python -m engine.lab.audit``: measures, prints the table, writes or checks what is on record.

Exit code 0 when all is well, 1 when the record and the measurement part ways.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch

from engine.lab.audit.document import render
from engine.lab.audit.findings import measure_all
from engine.lab.audit.parting import parting, wording
from engine.lab.audit.report import report
from engine.lab.audit.summary import summary
from engine.lab.audit.workbench import Bench
from engine.workspace import write_atomically


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m engine.lab.audit", description=__doc__)
    parser.add_argument("document", type=Path, help="every claim with its figures")
    parser.add_argument("outcomes", type=Path, help="every claim with its outcome, as JSON")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the document's figures do not depend on how many cores there are
    with tempfile.TemporaryDirectory(prefix="tui-debugger-") as folder:
        findings = measure_all(Bench(Path(folder)), _say)
    for line in report(findings):
        print(line)
    if not arguments.check:
        write_atomically(arguments.document, render(findings))
        write_atomically(arguments.outcomes, summary(findings))
        return 0
    document = _text(arguments.document)
    problems = parting(document, findings) + wording(document, findings)
    if _text(arguments.outcomes) != summary(findings):
        problems.append(f"{arguments.outcomes} has other outcomes.")
    for problem in problems:
        _say(problem)
    return 1 if problems else 0


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m engine.lab.audit``: measures, prints the table, writes or checks the document.

Exit code 0 when all is well, 1 when the document and the measurement part ways.
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
from engine.lab.audit.workbench import Bench


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m engine.lab.audit", description=__doc__)
    parser.add_argument("document", type=Path, help="what to write")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    path: Path = arguments.document
    torch.set_num_threads(1)  # the document's figures do not depend on how many cores there are
    with tempfile.TemporaryDirectory(prefix="tui-debugger-") as folder:
        findings = measure_all(Bench(Path(folder)), _say)
    for line in report(findings):
        print(line)
    if not arguments.check:
        path.write_text(render(findings), "utf-8")
        return 0
    document = path.read_text("utf-8") if path.exists() else ""
    problems = parting(document, findings) + wording(document, findings)
    for problem in problems:
        _say(problem)
    return 1 if problems else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

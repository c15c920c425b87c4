"""The outcomes of the audit, as the field guide carries them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.catalog import Catalog
from engine.guide import Audit, Claim
from engine.lab.audit.findings import Finding


def summary(findings: Sequence[Finding]) -> str:
    """The text of a pack's ``audit.json``: every claim about a bug with its outcome."""
    levels = {level.number: level.id for level in Catalog().levels}
    claims = [
        Claim(
            level=levels[finding.claim.level],
            number=finding.number,
            note=finding.claim.note,
            says=finding.claim.says,
            kind=finding.outcome.kind.value,
            condition=finding.outcome.condition,
        )
        for finding in findings
        if finding.claim.level
    ]
    packed = msgspec.json.encode(Audit(1, tuple(claims)))
    return msgspec.json.format(packed, indent=1).decode() + "\n"

"""What is known of the lab, the process beside the interface that holds torch."""

from __future__ import annotations

from dataclasses import dataclass

from engine.evidence import ProbeInfo


@dataclass(frozen=True)
class Loading:
    """The sandbox has been started and is importing torch."""

    def __str__(self) -> str:
        return "lab: loading torch…"


@dataclass(frozen=True)
class Ready:
    """Probes and submissions run at once."""

    catalogue: tuple[ProbeInfo, ...]
    torch: str

    def __str__(self) -> str:
        return "lab ready"


@dataclass(frozen=True)
class Failed:
    """The sandbox could not be started."""

    sentence: str

    def __str__(self) -> str:
        return "lab failed"


Lab = Loading | Ready | Failed

"""Cutting a stream of bytes into lines of bounded length."""

from __future__ import annotations

LINE_LIMIT = 8 << 20
"""Bytes in one message: a figure takes some kilobytes, so that this much is never meant."""


class Lines:
    """Bytes go in as they arrive, whole lines come out.

    ``overlong`` turns true once a line has passed ``limit`` without coming to its end.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self.limit = limit
        self.overlong = False
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes, without their newlines; empty lines are left out."""
        head, newline, tail = data.rpartition(b"\n")
        if not newline:
            self._rest += data
            lines = []
        else:
            self._rest += head
            lines = [line for line in bytes(self._rest).split(b"\n") if line]
            self._rest = bytearray(tail)
        self.overlong = self.overlong or len(self._rest) > self.limit
        return lines

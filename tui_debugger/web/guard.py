"""Who may ask: a browser of this machine, on behalf of no page but ours.

A page from anywhere may have the player's browser connect to this machine, and may give its own
name this machine's address (DNS rebinding). The browser tells of both: the first in ``Origin``,
the second in ``Host``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

_OURS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
"""Names of this machine that no name server has a say in; any port, for it may be forwarded."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse everybody else, and let the page do nothing but what it is for."""
    host = request.headers.get("Host", "")
    if not _OURS.fullmatch(host):
        raise web.HTTPForbidden(text="This is served under a name of this machine only.\n")
    origin = request.headers.get("Origin")
    # Without one it is no other page's doing, but a websocket always comes with one.
    if origin != f"http://{host}" and (origin or "Upgrade" in request.headers):
        raise web.HTTPForbidden(text="This is for its own page only.\n")
    response = await handler(request)
    if not response.prepared:
        response.headers.update(_headers(host))
    return response


def _headers(host: str) -> dict[str, str]:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"font-src 'self'; img-src 'self' data:; connect-src 'self' ws://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }

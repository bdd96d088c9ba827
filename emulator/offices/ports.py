"""Where a whole office listens unless told otherwise; in a room of its own, so that a command line that names them starts quickly."""

from __future__ import annotations

OFFICES_PORT = 8180
MAIL_PORT = 8125

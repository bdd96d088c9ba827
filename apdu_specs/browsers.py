"""What every service of this machine tells a person's browser: who asks is one, the icon, and that a page is not there."""

from __future__ import annotations

from apdu_specs.language import Text

ICON_PATH = "/favicon.ico"
"""Browsers ask for it of their own accord (``assumed`` of all; HTML standard, "Link type icon")."""

ICON_TYPE = "image/svg+xml"

ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
    b'<rect x="3" y="9" width="42" height="30" rx="4" fill="#0b4f6c"/>'
    b'<rect x="9" y="17" width="11" height="9" rx="2" fill="#f2b705"/><circle cx="34" cy="19" r="4" fill="#fff"/>'
    b'<path d="M27 32c0-4 3-7 7-7s7 3 7 7z" fill="#fff"/></svg>'
)
"""A card; the one icon of all pages."""

NO_PAGE = Text("There is no such page here.", "ไม่มีหน้านี้")
NOT_THIS_WAY = Text("This page cannot be asked for in this way.", "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้")
TO_FIRST_PAGE = Text("To the first page", "กลับหน้าแรก")

_METHOD_NOT_ALLOWED = 405


def not_served(status: int) -> Text:
    """The sentence for a page that is not there, or not for this method (405)."""
    return NOT_THIS_WAY if status == _METHOD_NOT_ALLOWED else NO_PAGE


def wants_page(accept: str | None) -> bool:
    """Whether an Accept header (RFC 9110, 12.5.1) is that of a browser that opens a page.

    Java's own client asks for text/html as long as nobody tells it otherwise; it alone names GIF pictures too, and is a
    program. Nobody refuses HTML with q=0 who does not mean it.
    """
    wanted = {}
    for each in (accept or "").lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        wanted[kind] = not any(_is_nothing(parameter) for parameter in parameters)
    return wanted.get("text/html", False) and "image/gif" not in wanted


def _is_nothing(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip() in ("0", "0.", "0.0", "0.00", "0.000")

"""Forms with files in them: ``multipart/form-data`` (RFC 7578) as browsers send it, small and whole in memory."""

from __future__ import annotations

import re
from email.message import Message

_MOST_PARTS = 50
_LONGEST_HEAD = 2048
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")
_NAME = re.compile(
    rb'^content-disposition:[ \t]*form-data;(?:.*;)?[ \t]*name="([\w-]{1,60})"', re.IGNORECASE | re.MULTILINE
)


def parts_of(content_type: str, body: bytes) -> dict[str, bytes]:
    """Name -> content of each field. ValueError for what no browser sends."""
    delimiter = b"\r\n--" + _boundary(content_type).encode("ascii")
    _preamble, *pieces = (b"\r\n" + body).split(delimiter, _MOST_PARTS + 1)
    if not pieces or not pieces.pop().startswith(b"--"):
        raise ValueError("the form does not end, or never does")
    return dict(_part(piece) for piece in pieces)


def _boundary(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    found = header.get_boundary()
    if header.get_content_type() != "multipart/form-data":
        raise ValueError("this is another kind of form")
    if found is None or _BOUNDARY.fullmatch(found) is None:
        raise ValueError("the form names no boundary")
    return found


def _part(piece: bytes) -> tuple[str, bytes]:
    start, _, rest = piece.partition(b"\r\n")
    head, found, content = rest.partition(b"\r\n\r\n")
    name = _NAME.search(head) if len(head) <= _LONGEST_HEAD else None
    if start.strip(b" \t") or not found or name is None:
        raise ValueError("a part of the form is none")
    return name[1].decode("ascii"), content

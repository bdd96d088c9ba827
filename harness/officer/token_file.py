"""nhso_token.txt: how hospital programs learn who is logged in. One line, ``CID13#TOKEN16``.

Source: public, several hospital programs that read it by splitting at ``#`` or by position; so there is no
line end after the token. UcAuthenticationMX probably writes a UTF-8 byte order mark and 4.x does not; both
are read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from apdu_specs.bangkok import BANGKOK
from apdu_specs.language import Text
from apdu_specs.system_errors import reason_of
from harness.officer.errors import TokenFileNotWritten, TokenFileUnreadable
from harness.whole_file import replace_file

FILE_NAME = "nhso_token.txt"
PROGRAMS = {"UCAuthentication4.x": False, "UCAuthenticationMX": True, "NHSOAuthen4.2018": False}
"""The published folders of the program, and whether it writes a byte order mark there (4.x: no; MX: probably)."""

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"(\d{13})#([a-z0-9]{16})(?:\r?\n)?")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class OfficerToken:
    """The officer's citizen id (13 digits) and smctoken (16 lower-case letters and digits)."""

    citizen_id: str = field(repr=False)
    smctoken: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for the file, and whether it begins with a byte order mark."""

    folder: Path
    bom: bool = False


def write(folder: Path, token: OfficerToken, *, bom: bool = False, at: datetime | None = None) -> Path:
    """Write the file into ``folder``, whole or not at all, readable by its owner only; gives its path.

    ``at``: the time that the file is to tell, where the offices' clock is not this machine's; ``clear_if_stale`` is to be asked
    by the same clock. Raises TokenFileNotWritten, and ValueError for a token that would not be readable again.
    """
    line = f"{token.citizen_id}#{token.smctoken}".encode()
    if _LINE.fullmatch(line) is None:
        raise ValueError("a token file holds 13 digits, # and 16 lower-case letters or digits")
    path = folder / FILE_NAME
    try:
        replace_file(path, (_BOM if bom else b"") + line, mode=0o600, at=at)
    except OSError as error:
        raise TokenFileNotWritten(str(folder), reason_of(error)) from error
    return path


def read(folder: Path) -> OfficerToken:
    """Read the file in ``folder``. Raises TokenFileUnreadable."""
    try:
        with (folder / FILE_NAME).open("rb") as file:
            content = file.read(_LONGEST)
    except OSError as error:
        raise TokenFileUnreadable(Text(f"{FILE_NAME} cannot be read.", f"อ่านแฟ้ม {FILE_NAME} ไม่ได้")) from error
    match = _LINE.fullmatch(content.removeprefix(_BOM))
    if match is None:
        raise TokenFileUnreadable(
            Text(f"{FILE_NAME} has no token in it.", f"แฟ้ม {FILE_NAME} ไม่มี Token ที่ถูกต้อง")
        )
    return OfficerToken(match[1].decode(), match[2].decode())


def clear(folder: Path) -> None:
    """Take the file away, if there is one. Raises TokenFileNotWritten.

    Public: all tokens are cleared at 00:00. That the file goes with them is ``assumed``.
    """
    try:
        (folder / FILE_NAME).unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise TokenFileNotWritten(str(folder), reason_of(error)) from error


def clear_if_stale(folder: Path, now: datetime) -> bool:
    """Take away a file that was written before today in Bangkok: its token is over. Whether there was one."""
    if not is_stale(folder / FILE_NAME, now):
        return False
    clear(folder)
    return True


def is_stale(file: Path, now: datetime) -> bool:
    """Whether there is a file that was written before today in Bangkok."""
    try:
        written = file.stat().st_mtime
    except OSError:
        return False
    return datetime.fromtimestamp(written, BANGKOK).date() < now.astimezone(BANGKOK).date()

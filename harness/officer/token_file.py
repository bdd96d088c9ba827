"""nhso_token.txt: how hospital programs learn who is logged in. One line, ``CID13#TOKEN16``.

Source: public, several hospital programs that read it by splitting at ``#`` or by position; so there is no
line end after the token. UcAuthenticationMX probably writes a UTF-8 byte order mark and 4.x does not; both
are read here.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from apdu_specs.language import Text
from harness.officer.errors import TokenFileNotWritten, TokenFileUnreadable

FILE_NAME = "nhso_token.txt"
_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"(\d{13})#([a-z0-9]{16})(?:\r?\n)?")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class OfficerToken:
    """The officer's citizen id (13 digits) and smctoken (16 lower-case letters and digits)."""

    citizen_id: str = field(repr=False)
    smctoken: str = field(repr=False)


def write(folder: Path, token: OfficerToken, *, bom: bool = False) -> Path:
    """Write the file into ``folder``, whole or not at all, readable by its owner only; gives its path.

    Raises TokenFileNotWritten, and ValueError for a token that would not be readable again.
    """
    line = f"{token.citizen_id}#{token.smctoken}".encode()
    if _LINE.fullmatch(line) is None:
        raise ValueError("a token file holds 13 digits, # and 16 lower-case letters or digits")
    path = folder / FILE_NAME
    # Beside the target, because a rename is only atomic within one file system.
    draft = folder / f".{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        _write_private(draft, (_BOM if bom else b"") + line)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise TokenFileNotWritten(str(folder), error.strerror or type(error).__name__) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


def read(folder: Path) -> OfficerToken:
    """Read the file in ``folder``. Raises TokenFileUnreadable."""
    try:
        with (folder / FILE_NAME).open("rb") as file:
            content = file.read(_LONGEST)
    except OSError as error:
        raise TokenFileUnreadable(Text(f"{FILE_NAME} cannot be read.", f"อ่านไฟล์ {FILE_NAME} ไม่ได้")) from error
    match = _LINE.fullmatch(content.removeprefix(_BOM))
    if match is None:
        raise TokenFileUnreadable(
            Text(f"{FILE_NAME} has no token in it.", f"ไฟล์ {FILE_NAME} ไม่มี Token ที่ถูกต้อง")
        )
    return OfficerToken(match[1].decode(), match[2].decode())


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

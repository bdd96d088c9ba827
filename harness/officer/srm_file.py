"""SRM's token.txt: how programs find the tokens of "SRM Smart Card Single Sign-On".

Public: the folder's and the file's name, and two lines, ``access-token=`` and ``refresh-token=``. Whoever refreshes
writes the file anew, because a refresh token is good once; so nothing here refreshes what other programs live on.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from apdu_specs.system_errors import reason_of
from harness.officer.errors import SrmFileNotWritten
from harness.officer.offices import SrmTokens
from harness.officer.token_file import write_private

FOLDER = "SRM Smart Card Single Sign-On"
FILE_NAME = "token.txt"


def write(home: Path, tokens: SrmTokens) -> Path:
    """Write the file below ``home`` (the user's folder), whole or not at all; gives its path. Raises SrmFileNotWritten."""
    folder = home / FOLDER
    draft = folder / f".{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(
            draft, f"access-token={tokens.access}\nrefresh-token={tokens.refresh}\n".encode("ascii")
        )
        draft.replace(folder / FILE_NAME)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SrmFileNotWritten(str(folder), reason_of(error)) from error
    return folder / FILE_NAME


def clear(home: Path) -> None:
    """Take the file away, if there is one. Raises SrmFileNotWritten."""
    try:
        (home / FOLDER / FILE_NAME).unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise SrmFileNotWritten(str(home / FOLDER), reason_of(error)) from error

"""SRM's token.txt: how programs find the tokens of "SRM Smart Card Single Sign-On".

Public: the folder's and the file's name, and two lines, ``access-token=`` and ``refresh-token=``. Whoever refreshes
writes the file anew, because a refresh token is good once; so nothing here refreshes what other programs live on.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from apdu_specs.system_errors import reason_of
from harness.officer.errors import SrmFileNotWritten
from harness.officer.offices import SrmTokens
from harness.officer.token_file import is_stale
from harness.whole_file import replace_file

FOLDER = "SRM Smart Card Single Sign-On"
FILE_NAME = "token.txt"


def write(home: Path, tokens: SrmTokens, *, at: datetime | None = None) -> Path:
    """Write the file below ``home`` (the user's folder), whole or not at all; gives its path. ``at``: as of ``token_file``'s.

    Raises SrmFileNotWritten.
    """
    folder = home / FOLDER
    path = folder / FILE_NAME
    content = f"access-token={tokens.access}\nrefresh-token={tokens.refresh}\n".encode("ascii")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, content, mode=0o600, at=at)
    except OSError as error:
        raise SrmFileNotWritten(str(folder), reason_of(error)) from error
    return path


def clear_if_stale(home: Path, now: datetime) -> None:
    """Take away a file that was written before today in Bangkok: its tokens are over. Raises SrmFileNotWritten."""
    if is_stale(home / FOLDER / FILE_NAME, now):
        clear(home)


def clear(home: Path) -> None:
    """Take the file away, if there is one. Raises SrmFileNotWritten."""
    try:
        (home / FOLDER / FILE_NAME).unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise SrmFileNotWritten(str(home / FOLDER), reason_of(error)) from error

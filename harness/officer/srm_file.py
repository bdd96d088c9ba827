"""SRM's token.txt: how programs find the tokens of "SRM Smart Card Single Sign-On".

Public: the folder's and the file's name, and two lines, ``access-token=`` and ``refresh-token=``. Whoever refreshes
writes the file anew, because a refresh token is good once; so nothing here refreshes what other programs live on.
"""

from __future__ import annotations

from pathlib import Path

from apdu_specs.system_errors import reason_of
from harness.officer.errors import SrmFileNotWritten
from harness.officer.offices import SrmTokens
from harness.whole_file import replace_file

FOLDER = "SRM Smart Card Single Sign-On"
FILE_NAME = "token.txt"


def write(home: Path, tokens: SrmTokens) -> Path:
    """Write the file below ``home`` (the user's folder), whole or not at all; gives its path. Raises SrmFileNotWritten."""
    folder = home / FOLDER
    path = folder / FILE_NAME
    content = f"access-token={tokens.access}\nrefresh-token={tokens.refresh}\n".encode("ascii")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, content, mode=0o600)
    except OSError as error:
        raise SrmFileNotWritten(str(folder), reason_of(error)) from error
    return path


def clear(home: Path) -> None:
    """Take the file away, if there is one. Raises SrmFileNotWritten."""
    try:
        (home / FOLDER / FILE_NAME).unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise SrmFileNotWritten(str(home / FOLDER), reason_of(error)) from error

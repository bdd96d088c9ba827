"""Writing a file that a user asked for whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Put ``text`` (UTF-8) into ``path``; what was there stays if that fails. Raises OSError, which names ``path``."""
    target = path.resolve()  # a link stays one
    try:
        if (
            target.exists() and not target.is_file()
        ):  # a pipe or a device is written as it is, or says what it is
            target.write_text(text, encoding="utf-8")
        else:
            _replace(target, text.encode())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(target: Path, content: bytes) -> None:
    # Beside the target, because a rename is only atomic within one file system.
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            if target.exists():
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise

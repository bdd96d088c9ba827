"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_LONGEST_STEM = 40
"""Of a draft's name: 255 bytes are the most a name has, and a letter may be four of them."""


def replace_file(path: Path, content: bytes, *, mode: int | None = None, at: datetime | None = None) -> None:
    """Make ``path`` a file of ``content``, on the disk when this returns; what had the name stays if that fails.

    ``mode``: its permissions, which it has from the first byte on; else those of a new file. ``at``: the time that it is to
    tell, else now. A link at ``path`` is replaced, not followed. Raises OSError, which names ``path``.
    """
    # Beside the target, because a rename is only atomic within one file system.
    draft = path.with_name(f".{path.name[:_LONGEST_STEM]}.{secrets.token_hex(8)}")
    try:
        try:
            _write_new(draft, content, mode)
            if at is not None:
                os.utime(draft, (at.timestamp(), at.timestamp()))
            draft.replace(path)
        except BaseException:
            with suppress(OSError):  # where the folder is none, there is no draft either
                draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _of(path, error) from error


def write_whole(path: Path, text: str) -> None:
    """Put ``text`` (UTF-8) into ``path``; what was there stays if that fails, and keeps its permissions if not.

    A link stays one; a pipe or a device is written as it is. Raises OSError, which names ``path``.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():  # or it is a folder, and says so
            target.write_text(text, encoding="utf-8")
            return
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        replace_file(target, text.encode(), mode=mode)
    except OSError as error:
        raise _of(path, error) from error


def _write_new(draft: Path, content: bytes, mode: int | None) -> None:
    descriptor = os.open(draft, _NEW, 0o666 if mode is None else 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if mode is not None:
            os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _of(path: Path, error: OSError) -> OSError:
    """The same, but of ``path``: a full disk names no file by itself, and nobody knows the draft."""
    return OSError(error.errno, error.strerror, str(path))

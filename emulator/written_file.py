"""Reading a file that a person wrote: a regular one, no longer than such a file may be, and nothing is waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from apdu_specs.language import Text
from emulator.errors import EmulatorError


class UnfitFile(EmulatorError):
    """What cannot be such a file: a folder, a pipe, a device, or far too long. ``why`` says which."""

    def __init__(self, path: Path, why: Text) -> None:
        self.why = why
        super().__init__(
            Text(f"{path}: {why.en}.", f"{path}: {why.th}"),
            Text("Give a text file.", "โปรดระบุแฟ้มข้อความ"),
        )


_FOLDER = Text("this is a folder, not a file", "เป็นโฟลเดอร์ ไม่ใช่แฟ้ม")
_NO_REGULAR_FILE = Text("this is a pipe or a device, not a file", "เป็นไปป์หรืออุปกรณ์ ไม่ใช่แฟ้ม")


def read_written_file(path: Path, limit: int) -> bytes:
    """The file's bytes, at most ``limit``. Raises UnfitFile, and OSError if it cannot be read."""
    # A pipe without a writer would be waited for, were it not for O_NONBLOCK.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise UnfitFile(path, _FOLDER if stat.S_ISDIR(mode) else _NO_REGULAR_FILE)
        raw = os.pread(descriptor, limit + 1, 0)
    finally:
        os.close(descriptor)
    if len(raw) > limit:
        raise UnfitFile(
            path,
            Text(f"the file is too long: more than {limit} bytes", f"แฟ้มใหญ่เกินไป: เกิน {limit} ไบต์"),
        )
    return raw

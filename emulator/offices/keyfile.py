"""The authority's master key in a file that only its owner can read: 32 bytes as 64 hexadecimal digits."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from apdu_specs import keys
from apdu_specs.language import Text
from apdu_specs.system_errors import reason_of
from emulator.errors import EmulatorError

KEY_LENGTH = keys.KEY_LENGTH
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST = 1024


class KeyFileUnusable(EmulatorError):
    """The key file is absent, open to others, or holds no key. Never says what is in it."""

    def __init__(self, path: Path, why: Text, way_out: Text) -> None:
        super().__init__(
            Text(f"The key file {path} {why.en}.", f"แฟ้มกุญแจ {path} {why.th}"),
            way_out,
        )


def read_key_file(path: Path) -> bytes:
    """The key (32 bytes), written in hexadecimal or base64.

    Raises KeyFileUnusable, also when group or others may read or write the file.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise _not_a_key(path)
            if mode & _OPEN_TO_OTHERS:
                raise KeyFileUnusable(
                    path,
                    Text("is open to other users", "เปิดให้ผู้ใช้อื่นเข้าถึงได้"),
                    Text(f"Run: chmod 600 {path}", f"ใช้คำสั่ง chmod 600 {path}"),
                )
            content = file.read(_LONGEST)
    except OSError as error:
        raise KeyFileUnusable(
            path,
            Text(f"cannot be read ({error.strerror})", f"อ่านไม่ได้ ({reason_of(error).th})"),
            Text("Check the name, or have a new key file made.", "ตรวจสอบชื่อแฟ้ม หรือสร้างแฟ้มกุญแจใหม่"),
        ) from error
    key = _decoded(content.strip())
    if key is None:
        raise _not_a_key(path)
    return key


def master_key(path: Path | None) -> bytes:
    """The key in a file, or the specimen key that virtual cards are made with. Raises KeyFileUnusable."""
    return keys.SPECIMEN_MASTER_KEY if path is None else read_key_file(path)


def make_key_file(path: Path) -> bytes:
    """Write a new random key into a new file with mode 0600; gives the key. Raises KeyFileUnusable."""
    key = secrets.token_bytes(KEY_LENGTH)
    try:
        # Whole or not at all, and never over a key that is in use.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileUnusable(
            path,
            Text(f"cannot be made ({error.strerror})", f"สร้างไม่ได้ ({reason_of(error).th})"),
            Text("Choose another name or folder.", "เลือกชื่อแฟ้มหรือโฟลเดอร์อื่น"),
        ) from error
    return key


def _not_a_key(path: Path) -> KeyFileUnusable:
    return KeyFileUnusable(
        path,
        Text("does not hold a key", "ไม่มีกุญแจที่ใช้ได้"),
        Text(
            f"It holds {KEY_LENGTH} bytes in hexadecimal or base64; have a new key file made.",
            f"ต้องเป็นข้อมูล {KEY_LENGTH} ไบต์ในรูปเลขฐานสิบหกหรือ base64 ให้สร้างแฟ้มกุญแจใหม่",
        ),
    )


def _decoded(content: bytes) -> bytes | None:
    for decode in (binascii.unhexlify, lambda text: base64.b64decode(text, validate=True)):
        try:
            key = decode(content)
        except (binascii.Error, ValueError):
            continue
        if len(key) == KEY_LENGTH:
            return key
    return None

"""The card file: one file that is one card, and survives kill -9 and power cuts.

Layout: a header, two slots for what changes, then the personalisation. Each slot has a sector of its own; a write
goes to the slot that does not hold the newest counters and is forced to disk before the card goes on, so at every
instant one whole slot is on disk. A new file gets its name when all of it is on disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from zlib import crc32

from construct import (
    Byte,
    Bytes,
    Checksum,
    Const,
    ConstructError,
    Container,
    GreedyBytes,
    Int16ub,
    Int32ub,
    Int64ub,
    PascalString,
    Prefixed,
    PrefixedArray,
    RawCopy,
    Struct,
    this,
)

from apdu_specs import keys
from apdu_specs.errors import SpecError
from apdu_specs.generations import APPLETS, by_name
from apdu_specs.language import Text
from apdu_specs.pin_policy import PinPolicy
from apdu_specs.provenance import Confidence, Kind, Provenance
from apdu_specs.system_errors import reason_of
from emulator.card.card import Card
from emulator.card.nonvolatile import Counters
from emulator.card.personalisation import Personalisation
from emulator.errors import CardFileError, CardFileExists, CardFileNotWritable, CardInUse, WriteFailed

FORMAT_VERSION = 1
SECTOR = 512
SLOT_OFFSETS = (SECTOR, 2 * SECTOR)
BODY_OFFSET = 3 * SECTOR

_MAGIC = b"THNIDCRD"
_HEADER = Struct("magic" / Const(_MAGIC), "version" / Int16ub, "body_length" / Int32ub, "body_crc" / Int32ub)


def _crc_protected(inner: Struct) -> Struct:
    return Struct("it" / RawCopy(inner), "crc" / Checksum(Int32ub, crc32, this.it.data))


_SLOT = _crc_protected(
    Struct(
        "sequence" / Int64ub, "failures" / Byte, "office_failures" / Byte, "pin" / Prefixed(Byte, Bytes(4))
    )
)
# _SLOT flattened by hand, for the hot path: a card writes one or two at every VERIFY. A test proves them equal.
_FLAT_SLOT = struct.Struct(">QBBB4s")
_FLAT_CRC = struct.Struct(">I")
_NAME = PascalString(Byte, "utf8")
_BODY = Struct(
    "generation" / _NAME,
    "policy"
    / Struct(
        "name" / _NAME,
        "suspended_at" / Byte,
        "locked_at" / Byte,  # 0: never
        "suspended_counts" / _NAME,
        "pin_length" / Byte,
        "office_tries" / Byte,
        "kind" / _NAME,
        "source" / PascalString(Int16ub, "utf8"),
        "confidence" / _NAME,
    ),
    "citizen_id" / Bytes(keys.CITIZEN_ID_LENGTH),
    "serial" / Bytes(keys.SERIAL_LENGTH),
    "card_key" / Bytes(keys.KEY_LENGTH),
    "office_key" / Bytes(keys.KEY_LENGTH),
    "cplc" / Prefixed(Byte, GreedyBytes),
    "adm_info" / Prefixed(Byte, GreedyBytes),
    "images"
    / PrefixedArray(
        Byte,
        Struct("aid" / Prefixed(Byte, GreedyBytes), "block" / Byte, "image" / Prefixed(Int32ub, GreedyBytes)),
    ),
)


class FileStore:
    """Counters in the two slots of an open card file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        found = [_read_slot(descriptor, offset) for offset in SLOT_OFFSETS]
        valid = [(slot.sequence, index) for index, slot in enumerate(found) if slot is not None]
        if not valid:
            raise SpecError("both counter slots are damaged")
        self._sequence, self._current = max(valid)
        self._counters = _counters(found[self._current])

    @property
    def counters(self) -> Counters:
        return self._counters

    def write(self, counters: Counters) -> None:
        """Durable when it returns: written beside the newest slot and forced to disk."""
        target = 1 - self._current
        raw = _build_slot(self._sequence + 1, counters)
        try:
            _write_through(self._descriptor, raw, SLOT_OFFSETS[target])
        except OSError as error:
            # The slot may hold the new counters, or a part of them. The next write goes there again: with this sequence.
            raise WriteFailed(reason_of(error)) from error
        self._sequence, self._current, self._counters = self._sequence + 1, target, counters

    def close(self) -> None:
        """Let go of the file and of the lock on it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _write_through(descriptor: int, raw: bytes, offset: int) -> None:
    """Write ``raw`` and return when the disk has it; OSError if it has not, or not all."""
    if os.pwrite(descriptor, raw, offset) != len(raw):
        raise OSError(errno.EIO, "only a part could be written")
    os.fdatasync(descriptor)


def _build_slot(sequence: int, counters: Counters) -> bytes:
    raw = _FLAT_SLOT.pack(
        sequence, counters.failures, counters.office_failures, len(counters.pin), counters.pin
    )
    return raw + _FLAT_CRC.pack(crc32(raw))


def _read_slot(descriptor: int, offset: int) -> Container | None:
    try:
        return _SLOT.parse(os.pread(descriptor, SECTOR, offset)).it.value
    except ConstructError:
        return None


def _counters(slot: Container) -> Counters:
    return Counters(slot.failures, slot.office_failures, slot.pin)


def write_card_file(
    path: Path,
    card: Personalisation,
    counters: Counters,
    *,
    force: bool = False,
    before_named: Callable[[], None] = lambda: None,
) -> None:
    """Make a card file, whole or not at all. CardFileExists unless ``force``; CardInUse if a process has it.

    ``before_named`` is called when all of the file is on disk and nothing has its name yet: if it raises, what was there
    before stays untouched.
    """
    if path.exists() and not force:
        raise CardFileExists(path)
    with ExitStack() as held, _said_of(path):
        # Before the lock: a draft that was named and not yet removed is the same file as the card.
        _remove_dead_drafts(path)
        if path.exists():
            held.enter_context(_locked(path))  # until it is replaced: nobody may begin to count in it
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        held.callback(os.close, folder)
        _write_draft_first(path, folder, _image(card, counters), force=force, before_named=before_named)
        os.fsync(folder)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Have an error name ``path``, not a draft whose name nobody has heard of."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_draft_first(
    path: Path, folder: int, content: bytes, *, force: bool, before_named: Callable[[], None]
) -> None:
    """Write a file that nobody sees; when all of it is on disk, give it its name."""
    descriptor, name = _open_draft(path)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
        if force and name is None:  # only a rename replaces a file, and it needs a name to begin with
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # its maker lives
            name = _draft_name(path)
            _name_it(descriptor, folder, name)
        before_named()
        if force and name is not None:
            name.replace(path)
        elif name is None:
            _name_it(descriptor, folder, path)
        else:
            path.hardlink_to(name)  # unlike a rename it never replaces what appeared meanwhile
    except FileExistsError:
        raise CardFileExists(path) from None
    finally:
        if name is not None:
            with suppress(FileNotFoundError):
                name.unlink()
        os.close(descriptor)


_OWN_DESCRIPTORS = Path("/proc/self/fd")


def _open_draft(path: Path) -> tuple[int, Path | None]:
    """A new file beside ``path``, without a name where the system can: then nothing is left of it if we are killed."""
    flags = os.O_RDWR | os.O_CLOEXEC
    if hasattr(os, "O_TMPFILE") and _OWN_DESCRIPTORS.is_dir():
        try:
            return os.open(path.parent, flags | os.O_TMPFILE, _OWNER_ONLY), None
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.EISDIR):
                raise
    name = _draft_name(path)
    descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor, name


def _name_it(descriptor: int, folder: int, name: Path) -> None:
    # Given a folder, Python calls linkat, which alone follows the link that /proc has for an open file.
    os.link(_OWN_DESCRIPTORS / str(descriptor), name, src_dir_fd=folder, follow_symlinks=True)


_OWNER_ONLY = 0o600
_DRAFT_MARK = 8  # random bytes


def _draft_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(_DRAFT_MARK)}.draft")


def _remove_dead_drafts(path: Path) -> None:
    """Remove the drafts that killed processes left. A living process has a lock on its own."""
    draft = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _DRAFT_MARK}}}\.draft")
    for each in [each for each in path.parent.iterdir() if draft.fullmatch(each.name)]:
        with suppress(OSError, CardFileError), _opened(each, os.O_RDONLY | os.O_NOFOLLOW) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            each.unlink()


def _image(card: Personalisation, counters: Counters) -> bytes:
    policy = card.policy
    body = _BODY.build(
        {
            "generation": card.generation.name,
            "policy": {
                "name": policy.name,
                "suspended_at": policy.suspended_at,
                "locked_at": policy.locked_at or 0,
                "suspended_counts": policy.suspended_counts,
                "pin_length": policy.pin_length,
                "office_tries": policy.office_tries,
                "kind": policy.provenance.kind.value,
                "source": policy.provenance.source,
                "confidence": policy.provenance.confidence.value,
            },
            "citizen_id": card.citizen_id.encode("ascii"),
            "serial": card.serial,
            "card_key": card.card_key,
            "office_key": card.office_key,
            "cplc": card.cplc,
            "adm_info": card.adm_info,
            "images": [
                {"aid": aid, "block": block, "image": image} for (aid, block), image in card.images.items()
            ],
        }
    )
    header = _HEADER.build({"version": FORMAT_VERSION, "body_length": len(body), "body_crc": crc32(body)})
    slots = b"".join(_build_slot(sequence, counters).ljust(SECTOR, b"\x00") for sequence in (1, 2))
    return bytes(header.ljust(SECTOR, b"\x00") + slots + body)


def card_bytes(card: Personalisation, counters: Counters) -> bytes:
    """A new card file's content, for whoever gets it in another way than as a file here."""
    return _image(card, counters)


def card_in_bytes(name: Path, content: bytes) -> Personalisation:
    """The card in a card file's content, from wherever it came; CardFileError (it calls it ``name``) if it holds none."""
    with TemporaryFile(buffering=0) as file:  # it has no name, and is gone with this block
        file.write(content)
        card = _read_personalisation(name, file.fileno())
        _store(name, os.dup(file.fileno())).close()
    for applet in APPLETS:
        for block, declared in card.generation.blocks(applet).items():
            if len(card.images.get((applet.aid, block), b"")) != declared.length:
                raise _bad(name, "the card file is not whole", "แฟ้มบัตรไม่ครบ")
    return card


def read_card_file(path: Path) -> tuple[Personalisation, Counters]:
    """What the card file holds, without taking the card; CardFileError says what is wrong with it."""
    with _opened(path, os.O_RDONLY) as descriptor:
        card = _read_personalisation(path, descriptor)
        return card, _store(path, descriptor).counters


def open_card(path: Path) -> Card:
    """The card in ``path``, ours until ``close()``; CardInUse if another process has it, CardFileError if bad."""
    while True:
        descriptor = _open(path, os.O_RDWR)
        try:
            _lock(path, descriptor)
            if _is_still(path, descriptor):
                return Card(_read_personalisation(path, descriptor), _store(path, descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was replaced before we had it; the one of that name is another


def _is_still(path: Path, descriptor: int) -> bool:
    """True if ``path`` still names the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return True  # taken away, not replaced: whoever has it open has the only one


def _store(path: Path, descriptor: int) -> FileStore:
    try:
        return FileStore(descriptor)
    except SpecError:
        raise _bad(path, "its counters are damaged", "ตัวนับของบัตรเสียหาย") from None


def _bad(path: Path, en: str, th: str) -> CardFileError:
    return CardFileError(path, Text(en, th))


def _read_personalisation(path: Path, descriptor: int) -> Personalisation:
    raw_header = os.pread(descriptor, _HEADER.sizeof(), 0)
    if not raw_header.startswith(_MAGIC):
        raise _not_ours(path)
    try:
        header = _HEADER.parse(raw_header)
    except ConstructError:
        raise _bad(path, "the card file is truncated", "แฟ้มบัตรไม่ครบ") from None
    if header.version > FORMAT_VERSION:
        raise CardFileError(
            path,
            Text(
                f"this card file is of format {header.version}, newer than this program's {FORMAT_VERSION}",
                f"แฟ้มบัตรเป็นรูปแบบ {header.version} ซึ่งใหม่กว่าโปรแกรมนี้ ({FORMAT_VERSION})",
            ),
            Text("Update thnid, or make a new card.", "โปรดปรับรุ่น thnid หรือสร้างบัตรใหม่"),
        )
    if header.version < FORMAT_VERSION:  # there has been no older one
        raise _bad(path, "the card file is damaged", "แฟ้มบัตรเสียหาย")
    body = os.pread(descriptor, header.body_length, BODY_OFFSET)
    if len(body) < header.body_length:
        raise _bad(path, "the card file is truncated", "แฟ้มบัตรไม่ครบ")
    if crc32(body) != header.body_crc:
        raise _bad(path, "the card file is damaged", "แฟ้มบัตรเสียหาย")
    try:
        return _decode_body(_BODY.parse(body))
    except (ConstructError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]  # construct tells where first, and then what
        raise _bad(
            path, f"the card file does not make a card: {reason}", "ข้อมูลในแฟ้มนี้ประกอบเป็นบัตรไม่ได้"
        ) from None


def _decode_body(body: Container) -> Personalisation:
    policy = body.policy
    return Personalisation(
        generation=by_name(body.generation),
        policy=PinPolicy(
            policy.name,
            suspended_at=policy.suspended_at,
            locked_at=policy.locked_at or None,
            suspended_counts=policy.suspended_counts,
            pin_length=policy.pin_length,
            office_tries=policy.office_tries,
            provenance=Provenance(Kind(policy.kind), policy.source, Confidence(policy.confidence)),
        ),
        citizen_id=body.citizen_id.decode("ascii"),
        serial=body.serial,
        images={(each.aid, each.block): each.image for each in body.images},
        cplc=body.cplc,
        adm_info=body.adm_info,
        card_key=body.card_key,
        office_key=body.office_key,
    )


_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)


def _open(path: Path, flags: int) -> int:
    try:
        # A pipe without a writer would be waited for, were it not for O_NONBLOCK.
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _bad(path, "there is no such file", "ไม่พบแฟ้มนี้") from None
    except IsADirectoryError:
        raise _folder(path) from None
    except OSError as error:
        if flags & os.O_RDWR and error.errno in _NOT_WRITABLE and os.access(path, os.R_OK):
            raise CardFileNotWritable(path, reason_of(error)) from None
        raise _bad(
            path, f"the file cannot be opened ({error.strerror})", f"เปิดแฟ้มไม่ได้ ({reason_of(error).th})"
        ) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise _folder(path) if stat.S_ISDIR(mode) else _not_ours(path)
    return descriptor


def _folder(path: Path) -> CardFileError:
    return _bad(path, "this is a folder, not a card file", "เป็นโฟลเดอร์ ไม่ใช่แฟ้มบัตร")


def _not_ours(path: Path) -> CardFileError:
    return _bad(path, "this is not a card file", "ไม่ใช่แฟ้มบัตร")


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = _open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    with _opened(path, os.O_RDWR) as descriptor:
        _lock(path, descriptor)
        yield descriptor


def _lock(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CardInUse(path, _owner(descriptor)) from None


def _owner(descriptor: int) -> int | None:
    """The process that holds the lock, from the kernel's list of locks; None where it cannot be read."""
    file = os.fstat(descriptor)
    device = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}"
    with suppress(OSError):
        locks = Path("/proc/locks").read_text()
        # Some file systems (btrfs) show another device there than to their users: then the inode alone has to do.
        for where in (re.escape(device), r"\S+"):
            if match := re.search(rf"FLOCK\s+ADVISORY\s+WRITE\s+(\d+)\s+{where}:{file.st_ino}\s", locks):
                return int(match.group(1)) or None
    return None

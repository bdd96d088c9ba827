"""A card's honesty when its memory or the disk refuses: what cannot be counted is not compared."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator.card.card import Card
from emulator.card.card_file import open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file
from emulator.card.nonvolatile import Counters
from emulator.errors import CardFileNotWritable, WriteFailed

ROOT = Path(__file__).parents[3]
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
VERIFY_RIGHT, VERIFY_WRONG = bytes.fromhex("002000010431323334"), bytes.fromhex("002000010430303030")
VERIFY_EMPTY = bytes.fromhex("00200001")
CHANGE = bytes.fromhex("00240001083132333435363738")
MATCH_STATUS = bytes.fromhex("8088010120" + 32 * "5A")
OK, MEMORY_FAILURE = b"\x90\x00", b"\x65\x81"

# --- memory that refuses ----------------------------------------------------------------------------------------------


class RefusingStore:
    """Memory that refuses the writes whose numbers are in ``refused``."""

    def __init__(self, *refused: int, f: int = 0) -> None:
        self.counters = Counters(f, 0, b"1234")
        self.refused = refused
        self.writes = 0

    def write(self, counters: Counters) -> None:
        self.writes += 1
        if self.writes in self.refused:
            raise WriteFailed("no room")
        self.counters = counters

    def close(self) -> None:
        pass


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was compared with the card's PIN or the office's proof so far."""
    from emulator.card import pin
    from emulator.card.applets import adm

    made: list[bytes] = []

    def compare(ours: bytes, theirs: bytes) -> bool:
        made.append(theirs)
        return ours == theirs

    monkeypatch.setattr(adm, "compare_digest", compare)
    monkeypatch.setattr(pin, "compare_digest", compare)
    return made


def card_with(store: RefusingStore) -> Card:
    card = Card(card_from_seed(7), store)
    card.power_on()
    card.transmit(SELECT_ADM)
    return card


@pytest.mark.parametrize("f", range(5))
@pytest.mark.parametrize("command", [VERIFY_RIGHT, VERIFY_WRONG, CHANGE])
def test_nothing_is_compared_that_could_not_be_counted(
    f: int, command: bytes, comparisons: list[bytes]
) -> None:
    store = RefusingStore(1, f=f)
    card = card_with(store)
    assert card.transmit(command) == MEMORY_FAILURE
    assert comparisons == []
    assert store.counters == Counters(f, 0, b"1234")
    assert card.transmit(MATCH_STATUS) == b"\x69\x82"
    assert card.transmit(VERIFY_EMPTY) == {3: b"\x69\x83", 4: b"\x69\x83"}.get(f, bytes((0x63, 0xC3 - f)))


def test_the_card_is_usable_again_when_memory_is(comparisons: list[bytes]) -> None:
    card = card_with(RefusingStore(1, 2))
    assert [card.transmit(VERIFY_RIGHT) for _ in range(3)] == [MEMORY_FAILURE, MEMORY_FAILURE, OK]
    assert comparisons == [b"1234"]
    assert card.transmit(MATCH_STATUS) == b"\x61\x21"


@pytest.mark.parametrize("command", [VERIFY_RIGHT, CHANGE])
def test_a_match_that_cannot_be_remembered_is_no_match(command: bytes) -> None:
    """One try is spent, no session opens and the PIN stays: as if the card had been torn out there."""
    store = RefusingStore(2)
    card = card_with(store)
    assert card.transmit(command) == MEMORY_FAILURE
    assert store.counters == Counters(1, 0, b"1234")
    assert card.transmit(MATCH_STATUS) == b"\x69\x82"


def test_a_failed_write_closes_the_session() -> None:
    card = card_with(RefusingStore(3))
    assert card.transmit(VERIFY_RIGHT) == OK
    assert card.transmit(VERIFY_RIGHT) == MEMORY_FAILURE
    assert card.transmit(MATCH_STATUS) == b"\x69\x82"


def test_an_offices_proof_that_cannot_be_counted_is_not_compared(comparisons: list[bytes]) -> None:
    store = RefusingStore(1, f=3)
    card = card_with(store)
    card.transmit(bytes.fromhex("0084000010"))
    assert card.transmit(bytes.fromhex("0082000220" + 32 * "00")) == MEMORY_FAILURE
    assert comparisons == [] and store.counters == Counters(3, 0, b"1234")
    assert card.transmit(bytes.fromhex("002C020104 35363738")) == b"\x69\x82"


# --- a disk that is full ----------------------------------------------------------------------------------------------


@contextmanager
def no_file_may_grow_beyond(length: int) -> Iterator[None]:
    """The kernel refuses writes past ``length`` bytes of any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def full(folder: Path) -> Iterator[int]:
    """``folder`` on a disk without room, and the errno that it gives; a file system of its own where we may mount."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "thnid-test", str(folder)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0:
        try:
            card_in_file(folder / "a.card", card_from_seed(7))
            with (folder / "filling").open("wb", buffering=0) as filling, pytest.raises(OSError):
                while True:
                    filling.write(bytes(4096))
            yield errno.ENOSPC
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    else:
        card_in_file(folder / "a.card", card_from_seed(7))
        (folder / "filling").touch()
        with no_file_may_grow_beyond(BODY_END):
            yield errno.EFBIG


BODY_END = 1536  # header and slots; a card file's body is longer


def test_making_a_card_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with full(tmp_path) as number:
        for name, force in (("b.card", False), ("a.card", True)):
            with pytest.raises(OSError) as refused:
                card_in_file(tmp_path / name, card_from_seed(8), force=force)
            assert refused.value.errno == number
        assert sorted(each.name for each in tmp_path.iterdir()) == ["a.card", "filling"]
        assert read_card_file(tmp_path / "a.card")[0] == card_from_seed(7)


def test_a_card_has_its_room_already_when_the_disk_fills_up(tmp_path: Path) -> None:
    """Its counters are written in place, so a full disk does not stop it."""
    with full(tmp_path):
        card = open_card(tmp_path / "a.card")
        card.transmit(SELECT_ADM)
        assert [card.transmit(each) for each in (VERIFY_WRONG, VERIFY_RIGHT, VERIFY_WRONG)] == [
            b"\x63\xc2",
            OK,
            b"\x63\xc2",
        ]
        card.close()
        assert read_card_file(tmp_path / "a.card")[1] == Counters(1, 0, b"1234")


@pytest.mark.parametrize("force", [False, True])
def test_a_new_name_is_forced_to_disk(tmp_path: Path, force: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is in the folder: what is in the file goes to disk before it has the name, the folder after."""
    path = tmp_path / "a.card"
    if force:
        card_in_file(path, card_from_seed(7))
    forced: list[tuple[str, bytes | None]] = []
    fsync = os.fsync

    def remember(descriptor: int) -> None:
        fsync(descriptor)
        about = os.fstat(descriptor)
        is_folder = os.path.samestat(about, tmp_path.stat())
        named = read_card_file(path)[0].serial if path.exists() else None
        forced.append(("folder" if is_folder else "file", named))

    monkeypatch.setattr(os, "fsync", remember)
    old, new = card_from_seed(7), card_from_seed(8)
    card_in_file(path, new, force=force)
    assert forced == [("file", old.serial if force else None), ("folder", new.serial)]


def test_a_name_that_cannot_be_forced_to_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, fsync = tmp_path / "a.card", os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError) as refused:
        card_in_file(path, card_from_seed(7))
    assert (refused.value.errno, refused.value.filename) == (errno.EIO, str(path))


@contextmanager
def read_only(folder: Path, monkeypatch: pytest.MonkeyPatch, *, mounted: bool) -> Iterator[None]:
    """``folder``, whose files are made inside, as on a file system that cannot be written any more.

    Where nobody lets us mount one, opening a file for writing fails as it would there.
    """
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "thnid-test", str(folder)]
    mounted = mounted and os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        card_in_file(folder / "a.card", card_from_seed(7), failures=1)
        if mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        else:
            monkeypatch.setattr(os, "open", _refusing_to_write(os.open))
        yield
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def _refusing_to_write(opened: Callable[[Path, int, int], int]) -> Callable[..., int]:
    def refuse(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, mode)

    return refuse


@pytest.mark.parametrize("mounted", [True, False])
def test_a_card_on_a_read_only_file_system_cannot_be_used(
    mounted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be looked at; opening says in one sentence why not, before a PIN could be tried for nothing."""
    with read_only(tmp_path, monkeypatch, mounted=mounted):
        path = tmp_path / "a.card"
        assert read_card_file(path)[1] == Counters(1, 0, b"1234")
        with pytest.raises(CardFileNotWritable) as refused:
            open_card(path)
        reason = "Read-only file system"
        assert refused.value.message.en == (
            f"{path}: this card cannot be used, because its file cannot be written ({reason})."
        )
        assert "(ระบบแฟ้มอ่านได้อย่างเดียว)" in refused.value.message.th and refused.value.exit_status == 2
        for name, force in (("b.card", False), ("a.card", True)):
            with pytest.raises((OSError, CardFileNotWritable)):
                card_in_file(tmp_path / name, card_from_seed(8), force=force)
        assert [each.name for each in tmp_path.iterdir()] == ["a.card"]


AS_NOBODY = """
import os, sys
from pathlib import Path
from emulator.card.card_file import open_card, read_card_file
from emulator.errors import CardFileNotWritable
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(read_card_file(Path(sys.argv[1]))[1].failures)
try:
    open_card(Path(sys.argv[1]))
except CardFileNotWritable as error:
    print(error.message.en)
"""


def test_a_card_that_may_only_be_read(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # one that everybody may enter
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "a.card"
        card_in_file(path, card_from_seed(7), failures=1)
        path.chmod(0o444)
        run = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, path], cwd=ROOT, capture_output=True, text=True
        )
        sentence = "this card cannot be used, because its file cannot be written (Permission denied)."
        assert (run.stdout, run.stderr) == (f"1\n{path}: {sentence}\n", "")


def test_a_disk_that_refuses(tmp_path: Path, comparisons: list[bytes]) -> None:
    """The kernel itself refuses the write: 65 81, nothing compared, nothing changed, and usable afterwards."""
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7), failures=1)
    before = path.read_bytes()
    card = open_card(path)
    card.transmit(SELECT_ADM)
    with no_file_may_grow_beyond(0):
        answers = [
            card.transmit(each) for each in (VERIFY_RIGHT, VERIFY_WRONG, CHANGE, VERIFY_EMPTY, MATCH_STATUS)
        ]
    assert answers == [*3 * [MEMORY_FAILURE], b"\x63\xc2", b"\x69\x82"]
    assert comparisons == [] and path.read_bytes() == before
    assert card.counters == Counters(1, 0, b"1234")
    assert card.transmit(VERIFY_RIGHT) == OK
    card.close()
    assert read_card_file(path)[1] == Counters(0, 0, b"1234")


def test_what_was_not_forced_to_disk_does_not_count(
    tmp_path: Path, comparisons: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes the bytes and fails when it has to keep them: none such is at hand, so the call says so."""
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7))
    card = open_card(path)
    card.transmit(SELECT_ADM)

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fail)
        assert card.transmit(VERIFY_RIGHT) == MEMORY_FAILURE
    assert comparisons == [] and card.counters == Counters(0, 0, b"1234")
    assert card.transmit(VERIFY_WRONG) == b"\x63\xc2"
    card.close()
    assert read_card_file(path)[1] == Counters(1, 0, b"1234")


def test_a_card_that_was_closed_remembers_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7))
    card = open_card(path)
    card.transmit(SELECT_ADM)
    card.close()
    assert card.transmit(VERIFY_RIGHT) == MEMORY_FAILURE
    assert read_card_file(path)[1] == Counters(0, 0, b"1234")

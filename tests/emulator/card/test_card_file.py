"""The card file: what goes in comes out, and what is not a card file is refused in one sentence and left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu_specs.generations import GENERATIONS
from apdu_specs.pin_policy import POLICIES, PinPolicy
from emulator.card.card_file import FileStore, open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file
from emulator.card.nonvolatile import Counters, MemoryStore
from emulator.errors import CardFileError, CardFileExists, CardInUse

ROOT = Path(__file__).parents[3]
HEADER_LENGTH = 18  # magic 8, version 2, length of the body 4, its checksum 4
SLOT_LENGTH = 19  # sequence 8, two counters, length and digits of the PIN 5, checksum 4
FIRST_SLOT, SECOND_SLOT, BODY = 512, 1024, 1536
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
WRONG, RIGHT = bytes.fromhex("002000010430303030"), bytes.fromhex("002000010431323334")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a good card file."""
    path = tmp_path_factory.mktemp("good") / "a.card"
    card_in_file(path, card_from_seed(7), failures=2)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.card"


def refused(path: Path) -> CardFileError:
    """What both ways of opening say; the file is the same afterwards."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CardFileError) as by_open:
        open_card(path)
    with pytest.raises(CardFileError) as by_read:
        read_card_file(path)
    assert str(by_open.value) == str(by_read.value)
    message = by_open.value.message
    assert message.en.startswith(f"{path}: ") and message.en.endswith(".") and "\n" not in message.en
    assert message.th.startswith(f"{path}: ") and any("ก" <= letter <= "๛" for letter in message.th)
    assert by_open.value.what_to_do.en and by_open.value.what_to_do.th and by_open.value.exit_status == 2
    assert before is None or path.read_bytes() == before
    return by_open.value


# --- round trip -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=GENERATIONS)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_what_goes_in_comes_out(path: Path, generation: object, policy: PinPolicy) -> None:
    card = card_from_seed(9, generation=generation, policy=policy)  # type: ignore[arg-type]
    card_in_file(path, card, pin="9876", failures=3)
    found, counters = read_card_file(path)
    assert found == card
    assert counters == Counters(3, 0, b"9876")
    opened = open_card(path)
    assert (opened.personalisation, opened.counters, opened.atr) == (card, counters, card.generation.atr)
    opened.close()


def test_counters_survive_closing(path: Path) -> None:
    card_in_file(path, card_from_seed(7))
    for expected, answer in ((1, b"\x63\xc2"), (2, b"\x63\xc1"), (3, b"\x63\xc0"), (4, b"\x69\x83")):
        card = open_card(path)
        card.transmit(SELECT_ADM)
        assert card.transmit(WRONG) == answer
        card.close()
        card.close()  # harmless
        assert read_card_file(path)[1] == Counters(expected, 0, b"1234")


def test_a_changed_pin_survives_closing(path: Path) -> None:
    card_in_file(path, card_from_seed(7), failures=1)
    card = open_card(path)
    card.transmit(SELECT_ADM)
    assert card.transmit(bytes.fromhex("00240001083132333435363738")) == b"\x90\x00"
    card.close()
    assert read_card_file(path)[1] == Counters(0, 0, b"5678")


def test_reading_needs_no_rights_to_write_and_no_lock(path: Path) -> None:
    card_in_file(path, card_from_seed(7))
    card = open_card(path)
    path.chmod(0o400)
    assert read_card_file(path)[0].serial == card.serial
    card.close()


@given(
    st.lists(
        st.one_of(
            st.just("reopen"),
            st.builds(
                Counters,
                st.integers(0, 15),
                st.integers(0, 15),
                st.integers(0, 9999).map(lambda pin: f"{pin:04d}".encode()),
            ),
        ),
        max_size=20,
    )
)
@settings(max_examples=60)
def test_the_file_remembers_as_memory_does(
    tmp_path_factory: pytest.TempPathFactory, operations: list[str | Counters]
) -> None:
    path = tmp_path_factory.mktemp("store") / "a.card"
    card_in_file(path, card_from_seed(7))
    memory = MemoryStore(Counters(0, 0, b"1234"))
    stored = FileStore(os.open(path, os.O_RDWR))
    for operation in operations:
        if isinstance(operation, Counters):
            memory.write(operation)
            stored.write(operation)
        else:
            stored.close()
            stored = FileStore(os.open(path, os.O_RDWR))
        assert stored.counters == memory.counters
    stored.close()
    assert read_card_file(path) == (card_from_seed(7), memory.counters)


# --- what is not a card file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"THNID", b"THNIDCRX" + bytes(2000), b"\xff\xd8\xff\xe0" + bytes(9000), b"{}\n" * 999],
)
def test_not_ours(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "not a card file" in refused(path).message.en


@pytest.mark.parametrize("kind", ["missing", "folder", "missing folder", "pipe", "device", "dangling link"])
def test_no_file_at_all(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.card"
    match kind:
        case "folder":
            path.mkdir()
        case "missing folder":
            path = tmp_path / "nowhere" / "a.card"
        case "pipe":
            os.mkfifo(path)  # a reader would wait for ever
        case "device":
            path.symlink_to("/dev/null")
        case "dangling link":
            path.symlink_to("nowhere")
    says = {"folder": "a folder", "pipe": "not a card file", "device": "not a card file"}
    assert says.get(kind, "no such file") in refused(path).message.en


def test_truncated_anywhere(path: Path, whole: bytes) -> None:
    for length in (*range(64, len(whole), 64), len(whole) - 1, 17, 18, 19):
        path.write_bytes(whole[:length])
        assert "truncated" in refused(path).message.en, length


def test_every_flipped_bit_of_the_header(path: Path, whole: bytes) -> None:
    for bit in range(8 * HEADER_LENGTH):
        path.write_bytes(flipped(whole, bit))
        refused(path)


def test_flipped_bits_of_the_body(path: Path, whole: bytes) -> None:
    for bit in (8 * BODY, 8 * BODY + 7, *range(8 * BODY, 8 * len(whole), 997), 8 * len(whole) - 1):
        path.write_bytes(flipped(whole, bit))
        assert "damaged" in refused(path).message.en


@pytest.mark.parametrize("slot", [FIRST_SLOT, SECOND_SLOT])
def test_one_damaged_slot_leaves_the_other(path: Path, whole: bytes, slot: int) -> None:
    for bit in range(8 * slot, 8 * (slot + SLOT_LENGTH)):
        path.write_bytes(flipped(whole, bit))
        assert read_card_file(path)[1] == Counters(2, 0, b"1234")
    card = open_card(path)
    card.transmit(SELECT_ADM)
    assert card.transmit(RIGHT) == b"\x90\x00"
    card.close()
    assert read_card_file(path)[1] == Counters(0, 0, b"1234")


def test_a_write_never_touches_the_newest_counters(path: Path, whole: bytes) -> None:
    """A new file's newest are in the second slot; from then on the slots take turns."""
    path.write_bytes(whole)
    card = open_card(path)
    card.transmit(SELECT_ADM)
    for f, written, kept in (
        (3, FIRST_SLOT, SECOND_SLOT),
        (4, SECOND_SLOT, FIRST_SLOT),
        (5, FIRST_SLOT, SECOND_SLOT),
    ):
        before = path.read_bytes()
        card.transmit(WRONG)
        after = path.read_bytes()
        assert after[kept:][:512] == before[kept:][:512] and after[written:][:512] != before[written:][:512]
        assert after[:FIRST_SLOT] + after[BODY:] == whole[:FIRST_SLOT] + whole[BODY:]
        assert read_card_file(path)[1].failures == f
        for cut in range(
            written, written + SLOT_LENGTH + 1
        ):  # torn there, the write has not happened or all of it has
            torn = path.with_name("torn.card")
            torn.write_bytes(after[:cut] + before[cut:])
            assert read_card_file(torn)[1].failures == (f if after[:cut] + before[cut:] == after else f - 1)
    card.close()


def test_both_slots_damaged(path: Path, whole: bytes) -> None:
    for bit in range(8 * SLOT_LENGTH):
        path.write_bytes(flipped(flipped(whole, 8 * FIRST_SLOT + bit), 8 * SECOND_SLOT + bit))
        assert "counters are damaged" in refused(path).message.en


@pytest.mark.parametrize("version", [2, 3, 255, 65535])
def test_a_newer_format(path: Path, whole: bytes, version: int) -> None:
    path.write_bytes(whole[:8] + version.to_bytes(2, "big") + whole[10:])
    message = refused(path).message
    assert f"of format {version}, newer than this program's 1" in message.en and str(version) in message.th


def test_format_nought_never_was(path: Path, whole: bytes) -> None:
    path.write_bytes(whole[:8] + b"\0\0" + whole[10:])
    refused(path)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (lambda body: b"\x09TH NID 99" + body[10:], "there is no generation 'TH NID 99'"),
        (lambda body: body[:100], "does not make a card"),
        (lambda body: b"", "does not make a card"),
        (lambda body: body.replace(b"\x06manual", b"\x06manuel"), "'manuel'"),
        (lambda body: body.replace(b"\x08national\x03\x05", b"\x08national\x05\x03"), "locked_at"),
        (lambda body: body.replace(b"\x05every", b"\x05EVERY"), "suspended_counts"),
        (lambda body: b"\x02\xff\xfe" + body[10:], "does not make a card"),
    ],
)
def test_a_whole_file_that_makes_no_card(
    path: Path, whole: bytes, body: Callable[[bytes], bytes], says: str
) -> None:
    """Checksums are right, as a program of the future or another hand might write them."""
    changed = body(whole[BODY:])
    assert changed != whole[BODY:]
    header = whole[:10] + len(changed).to_bytes(4, "big") + crc32(changed).to_bytes(4, "big")
    path.write_bytes(header.ljust(FIRST_SLOT, b"\0") + whole[FIRST_SLOT:BODY] + changed)
    assert says in refused(path).message.en


def flipped(content: bytes, bit: int) -> bytes:
    place = bit // 8
    return content[:place] + bytes((content[place] ^ 0x80 >> bit % 8,)) + content[place + 1 :]


AS_NOBODY = """
import os, sys
from pathlib import Path
from apdu_specs.pin_policy import PinState
from emulator.card.card_file import open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file
from emulator.errors import CardFileError
card = card_from_seed(7)
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for use in (open_card, read_card_file, lambda path: card_in_file(path, card, force=True)):
    try:
        use(Path(sys.argv[1]))
    except CardFileError as error:
        print(error.message.en)
"""


def test_without_rights() -> None:
    """As root rights do not matter, so another user tries, in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "a.card"
        card_in_file(path, card_from_seed(7))
        before = path.read_bytes()
        path.chmod(0o000)
        run = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, path], cwd=ROOT, capture_output=True, text=True
        )
        assert run.stderr == ""
        assert run.stdout == f"{path}: the file cannot be opened (Permission denied).\n" * 3
        path.chmod(0o600)
        assert path.read_bytes() == before
        assert only(path)


# --- making one -------------------------------------------------------------------------------------------------------

HOLDING = """
import sys
from pathlib import Path
from emulator.card.card_file import open_card
card = open_card(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def in_use(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the card until its stdin ends."""
    card_in_file(path, card_from_seed(7))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


def only(path: Path) -> bool:
    """Whether nothing but the card file is in its folder: no draft is left."""
    return [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_card_in_use_is_taken_by_nobody_else(path: Path, in_use: subprocess.Popen[str]) -> None:
    before = path.read_bytes()
    for use in (open_card, lambda path: card_in_file(path, card_from_seed(8), force=True)):
        with pytest.raises(CardInUse) as busy:
            use(path)
        assert busy.value.pid == in_use.pid
        for sentence in (busy.value.message.en, busy.value.message.th):
            assert str(in_use.pid) in sentence and str(path) in sentence
    assert read_card_file(path)[0] == card_from_seed(7)  # it may be looked at
    assert path.read_bytes() == before and only(path)
    assert in_use.stdin is not None
    in_use.stdin.close()
    in_use.wait(60)
    open_card(path).close()  # free again


def test_the_owner_is_told_to_everybody_and_a_killed_one_leaves_the_card_free(
    path: Path, in_use: subprocess.Popen[str]
) -> None:
    """Three processes: one has the card, two are told which; killed, it lets go at once, and the next has it."""
    tell = "import sys\nfrom pathlib import Path\nfrom emulator.card.card_file import open_card\n" + (
        "from emulator.errors import CardInUse\n"
        "try:\n    open_card(Path(sys.argv[1]))\nexcept CardInUse as busy:\n    print(busy.pid)\n"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", tell, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [other.communicate(timeout=30)[0] for other in others] == 2 * [f"{in_use.pid}\n"]
    in_use.kill()
    in_use.wait(60)
    card = open_card(path)
    with pytest.raises(CardInUse) as busy:
        open_card(path)
    assert busy.value.pid == os.getpid()
    card.close()


def test_a_lock_on_another_file_of_the_same_number_is_not_taken_for_this_one(
    path: Path, in_use: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files on different disks may have the same inode number."""
    status = path.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    locks = [
        f"1: FLOCK  ADVISORY  WRITE 4242 ff:ff:{status.st_ino} 0 EOF",
        f"2: FLOCK  ADVISORY  WRITE {in_use.pid} {device}:{status.st_ino} 0 EOF",
    ]
    monkeypatch.setattr(Path, "read_text", lambda _path: "\n".join(locks))
    with pytest.raises(CardInUse) as busy:
        open_card(path)
    assert busy.value.pid == in_use.pid


def test_a_card_in_use_by_ourselves(path: Path) -> None:
    card_in_file(path, card_from_seed(7))
    card = open_card(path)
    with pytest.raises(CardInUse) as busy:
        open_card(path)
    assert busy.value.pid == os.getpid()
    card.close()


@pytest.mark.parametrize("there", ["card", "other", "empty", "folder", "dangling link"])
def test_nothing_is_replaced_without_force(path: Path, there: str) -> None:
    match there:
        case "card":
            card_in_file(path, card_from_seed(7))
        case "folder":
            path.mkdir()
        case "dangling link":
            path.symlink_to("nowhere")
        case _:
            path.write_bytes(b"" if there == "empty" else b"my thesis")
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(CardFileExists) as exists:
        card_in_file(path, card_from_seed(8))
    assert str(path) in exists.value.message.en and str(path) in exists.value.message.th
    assert (path.read_bytes() if path.is_file() else b"") == before
    assert only(path)


def test_force_replaces_in_one_step(path: Path) -> None:
    """Whoever has the old file open still has all of it, and the name leads to all of the new one."""
    card_in_file(path, card_from_seed(7))
    old = path.read_bytes()
    with path.open("rb") as reader:
        card_in_file(path, card_from_seed(8), pin="0000", force=True)
        assert reader.read() == old
    assert read_card_file(path) == (card_from_seed(8), Counters(0, 0, b"0000"))
    assert only(path)


def test_force_replaces_what_is_no_card_file(path: Path) -> None:
    path.write_bytes(b"my thesis")
    card_in_file(path, card_from_seed(8), force=True)
    assert read_card_file(path)[0] == card_from_seed(8)


def test_force_does_not_replace_a_folder(path: Path) -> None:
    path.mkdir()
    with pytest.raises(CardFileError, match="a folder"):
        card_in_file(path, card_from_seed(8), force=True)
    assert path.is_dir() and only(path)


def test_only_its_owner_may_read_a_new_card_file(path: Path) -> None:
    card_in_file(path, card_from_seed(7))
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_files_of_one_seed_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        card_in_file(tmp_path / name, card_from_seed(7), failures=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

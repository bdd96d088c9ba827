"""Habits of programs that read Thai cards, one test each, in the bytes those programs send.

None of them may find out that the card is virtual. Commands and status words are written out here, not taken from the
declarations. Habits that only PC/SC can show are at the end, through a private stack.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apdu_specs.generations import by_name
from apdu_specs.moi import MOI
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from harness.bench import Bench
from harness.client import CardClient, CardContents
from harness.errors import ReaderBusy
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.pcsc import DispositionName, PcscTerminal

SEED = 7
SELECT_MOI = "00A4040008A000000054480001"
SELECT_OLD_MOI = "00A4040008A000000054480011"
SELECT_NHSO = "00A4040008A000000054480083"
SELECT_ADM = "00A4040008A000000084060002"
MOI_AID = bytes.fromhex("A000000054480001")
CITIZEN_ID = b"1999928160767"
LASER = b"OT9124880363\0\0\0\0"


@dataclass(frozen=True)
class Family:
    """What a program must know of a generation: its name, GET RESPONSE's P2, the block of person and photo."""

    name: str
    p2: str
    block: str
    laser: bool = True


FAMILIES = (
    Family("TH NID 6", "00", "00"),
    Family("TH NID 9", "00", "00"),
    Family("TH NID 10", "00", "00"),
    Family("TH NID 17", "00", "00"),
    Family("TH NID 18", "00", "00"),
    Family("3B 67", "01", "00"),
    Family("0002", "00", "01"),
    Family("no laser", "00", "00", laser=False),
)
CURRENT = FAMILIES[4]
every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
with_laser = pytest.mark.parametrize(
    "family", [each for each in FAMILIES if each.laser], ids=lambda family: family.name
)


def new_card(family: Family = CURRENT) -> Card:
    card = card_in_memory(card_from_seed(SEED, generation=by_name(family.name)))
    card.power_on()
    return card


def memory(card: Card, family: Family) -> bytes:
    """Person and photo as they stand on the card."""
    return card.personalisation.images[MOI_AID, int(family.block, 16)]


def sends(card: Card, command: str) -> bytes:
    return card.transmit(bytes.fromhex(command))


def fetches(card: Card, family: Family, command: str, length: int) -> bytes:
    """A command, whatever it answers, and GET RESPONSE for ``length`` bytes: the data, which must come with 9000."""
    sends(card, command)
    answer = sends(card, f"00C000{family.p2}{length % 256:02X}")
    assert answer[-2:] == b"\x90\x00"
    return answer[:-2]


def reads(card: Card, family: Family, offset: int, length: int) -> bytes:
    assert sends(card, f"80B0{offset:04X}02{family.block}{length:02X}") == bytes((0x61, length))
    return fetches(card, family, f"80B0{offset:04X}02{family.block}{length:02X}", length)


# ---------------------------------------------------------------- GET RESPONSE


@every_family
def test_get_response_always_whatever_the_first_answer_was(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID


@every_family
def test_get_response_unasked_is_refused_and_harms_nothing(family: Family) -> None:
    card = new_card(family)
    assert sends(card, f"00C000{family.p2}0D") == b"\x69\x85"
    sends(card, SELECT_MOI)
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID
    assert sends(card, f"00C000{family.p2}0D") == b"\x69\x85"
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID


@every_family
def test_get_response_only_after_61(family: Family) -> None:
    card = new_card(family)
    assert sends(card, SELECT_MOI) == b"\x61\x0a"
    assert sends(card, f"80B0000402{family.block}0D") == b"\x61\x0d"
    assert sends(card, f"00C000{family.p2}0D") == CITIZEN_ID + b"\x90\x00"


def test_get_response_with_class_80_as_java_sends_it_by_itself() -> None:
    card = new_card()
    assert sends(card, SELECT_MOI) == b"\x61\x0a"
    assert sends(card, "00C000000A") == bytes.fromhex("8408A0000000544800019000")
    assert sends(card, "80B0000402000D") == b"\x61\x0d"
    assert sends(card, "80C000000D") == CITIZEN_ID + b"\x90\x00"


@pytest.mark.parametrize("family", [CURRENT, FAMILIES[5]], ids=lambda family: family.name)
def test_get_response_with_p2_01(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    sends(card, "80B0000402000D")
    assert sends(card, "00C000010D") == CITIZEN_ID + b"\x90\x00"


def test_get_response_with_the_wrong_p2_can_be_repeated_with_the_right_one() -> None:
    """A program that does not look at the ATR first."""
    family = FAMILIES[5]
    card = new_card(family)
    sends(card, SELECT_MOI)
    sends(card, "80B0000402000D")
    assert sends(card, "00C000000D") == b"\x6a\x86"
    assert sends(card, "00C000010D") == CITIZEN_ID + b"\x90\x00"


@every_family
def test_a_shorter_le_than_waits(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    sends(card, f"80B0000402{family.block}0D")
    assert sends(card, f"00C000{family.p2}07") == CITIZEN_ID[:7] + b"\x61\x06"
    assert sends(card, f"00C000{family.p2}06") == CITIZEN_ID[7:] + b"\x90\x00"


@every_family
def test_a_longer_le_than_waits_is_told_the_length(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    sends(card, f"80B0000402{family.block}0D")
    assert sends(card, f"00C000{family.p2}00") == b"\x6c\x0d"
    assert sends(card, f"00C000{family.p2}0D") == CITIZEN_ID + b"\x90\x00"


# ---------------------------------------------------------------- SELECT


@every_family
def test_fci_fetched(family: Family) -> None:
    card = new_card(family)
    assert sends(card, SELECT_MOI) == b"\x61\x0a"
    assert sends(card, f"00C000{family.p2}0A") == bytes.fromhex("8408A0000000544800019000")
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID


@every_family
def test_fci_not_fetched(family: Family) -> None:
    card = new_card(family)
    assert sends(card, SELECT_MOI) == b"\x61\x0a"
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID


@every_family
def test_the_absent_old_applet_is_selected_first(family: Family) -> None:
    card = new_card(family)
    assert sends(card, SELECT_OLD_MOI) == b"\x6a\x82"
    assert sends(card, SELECT_MOI) == b"\x61\x0a"
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID


@every_family
def test_moi_selected_twice(family: Family) -> None:
    card = new_card(family)
    assert [sends(card, SELECT_MOI) for _ in range(2)] == [b"\x61\x0a"] * 2
    assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID


@every_family
@pytest.mark.parametrize("order", ["MOI ADM NHSO", "MOI NHSO ADM", "NHSO MOI ADM"])
def test_applets_in_any_order(family: Family, order: str) -> None:
    card = new_card(family)
    for applet in order.split():
        if applet == "MOI":
            assert sends(card, SELECT_MOI) == b"\x61\x0a"
            assert fetches(card, family, f"80B0000402{family.block}0D", 13) == CITIZEN_ID
        elif applet == "NHSO":
            assert sends(card, SELECT_NHSO) == b"\x61\x0a"
            assert fetches(card, family, "80B0000402003C", 0x3C).startswith(b"(")
        else:
            assert sends(card, SELECT_ADM) == b"\x61\x0a"
            assert sends(card, "8000000007")[:2] == b"\x01\x00"


def test_select_without_identifier_bare() -> None:
    card = new_card()
    sends(card, SELECT_MOI)
    assert sends(card, "00A40400") == b"\x6c\x12"
    answer = sends(card, "00A4040012")
    assert (len(answer), answer[:2], answer[-2:]) == (20, b"\x6f\x10", b"\x90\x00")


def test_select_without_identifier_bare_and_straight_on_to_cplc() -> None:
    card = new_card()
    sends(card, SELECT_MOI)
    assert sends(card, "00A40400")[:1] in (b"\x61", b"\x6c")
    assert sends(card, "80CA9F7F2D")[:3] == b"\x9f\x7f\x2a"


# ---------------------------------------------------------------- reading in pieces

PHOTO_CHUNKS = {
    "255 twenty times": [(0x017B + 255 * number, 255) for number in range(20)],
    "254, the last 38": [(0x017B + 254 * number, 254) for number in range(20)] + [(0x1553, 38)],
    "200 from 0179, the last 120": [(0x0179 + 200 * number, 200) for number in range(25)] + [(0x1501, 120)],
    "32": [(0x017B + 32 * number, 32) for number in range(159)] + [(0x155B, 30)],
}


@every_family
@pytest.mark.parametrize("chunks", PHOTO_CHUNKS.values(), ids=PHOTO_CHUNKS)
def test_photo_in_chunks(chunks: list[tuple[int, int]], family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    photo = b"".join(reads(card, family, offset, length) for offset, length in chunks)
    start, end = chunks[0][0], chunks[-1][0] + chunks[-1][1]
    assert photo == memory(card, family)[start:end]
    assert end in (0x1567, 0x1579)
    assert b"\xff\xd8\xff\xe0" in photo[:6]
    assert photo.count(b"\xff\xd9") == 1


@every_family
def test_every_photo_read_sent_twice(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    photo = b""
    for number in range(20):
        command = f"80B0{0x017B + 255 * number:04X}02{family.block}FF"
        assert [sends(card, command) for _ in range(2)] == [b"\x61\xff"] * 2
        photo += sends(card, f"00C000{family.p2}FF")[:-2]
    assert photo == memory(card, family)[0x017B:0x1567]


@every_family
@pytest.mark.parametrize(
    "pieces",
    [
        [(0x0000, 0xFF), (0x00FF, 0x7A)],
        [(0x0011, 0xD1)],
        [(0x00D0, 0x20)],
        [(0x00D9, 0x1D)],
        [(0x0167, 0x12)],
    ],
    ids=["377 as FF and 7A", "209 from 0011", "32 from 00D0", "29 from 00D9", "18 from 0167"],
)
def test_reads_across_fields(pieces: list[tuple[int, int]], family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    start, end = pieces[0][0], pieces[-1][0] + pieces[-1][1]
    assert b"".join(reads(card, family, *piece) for piece in pieces) == memory(card, family)[start:end]


def test_address_and_number_in_one_read() -> None:
    card = new_card()
    sends(card, SELECT_MOI)
    both = reads(card, CURRENT, 0x1579, 0xAE)
    assert both.startswith("434###ซอยสุขใจ 4##".encode("tis_620"))
    assert both[160:].isdigit()


def test_the_old_address_is_150_bytes_in_block_0() -> None:
    card = new_card(FAMILIES[6])
    sends(card, SELECT_MOI)
    address = fetches(card, FAMILIES[6], "80B00004020096", 150)
    assert address.startswith("434###ซอยสุขใจ 4##".encode("tis_620"))


def test_two_bytes_of_length_instead_of_block_and_length() -> None:
    card = new_card()
    sends(card, SELECT_MOI)
    assert sends(card, "80B01627020100") == b"\x61\x00"
    assert len(sends(card, "00C0000000")) == 256 + 2


def test_a_dump_in_blocks_of_255_that_runs_past_the_end() -> None:
    """0000 to 173E, which is 23 bytes more than there are: the last piece is shorter, then there is nothing."""
    card = new_card()
    sends(card, SELECT_MOI)
    dump, refused = b"", []
    for offset in range(0, 0x173E + 255, 255):
        answer = sends(card, f"80B0{offset:04X}0200FF")
        if answer[:1] == b"\x61":
            dump += sends(card, f"00C00000{answer[1]:02X}")[:-2]
        else:
            refused.append(answer)
    assert dump == memory(card, CURRENT)
    assert len(dump) == 0x1727
    assert refused == [b"\x6b\x00"]


def test_a_dump_that_always_fetches_255_is_told_the_length_of_the_last_piece() -> None:
    card = new_card()
    sends(card, SELECT_MOI)
    assert sends(card, "80B016E90200FF") == b"\x61\x3e"
    assert sends(card, "00C00000FF") == b"\x6c\x3e"
    assert sends(card, "00C000003E")[:-2] == memory(card, CURRENT)[0x16E9:]


def test_photo_at_nonsense_offsets_ends_with_an_error() -> None:
    card = new_card()
    sends(card, SELECT_MOI)
    assert sends(card, "80B07A5A0200FF") == b"\x6b\x00"


# ---------------------------------------------------------------- laser number and chip


@with_laser
def test_adm_info_bare(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_ADM)
    assert sends(card, "80000000") == b"\x6c\x17"
    assert sends(card, "8000000017")[7:] == LASER + b"\x90\x00"


@with_laser
def test_adm_info_with_17(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_ADM)
    assert sends(card, "8000000017")[7:] == LASER + b"\x90\x00"


@with_laser
def test_adm_info_with_ff(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_ADM)
    assert sends(card, "80000000FF") == b"\x6c\x17"
    assert sends(card, "8000000017")[7:] == LASER + b"\x90\x00"


@with_laser
def test_adm_info_with_07_then_16_bytes_fetched(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_ADM)
    answer = sends(card, "8000000007")
    assert (len(answer), answer[-2:]) == (9, b"\x61\x10")
    assert sends(card, f"00C000{family.p2}10") == LASER + b"\x90\x00"


@with_laser
def test_adm_info_with_07_then_7_bytes_fetched(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_ADM)
    assert sends(card, "8000000007")[-2:] == b"\x61\x10"
    assert sends(card, f"00C000{family.p2}07") == LASER[:7] + b"\x61\x09"


def test_adm_info_of_an_old_chip_has_no_laser_number() -> None:
    card = new_card(FAMILIES[7])
    sends(card, SELECT_ADM)
    answer = sends(card, "8000000007")
    assert (len(answer), answer[-2:]) == (9, b"\x90\x00")
    assert sends(card, "00C0000010") == b"\x69\x85"


@every_family
def test_cplc_bare_then_2d(family: Family) -> None:
    card = new_card(family)
    sends(card, "00A40400")
    assert sends(card, "80CA9F7F") == b"\x6c\x2d"
    answer = sends(card, "80CA9F7F2D")
    assert (len(answer), answer[:3], answer[-2:]) == (47, b"\x9f\x7f\x2a", b"\x90\x00")


@every_family
def test_cplc_with_00_then_2d(family: Family) -> None:
    card = new_card(family)
    assert sends(card, "80CA9F7F00") == b"\x6c\x2d"
    assert len(sends(card, "80CA9F7F2D")) == 47


@every_family
def test_cplc_straight_after_reset_without_select(family: Family) -> None:
    card = new_card(family)
    sends(card, SELECT_MOI)
    card.reset()
    assert sends(card, "80CA9F7F2D")[13:21] == card.serial


# ---------------------------------------------------------------- through PC/SC


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as running:
        running.use_in_this_process()
        yield running


@pytest.fixture(scope="module")
def bench(stack: Stack) -> Iterator[Bench]:
    with Bench(stack) as running:
        yield running


@pytest.fixture(scope="module")
def inserted(bench: Bench, stack: Stack) -> Iterator[str]:
    bench.insert(new_card())
    yield stack.reader_names[0]
    bench.remove()


@pytest.fixture
def reader(inserted: str) -> str:
    """The name of a reader whose card was just reset."""
    with PcscTerminal(inserted, disposition="reset"):
        return inserted


def citizen_id(terminal: PcscTerminal) -> bytes:
    assert terminal.transmit(bytes.fromhex(SELECT_MOI)) == b"\x61\x0a"
    assert terminal.transmit(bytes.fromhex("80B0000402000D")) == b"\x61\x0d"
    return terminal.transmit(bytes.fromhex("00C000000D"))[:-2]


@pytest.mark.pcsc
def test_shared_programs_read_side_by_side(reader: str) -> None:
    with PcscTerminal(reader, share="shared") as first, PcscTerminal(reader, share="shared") as second:
        assert citizen_id(first) == citizen_id(second) == CITIZEN_ID


@pytest.mark.pcsc
def test_exclusive_keeps_the_others_out_until_it_ends(reader: str) -> None:
    with PcscTerminal(reader, share="exclusive") as alone:
        assert citizen_id(alone) == CITIZEN_ID
        with pytest.raises(ReaderBusy):
            PcscTerminal(reader).connect()
    with PcscTerminal(reader) as later:
        assert citizen_id(later) == CITIZEN_ID


@pytest.mark.pcsc
def test_direct_gives_the_atr_and_a_card_to_go_on_with(reader: str) -> None:
    context = scard.establish()
    try:
        handle, _ = scard.connect(context, reader, scard.Share.DIRECT, scard.Protocol.NONE)
        assert scard.atr(handle).hex().upper() == "3B79960000" + b"TH NID 18".hex().upper()
        protocol = scard.reconnect(
            handle, scard.Share.SHARED, scard.Protocol.T0_OR_T1, scard.Disposition.LEAVE
        )
        assert protocol == scard.Protocol.T0
        assert scard.transmit(handle, scard.pci(protocol), bytes.fromhex(SELECT_MOI)) == b"\x61\x0a"
        scard.disconnect(handle, scard.Disposition.LEAVE)
    finally:
        scard.release(context)


@pytest.mark.pcsc
@pytest.mark.parametrize(("ending", "selected"), [("leave", True), ("reset", False), ("unpower", False)])
def test_endings(reader: str, ending: DispositionName, selected: bool) -> None:
    with PcscTerminal(reader, disposition=ending) as first:
        assert citizen_id(first) == CITIZEN_ID
    with PcscTerminal(reader) as second:
        answer = second.transmit(bytes.fromhex("80B0000402000D"))
        assert answer == (b"\x61\x0d" if selected else b"\x69\x85")
        assert citizen_id(second) == CITIZEN_ID


@pytest.mark.pcsc
def test_the_ending_eject_leaves_a_card_that_can_be_read(reader: str) -> None:
    """Virtual readers have no motor: the card stays in."""
    with PcscTerminal(reader, disposition="eject") as first:
        assert citizen_id(first) == CITIZEN_ID
    with PcscTerminal(reader) as second:
        assert citizen_id(second) == CITIZEN_ID


@pytest.mark.pcsc
def test_exclusive_and_unpowered_again_and_again(reader: str) -> None:
    for _ in range(5):
        with PcscTerminal(reader, share="exclusive", disposition="unpower") as terminal:
            assert citizen_id(terminal) == CITIZEN_ID


class IoRequest(ctypes.Structure):
    """SCARD_IO_REQUEST."""

    _fields_ = (("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong))


def transmit_into(handle: int, apdu: str, size: int) -> tuple[int, bytes]:
    """SCardTransmit as a C program calls it, with a receive buffer of ``size`` bytes: result code and answer."""
    library = ctypes.CDLL("libpcsclite.so.1")
    library.SCardTransmit.restype = ctypes.c_long
    command, buffer = bytes.fromhex(apdu), ctypes.create_string_buffer(size)
    received = ctypes.c_ulong(size)
    code: int = library.SCardTransmit(
        ctypes.c_long(handle),
        ctypes.byref(IoRequest(1, ctypes.sizeof(IoRequest))),
        command,
        ctypes.c_ulong(len(command)),
        None,
        buffer,
        ctypes.byref(received),
    )
    return code & 0xFFFFFFFF, buffer.raw[: min(received.value, size)]


@pytest.fixture
def handle(reader: str) -> Iterator[int]:
    context = scard.establish()
    handle, _ = scard.connect(context, reader, scard.Share.SHARED, scard.Protocol.T0)
    scard.transmit(handle, scard.pci(scard.Protocol.T0), bytes.fromhex(SELECT_MOI))
    yield handle
    scard.disconnect(handle, scard.Disposition.RESET)
    scard.release(context)


@pytest.mark.pcsc
def test_a_receive_buffer_of_256_with_chunks_of_254(handle: int) -> None:
    photo = b""
    for offset, length in PHOTO_CHUNKS["254, the last 38"]:
        code, answer = transmit_into(handle, f"80B0{offset:04X}0200{length:02X}", 256)
        assert (code, answer) == (0, bytes((0x61, length)))
        code, answer = transmit_into(handle, f"00C00000{length:02X}", 256)
        assert (code, answer[-2:]) == (0, b"\x90\x00")
        photo += answer[:-2]
    assert photo == memory(new_card(), CURRENT)[0x017B:0x1579]


@pytest.mark.pcsc
@pytest.mark.parametrize("length", [255, 256])
def test_a_receive_buffer_of_258_with_the_longest_answers(handle: int, length: int) -> None:
    assert transmit_into(handle, f"80B0017B0200{length % 256:02X}", 258) == (0, bytes((0x61, length % 256)))
    code, answer = transmit_into(handle, f"00C00000{length % 256:02X}", 258)
    assert (code, len(answer), answer[-2:]) == (0, length + 2, b"\x90\x00")


@pytest.mark.pcsc
def test_a_receive_buffer_of_256_is_too_small_for_255_bytes_here_as_on_any_reader(handle: int) -> None:
    transmit_into(handle, "80B0017B0200FF", 256)
    assert transmit_into(handle, "00C00000FF", 256)[0] == 0x80100008
    assert transmit_into(handle, "80B0017B0200FE", 256) == (0, b"\x61\xfe")


# ---------------------------------------------------------------- resets by another process

RESETTER = Path(__file__).with_name("resetter.py")


class Resetter:
    """Another process that resets the card in ``reader``, once when asked or all the time."""

    def __init__(self, reader: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(RESETTER), reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._says() == "ready"

    def wants_to_once(self) -> None:
        """Returns before the card has been reset."""
        self._asks("once")

    def has_reset(self) -> None:
        """Returns when the card has been reset."""
        assert self._says() == "reset"

    def all_the_time(self) -> None:
        """Returns when the first of many resets is done."""
        self._asks("loop")
        self.has_reset()

    def end(self) -> int:
        """How many resets there were."""
        self._asks("end")
        resets = int(self._says())
        self._process.communicate(timeout=60)
        return resets

    def _asks(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def _says(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def resetter(reader: str) -> Iterator[Resetter]:
    running = Resetter(reader)
    yield running
    running.end()


class RecoveringTerminal(PcscTerminal):
    """Counts how often the card was taken back after a reset by another."""

    recovered = 0

    def recover(self) -> bytes:
        self.recovered += 1
        return super().recover()


class ReadBesideAnother(RecoveringTerminal):
    """Has the other process ask for a reset before its ``at``-th command."""

    def __init__(self, reader: str, resetter: Resetter, at: int) -> None:
        super().__init__(reader)
        self._resetter, self._left = resetter, at

    def transmit(self, apdu: bytes) -> bytes:
        self._left -= 1
        if self._left == 0:
            self._resetter.wants_to_once()
        return super().transmit(apdu)


@pytest.mark.pcsc
@pytest.mark.parametrize("at", [2, 20, 45])
def test_a_second_process_that_wants_a_reset_in_mid_read_waits_for_its_end(
    reader: str, resetter: Resetter, at: int
) -> None:
    with ReadBesideAnother(reader, resetter, at) as terminal:
        contents = CardClient(terminal).read_all()
        assert terminal.recovered == 0
        resetter.has_reset()
    assert_whole(contents)


@pytest.mark.pcsc
def test_whole_reads_while_a_second_process_resets_all_the_time(reader: str, resetter: Resetter) -> None:
    resetter.all_the_time()
    with PcscTerminal(reader) as terminal:
        for _ in range(5):
            assert_whole(CardClient(terminal).read_all())


def assert_whole(contents: CardContents) -> None:
    assert contents.person.citizen_id == CITIZEN_ID.decode()
    assert contents.person.photo is not None
    assert contents.unreadable == ()


@pytest.mark.pcsc
def test_field_by_field_while_a_second_process_resets_all_the_time(reader: str, resetter: Resetter) -> None:
    expected = {"citizen_id": CITIZEN_ID.decode(), "issuer": "ท้องถิ่นเขตจตุจักร/กรุงเทพมหานคร", "card_type": "01"}
    resetter.all_the_time()
    with RecoveringTerminal(reader) as terminal:
        client = CardClient(terminal)
        while terminal.recovered < 3:
            assert {name: client.read_field(MOI, name) for name in expected} == expected


@pytest.mark.pcsc
def test_a_transaction_holds_off_a_second_process_that_resets_all_the_time(
    reader: str, resetter: Resetter
) -> None:
    from smartcard import scard as pcsc

    resetter.all_the_time()
    context = scard.establish()
    handle, protocol = scard.connect(context, reader, scard.Share.SHARED, scard.Protocol.T0)
    while pcsc.SCardBeginTransaction(handle) & 0xFFFFFFFF == scard.ResultCode.RESET_CARD:
        scard.reconnect(handle, scard.Share.SHARED, scard.Protocol.T0, scard.Disposition.LEAVE)
    pci = scard.pci(protocol)
    assert scard.transmit(handle, pci, bytes.fromhex(SELECT_MOI)) == b"\x61\x0a"
    photo = b""
    for offset, length in PHOTO_CHUNKS["32"]:
        scard.transmit(handle, pci, bytes.fromhex(f"80B0{offset:04X}0200{length:02X}"))
        photo += scard.transmit(handle, pci, bytes.fromhex(f"00C00000{length:02X}"))[:-2]
    pcsc.SCardEndTransaction(handle, pcsc.SCARD_LEAVE_CARD)
    scard.disconnect(handle, scard.Disposition.LEAVE)
    scard.release(context)
    assert photo == memory(new_card(), CURRENT)[0x017B:0x1579]

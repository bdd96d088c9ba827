"""Faults at the bytes: what each does to commands and answers, written from their declarations by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import CardPort, Late, NoAnswer, ReaderPort, TakenOut
from emulator.test_card import TestCard
from emulator.zoo import FAULTS, apply_faults

SELECT_MOI = bytes.fromhex("00A4040008A000000054480001")
READ_13 = bytes.fromhex("80B0000402000D")
CASE_1 = bytes.fromhex("90EC0000")
CASE_2 = bytes.fromhex("90EC00000A")
CASE_2_256 = bytes.fromhex("90EC000000")
CASE_4 = bytes.fromhex("90EC00000400010203" + "02")
ATR = bytes.fromhex("3B7818000054484E4944545354")


CASE_3_CRLF = bytes.fromhex("90EC0000030D0A01")


def case_3(length: int) -> bytes:
    return bytes.fromhex("90EC0000") + bytes((length,)) + bytes(range(length))


class Diary:
    """The test card, and what reached it."""

    def __init__(self) -> None:
        self.card = TestCard()
        self.commands: list[bytes] = []
        self.events: list[str] = []

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def power_on(self) -> None:
        self.events.append("on")

    def power_off(self) -> None:
        self.events.append("off")

    def reset(self) -> None:
        self.events.append("reset")

    def transmit(self, apdu: bytes, /) -> bytes:
        self.commands.append(apdu)
        return self.card.transmit(apdu)


def behind(*texts: str, card: CardPort | None = None, seed: int = 0) -> CardPort:
    return apply_faults(card or TestCard(), texts, seed)


def reader(*texts: str, card: CardPort | None = None) -> ReaderPort:
    port = behind(*texts, card=card)
    assert isinstance(port, ReaderPort)
    return port


def said(port: CardPort, *commands: bytes) -> list[str]:
    """The answers in hex; ``+`` and milliseconds if one is late, the exception's name if there is none."""
    answers = []
    for command in commands:
        try:
            answers.append(port.transmit(command).hex().upper())
        except Late as late:
            answers.append(f"{late.answer.hex().upper()}+{late.seconds * 1000:.0f}")
        except (NoAnswer, TakenOut) as error:
            answers.append(type(error).__name__)
    return answers


TEN = "00010203040506070809"

BYTES: Sequence[tuple[str, Sequence[bytes], Sequence[str]]] = (
    ("silent=1", [CASE_1, CASE_1], ["9000", "NoAnswer"]),
    ("removed=2", [CASE_1, CASE_1], ["9000", "TakenOut"]),
    ("slow=25", [CASE_1], ["9000+25"]),
    ("truncate=3", [CASE_2], ["0001029000"]),
    ("buffer=11", [CASE_2], [TEN + "90"]),
    ("command-buffer=8", [case_3(4)], ["6700"]),
    ("nak-long=4", [case_3(4), case_3(5), CASE_2], ["9000", "6700", TEN + "9000"]),
    ("no-extended", [CASE_2, bytes.fromhex("90EC000000000A")], [TEN + "9000", "6700"]),
    ("strip-le", [CASE_4, CASE_2], ["9000", TEN + "9000"]),
    ("strip-le", [bytes.fromhex("90EC00000000020001" + "0002")], ["9000"]),
    ("le-zero", [CASE_2_256, CASE_2], ["9000", TEN + "9000"]),
    ("extra-byte=2", [CASE_1, CASE_1], ["9000", "900000"]),
    ("short-answer=2", [CASE_2, CASE_2], [TEN + "9000", TEN[:-2] + "9000"]),
    ("no-status=2", [CASE_2, CASE_2, CASE_1, CASE_1], [TEN + "9000", TEN, "9000", "90"]),
    ("swapped-status=1", [CASE_2], [TEN + "0090"]),
    ("stale=2", [CASE_1, CASE_2, CASE_2], ["9000", "9000", TEN + "9000"]),
    ("off-by-one=1", [CASE_1, CASE_2, CASE_1], ["9000", "9000", TEN + "9000"]),
    ("stall=2", [CASE_1, CASE_1], ["9000", "9000+3000"]),
    ("baud=9600", [CASE_1], ["9000+9"]),  # seven characters of twelve bits: 8.75 ms
    ("newlines", [CASE_3_CRLF + b"\x03", CASE_1], ["0A0A019000", "9000"]),
    ("newlines", [CASE_3_CRLF], ["6A80"]),
    (
        "general-status",
        [bytes.fromhex("90EE" + sw) for sw in ("6983", "6B00", "6D01", "6EFF", "6A82", "9000")],
        ["6900", "6F00", "6F00", "6F00", "6A82", "9000"],
    ),
    ("drops=2", [CASE_1, CASE_1], ["9000", "TakenOut"]),
)


@pytest.mark.parametrize(("fault", "commands", "answers"), BYTES, ids=[row[0] for row in BYTES])
def test_bytes(fault: str, commands: Sequence[bytes], answers: Sequence[str]) -> None:
    assert said(behind(fault), *commands) == list(answers)


def test_leading_zeros_of_data_are_lost() -> None:
    diary = Diary()
    short, long = bytes.fromhex("90EC0000020001"), bytes.fromhex("90EC000003000007" + "05")
    said(
        behind("zeros-lost=3", card=diary),
        short,
        long,
        CASE_2,
        bytes.fromhex("90EC000000000300FF00" + "0002"),
    )
    changed = bytes.fromhex("90EC000003070000" + "05"), bytes.fromhex("90EC0000000003FF0000" + "0002")
    assert diary.commands == [short, changed[0], CASE_2, changed[1]]


def test_fetches_joins_what_waits() -> None:
    card = card_in_memory(card_from_seed())
    assert said(card, SELECT_MOI, READ_13) == ["610A", "610D"]
    fetched = said(behind("fetches", card=card), SELECT_MOI, READ_13)
    assert fetched == ["8408A0000000544800019000", b"1999986033543".hex() + "9000"]


def test_repeats_with_the_right_length() -> None:
    card = card_in_memory(card_from_seed())
    alone = said(card, bytes.fromhex("00A40400"), bytes.fromhex("00A4040012"))
    assert alone[0] == "6C12"
    assert said(behind("repeats", card=card), bytes.fromhex("00A40400")) == [alone[1]]


def test_hides_what_waits() -> None:
    assert said(behind("hides-waiting", card=card_in_memory(card_from_seed())), SELECT_MOI) == ["9000"]


def test_a_doubled_command_costs_two_tries() -> None:
    card = card_in_memory(card_from_seed())
    verify_wrong = bytes.fromhex("002000010439393939")
    port = behind("doubles=2", card=card)
    assert said(port, bytes.fromhex("00A4040008A000000084060002"), verify_wrong) == ["610A", "63C1"]
    assert card.failures == 2


def test_a_bit_flips_once_in_n_and_the_same_way_again() -> None:
    def spoilt(seed: int) -> list[int]:
        port = behind("bit-flip=5", seed=seed)
        return [int(answer, 16) ^ int(TEN + "9000", 16) for answer in said(port, *[CASE_2] * 50)]

    first = spoilt(7)
    assert all(bits.bit_count() in (0, 1) for bits in first)
    assert [sum(bits > 0 for bits in first[at : at + 5]) for at in range(0, 50, 5)] == [1] * 10
    assert spoilt(7) == first != spoilt(8)


def test_slower_and_slower() -> None:
    answers = said(behind("leak=100"), *[CASE_1] * 200)
    assert answers[98:100] == ["9000", "9000+10"] and answers[-1] == "9000+20"
    port = behind("ages=999999")
    delays = [float(answer.partition("+")[2] or 0) for answer in said(port, *[CASE_1] * 3)]
    assert delays == sorted(delays)


def test_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("emulator.zoo.speed.time.monotonic", lambda: now[0])
    slow, old = behind("wakes-slowly=400"), behind("old-after-pause=400")
    told = []
    for pause, command in ((9.0, CASE_1), (0.3, CASE_2), (0.5, CASE_1), (4.3, CASE_1), (4.5, CASE_2)):
        now[0] += pause
        told.append((*said(slow, command), *said(old, command)))
    ten = TEN + "9000"
    assert [one for one, _ in told] == ["9000", ten, "9000+4000", "9000", ten + "+4000"]
    assert [other for _, other in told] == ["9000", ten, ten, "9000", "9000"]


def test_resets_and_none() -> None:
    diary = Diary()
    said(behind("resets=2", card=diary), CASE_1, CASE_1, CASE_1)
    assert diary.events == ["reset"]
    said(behind("no-reset", card=diary), CASE_1)
    behind("no-reset", card=diary).reset()
    assert diary.events == ["reset"]


def test_answers_to_reset() -> None:
    assert behind("wrong-atr").atr == ATR[:-1] + b"\x55" == reader("wrong-atr").poll()
    assert behind("wrong-atr=3").atr.hex().upper() == "3B7819000054484E4944545354"
    with_t1 = bytes.fromhex("3BF81800000154484E4944545354ED")
    assert behind("wrong-protocol").atr == with_t1 == reader("wrong-protocol").poll()
    assert reader("wrong-protocol", "wrong-protocol").poll() == with_t1

    warm = reader("warm-atr")
    told = [warm.poll()]
    for change in (warm.reset, warm.power_on):
        change()
        told.append(warm.poll())
    assert told == [ATR, ATR[:-1] + b"\x55", ATR]

    mute = reader("mute-after-reset=1")
    told = []
    for change in (mute.power_on, mute.reset, mute.reset, mute.power_on):
        change()
        told.append(mute.poll())
    assert [len(atr) for atr in told] == [13, 13, 34, 13]


def test_a_late_answer_to_reset_once_for_each_power_up() -> None:
    late = reader("wrong-atr", "late-atr=250", "late-atr=50", "warm-atr")
    assert late.poll() == ATR[:-1] + b"\x55"
    late.power_on()
    with pytest.raises(Late) as told:
        late.poll()
    assert (told.value.seconds, told.value.answer) == (0.3, ATR[:-1] + b"\x55")
    assert late.poll() == ATR[:-1] + b"\x55"
    late.power_on()
    with pytest.raises(Late):
        late.poll()


def test_presence() -> None:
    assert reader("late-presence=700", "late-presence=50").seen_after_s == 0.75
    assert reader("slow").seen_after_s == 0

    with pytest.raises(TakenOut) as bounced:
        behind("ghost-removal=1").transmit(CASE_2)
    assert bounced.value.answer == bytes.fromhex(TEN + "9000")
    assert bounced.value.back_after_s is not None and bounced.value.back_after_s > 0.8

    twice = reader("double-insertion=1")
    polls = [ATR for _ in range(4) if twice.poll() == ATR]
    assert len(polls) == 4
    with pytest.raises(TakenOut) as bounced:
        twice.poll()
    assert bounced.value.answer is None and bounced.value.back_after_s
    assert [twice.poll() for _ in range(9)] == [ATR] * 9


def test_a_lost_removal_leaves_the_card_alone() -> None:
    diary = Diary()
    port = reader("wrong-atr", "lost-removal", "slow", card=diary)
    assert port.leave() is True and port.leave() is True
    assert diary.events == ["off"]
    assert port.poll() == ATR[:-1] + b"\x55"
    for call in (port.power_on, port.reset, port.power_off):
        call()
    assert said(port, CASE_1) == ["TakenOut"]
    assert (diary.events, diary.commands) == (["off"], [])
    assert reader("slow").leave() is False


def test_a_late_removal_is_noticed() -> None:
    port = reader("late-removal=1")
    port.leave()
    with pytest.raises(TakenOut):
        while True:
            port.poll()


def test_composition_the_first_is_nearest_to_the_card() -> None:
    assert said(behind("truncate=3", "extra-byte=1"), CASE_2) == ["000102900000"]
    assert said(behind("extra-byte=1", "truncate=3"), CASE_2) == ["0001020000"]
    assert said(behind("slow=10", "truncate=3", "slow=15", "fetches", "slow=1"), CASE_2) == ["0001029000+26"]
    # Both commands that a doubled one is take their time.
    assert said(behind("slow=10", "doubles=1"), CASE_1) == ["9000+20"]
    assert said(behind("silent=0", "slow=10"), CASE_1) == ["NoAnswer"]


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_of_one_cards_life_is_left_for_the_next(fault: str) -> None:
    """Two cards put in one after the other behind the same fault meet it alike."""

    def life() -> list[str]:
        port = reader(fault, "slow=0") if FAULTS[fault].layer else reader("slow=0")
        told = [port.atr.hex(), *said(port, *[CASE_2] * 4)]
        port.reset()
        told.append(f"{port.seen_after_s} {port.leave()}")
        return [] if fault == "ages" else told

    assert life() == life()


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS.values() if fault.layer], ids=lambda fault: fault.name
)
def test_any_bytes_get_an_answer_that_the_link_can_carry(fault: object) -> None:
    """Never an empty answer, which hangs pcscd, nor one that is too long; never an exception of another kind."""
    from emulator.zoo import Fault

    assert isinstance(fault, Fault)
    least = f"={max(fault.argument.least, 1)}" if fault.argument else ""
    port = behind(fault.name + least)
    shapes = [b"\x00\xa4", b"", CASE_1[:3], CASE_1, CASE_2, CASE_2_256, CASE_4, bytes(300), b"\xff" * 262]
    shapes += [
        bytes.fromhex("90EC0000000100"),
        bytes.fromhex("90EC00000000"),
        bytes.fromhex("90EC000000FFFF"),
    ]
    for answer in said(port, *shapes, *shapes):
        data = answer.partition("+")[0]
        assert data in ("NoAnswer", "TakenOut") or 1 <= len(data) // 2 <= 65535

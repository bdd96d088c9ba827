"""Readers that once had a pass, each failed by one campaign with a national card; and a card's past that is no fault of theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from apdu_specs.odd_atrs import OddCard
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.layer import Layer, data_of
from emulator.link import CardPort
from emulator.test_card import ATR as TEST_ATR
from emulator.test_card import TestCard
from harness.bench import Bench
from harness.qualify.actuator import ManualActuator, NoActuator
from harness.qualify.calls import Connection
from harness.qualify.criteria import CRITERIA, presence, sharing, timing
from harness.qualify.criteria.transfers import read_command, reference, select_moi
from harness.qualify.criterion import Need
from harness.qualify.record import Record
from harness.qualify.runner import Campaign
from harness.qualify.subject import Subject
from tests.harness.qualify.hand import Hand

PIN = "4821"


class _LongCommandsLost(Layer):
    """A transmit buffer of 45 bytes."""

    def exchange(self, apdu: bytes) -> bytes:
        return bytes.fromhex("6700") if len(apdu) > 45 else self.ask(apdu)


class _FarOffsets(Layer):
    """Spoils what is read from offset 1000 on, the same way every time."""

    _far = False

    def exchange(self, apdu: bytes) -> bytes:
        if apdu[1] == 0xB0:
            self._far = apdu[2] >= 0x10
        answer = self.ask(apdu)
        return bytes((answer[0] ^ 1,)) + answer[1:] if self._far and apdu[1] == 0xC0 else answer


class _XonXoff(Layer):
    """Takes a byte of data for its own."""

    def changed(self, answer: bytes) -> bytes:
        data, sw = data_of(answer)
        return data.replace(b"\x11", b"\x13") + sw


class _LastByte(Layer):
    """The last byte of the cryptogram is wrong."""

    _matching = False

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        if apdu[1] == 0xC0 and self._matching:
            data, sw = data_of(answer)
            answer = data[:-1] + bytes((data[-1] ^ 1,)) + sw
        self._matching = apdu[1] == 0x88
        return answer


class _RareReset(Layer):
    """One warm reset in seven is only told, not done."""

    _resets = 0

    def reset(self) -> object:
        self._resets += 1
        return None if self._resets % 7 == 0 else self.card.reset()


class _FirstSlow(Layer):
    """Takes its time with the first command after an insertion."""

    def delay(self, apdu: bytes, answer: bytes) -> float:
        return 2.2 if self.count == 1 else 0.0


class _KnowsThePin(Layer):
    """Answers VERIFY without data by itself."""

    def exchange(self, apdu: bytes) -> bytes:
        return bytes.fromhex("9000") if apdu[1] == 0x20 and len(apdu) <= 5 else self.ask(apdu)


class _Stalls(Layer):
    """Now and then a second is lost, nearly."""

    def delay(self, apdu: bytes, answer: bytes) -> float:
        return 0.8 if self.count % 50 == 0 else 0.0


class _ForgetsWhatWaits(Layer):
    """What 61 xx announces is gone after a third of a second."""

    _announced = 0.0

    def exchange(self, apdu: bytes) -> bytes:
        if apdu[1] == 0xC0 and time.monotonic() - self._announced > 0.33:
            return bytes.fromhex("6F00")
        answer = self.ask(apdu)
        self._announced = time.monotonic()
        return answer


class _OwnLe(Layer):
    """Asks for all there is after a command with data, whatever the program asked for."""

    def exchange(self, apdu: bytes) -> bytes:
        case_4 = len(apdu) > 5 and len(apdu) == apdu[4] + 6
        return self.ask(apdu[:-1] + b"\x00" if case_4 else apdu)


class _AsksAgain(Layer):
    """A card that has not answered in time gets the command again."""

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        if self._late is None or self._late.seconds <= 0.4:
            return answer
        self._late.seconds = 0.4
        return self.ask(apdu)


def good(card: CardPort) -> CardPort:
    return card


def verdicts(
    bench: Bench,
    folder: Path,
    *names: str,
    reader: Callable[[CardPort], CardPort] = good,
    failures: int = 0,
) -> dict[str, str]:
    """Of a campaign of these criteria alone, with a national card."""
    bench.fitted = reader
    bench.insert(card_in_memory(card_from_seed(1), pin=PIN, failures=failures))
    try:
        subject = Subject(bench.reader_name(), actuator=Hand(bench), virtual_reader=True, pin=PIN)
        subject.recognise()
        chosen = {name: CRITERIA[name] for name in names}
        document = Campaign(subject, chosen, Record.begin(folder / "r", {})).run()
    finally:
        bench.remove()
    return {each["criterion"]: each["verdict"] for each in document["results"]}


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("layer", "criterion", "verdict"),
    [
        (_LongCommandsLost, "TX-11", "fail"),
        (_FarOffsets, "TX-2", "fail"),
        (_FarOffsets, "TX-14", "fail"),
        (_XonXoff, "TX-16", "fail"),
        (_XonXoff, "TX-15", "marginal"),
        (_LastByte, "FL-1", "fail"),
        (_RareReset, "RS-4", "fail"),
        (_KnowsThePin, "TH-4", "fail"),
        (_KnowsThePin, "FL-2", "fail"),
        (_Stalls, "LT-3", "fail"),
        (_ForgetsWhatWaits, "TX-5", "fail"),
        (_OwnLe, "TX-12", "fail"),
    ],
)
def test_is_caught(bench: Bench, tmp_path: Path, layer: type[Layer], criterion: str, verdict: str) -> None:
    found = verdicts(bench, tmp_path, criterion, reader=lambda card: layer(card, 0, Random(0)))
    assert found == {criterion: verdict}


@pytest.mark.usefixtures("one_cycle")
@pytest.mark.pcsc
def test_a_slow_first_command_is_caught(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hand, "patience_s", 30.0)  # the one cycle must not be lost to a busy computer
    found = verdicts(bench, tmp_path, "PR-11", reader=lambda card: _FirstSlow(card, 0, Random(0)))
    assert found == {"PR-11": "fail"}


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("layer", "value", "reason"),
    [
        (Layer, 0.5, None),
        (
            _AsksAgain,
            0.0,
            "an answer that takes 0.5 s came after 0.9 s, as if the command had been sent again",
        ),
    ],
)
def test_a_command_that_is_sent_again_is_caught(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, layer: type[Layer], value: float, reason: str | None
) -> None:
    monkeypatch.setattr(timing, "_WAITS_S", (0.5, 0.1))
    monkeypatch.setattr(timing, "LATE_TRIES", 1 if reason else timing.LATE_TRIES)
    bench.insert(layer(TestCard(), 0, Random(0)))
    subject = Subject(bench.reader_name(), virtual_reader=True)
    subject.recognise()
    found = CRITERIA["TM-3"].measure(subject)
    assert (found.value, found.reason.en if found.reason else None) == (value, reason)


class _OtherAtr(Layer):
    """Tells another answer to reset."""

    @property
    def atr(self) -> bytes:
        return self.card.atr[:-1] + b"0"

    def told(self, atr: bytes) -> bytes:
        return atr[:-1] + b"0"


@pytest.mark.usefixtures("one_cycle")
@pytest.mark.pcsc
def test_every_insertion_counts_whatever_it_was_for(bench: Bench, tmp_path: Path) -> None:
    inserted: list[bytes] = []

    def third(card: CardPort) -> CardPort:
        inserted.append(card.atr)
        return _OtherAtr(card, 0, Random(0)) if len(inserted) == 3 else card

    names = ("TX-11", "TX-1", "PR-4", "PR-6")
    assert verdicts(bench, tmp_path, *names, reader=third) == {
        **dict.fromkeys(names, "pass"),
        "PR-6": "fail",
    }


@pytest.mark.pcsc
@pytest.mark.parametrize("failures", [0, 1, 2])
def test_tries_that_were_spent_before_are_no_fault_of_the_reader(
    bench: Bench, tmp_path: Path, failures: int
) -> None:
    names = ("TH-4", "FL-1", "FL-2", "FL-4", "TX-2", "TX-14", "TX-15", "RS-4", "LT-3")
    assert verdicts(bench, tmp_path, *names, failures=failures) == dict.fromkeys(names, "pass")


@pytest.mark.pcsc
def test_the_test_card_comes_and_goes_by_itself(bench: Bench, tmp_path: Path) -> None:
    names = [name for name, each in CRITERIA.items() if Need.FAULT_CARD in each.needs and name != "TM-4"]
    seen: list[bytes] = []

    def told(card: CardPort) -> CardPort:
        seen.append(card.atr)
        return card

    order = ("TX-1", *names, "PR-1", "TX-9")
    assert verdicts(bench, tmp_path, *order, reader=told) == dict.fromkeys(order, "pass")
    # Put in once for all of them, and one campaign has enough insertions whatever they were for.
    assert seen.count(TEST_ATR) == 1 and seen[1] == TEST_ATR
    assert len(seen) == 1 + presence._SAMPLES


@pytest.mark.pcsc
def test_the_campaigns_card_is_back_when_the_campaign_ends(bench: Bench, tmp_path: Path) -> None:
    seen: list[bytes] = []

    def told(card: CardPort) -> CardPort:
        seen.append(card.atr)
        return card

    assert verdicts(bench, tmp_path, "TX-11", reader=told) == {"TX-11": "pass"}
    assert [each == TEST_ATR for each in seen] == [False, True, False]


def test_without_a_machine_the_test_card_must_be_in_the_reader() -> None:
    assert OddCard.TEST.atr == TEST_ATR
    for actuator in (NoActuator(), ManualActuator(lambda _: None)):
        assert Subject("R", actuator=actuator).unmet(frozenset({Need.FAULT_CARD})) is Need.FAULT_CARD


@pytest.mark.pcsc
def test_what_two_programs_do_at_once_has_ended_when_one_of_them_fails(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def breaks(subject: Subject, offset: int, length: int) -> bytes:
        if offset == 0 and length == 64:
            raise RuntimeError("boom")
        return read_command(subject, offset, length)

    before = set(threading.enumerate())
    bench.insert(card_in_memory(card_from_seed(1), pin=PIN))
    subject = Subject(bench.reader_name())
    subject.recognise()
    with subject.connection() as connection:
        select_moi(connection)
        reference(subject, connection)
    closing = Connection.end

    def slow_end(self: Connection) -> int:
        threading.Event().wait(0.2)  # the one that goes on is to be seen if it is left behind
        return closing(self)

    monkeypatch.setattr(sharing, "read_command", breaks)
    monkeypatch.setattr(Connection, "end", slow_end)
    with pytest.raises(RuntimeError, match="boom"):
        CRITERIA["SH-15"].measure(subject)
    left = [each for each in threading.enumerate() if each not in before and each.name == "qualify task"]
    assert left == []


@pytest.mark.pcsc
def test_other_programs_that_come_and_go_are_no_news_of_the_card(bench: Bench) -> None:
    bench.insert(card_in_memory(card_from_seed(1), pin=PIN))
    subject = Subject(bench.reader_name())
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            with subject.connection():
                pass

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        assert CRITERIA["SH-17"].measure(subject).value == "TIMEOUT"
    finally:
        ended.set()
        other.join()

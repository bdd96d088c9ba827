"""More readers that once had a pass: they mix two people's data, count otherwise than the card, or wake up badly."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.layer import Layer, data_of
from emulator.link import CardPort
from harness.bench import Bench
from harness.qualify.actuator import Actuator
from harness.qualify.criteria import thai_card
from harness.qualify.criterion import Profile
from tests.harness.qualify.few_criteria import in_shell, thnid_with
from tests.harness.qualify.hand import Hand
from tests.harness.qualify.test_next_person import PIN, real_card, results

pytestmark = pytest.mark.pcsc
RIGHTS = bytes.fromhex("00A4040008A000000054480083")


class _Reads(Layer):
    """Knows the applet and the READ that a GET RESPONSE is for."""

    _applet = b""
    _read = b""

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        if apdu[1] == 0xA4:
            self._applet = bytes(apdu)
        read, self._read = self._read, bytes(apdu) if apdu[1] == 0xB0 else b""
        return self.instead(read, apdu, answer) if read and apdu[1] == 0xC0 else answer

    def instead(self, read: bytes, apdu: bytes, answer: bytes) -> bytes:
        return answer


class _KeepsFar(_Reads):
    """What was read from offset 300 on is told again of the next card."""

    def instead(self, read: bytes, apdu: bytes, answer: bytes) -> bytes:
        far = int.from_bytes(read[2:4], "big") >= 300
        return self.kept.setdefault(self._applet + read + bytes(apdu), answer) if far else answer


class _KeepsRights(_Reads):
    """What was read of the health rights is told again of the next card."""

    def instead(self, read: bytes, apdu: bytes, answer: bytes) -> bytes:
        if self._applet != RIGHTS:
            return answer
        return self.kept.setdefault(read + bytes(apdu), answer)


class _KeepsBytes(_Reads):
    """Each byte of the photo that was read is told again of the next card, in whatever command."""

    def instead(self, read: bytes, apdu: bytes, answer: bytes) -> bytes:
        at, (data, sw) = int.from_bytes(read[2:4], "big"), data_of(answer)
        if self._applet == RIGHTS or at < 379 or at + len(data) > 379 + 5118:
            return answer
        told = (
            self.kept.setdefault(b"%d" % (at + number), bytes((each,))) for number, each in enumerate(data)
        )
        return b"".join(told) + sw


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (_KeepsFar, ("the one before in some commands", "ของบัตรใบก่อนในบางคำสั่ง")),
        (_KeepsRights, ("the one before in some commands", "ของบัตรใบก่อนในบางคำสั่ง")),
        (_KeepsBytes, ("the other card told of the one before", "บัตรของบุคคลอื่นให้ข้อมูลของบัตรใบก่อน")),
    ],
)
def test_no_part_of_a_card_is_told_of_the_next(
    bench: Bench, tmp_path: Path, layer: type[Layer], told: tuple[str, str]
) -> None:
    kept: dict[bytes, bytes] = {}

    def reader(card: CardPort) -> CardPort:
        fitted = layer(card, 0, Random(0))
        fitted.kept = kept
        return fitted

    # The reader has met the campaign's card before, in the usual commands.
    found = results(bench, tmp_path, ("TX-14", "TH-1", "FL-5", "TH-6"), reader=reader)
    verdicts = {name: each["verdict"] for name, each in found.items()}
    assert verdicts == {"TX-14": "pass", "TH-1": "pass", "FL-5": "pass", "TH-6": "fail"}
    reason = found["TH-6"]["reason"]
    assert told[0] in reason["en"] and told[1] in reason["th"]


def knowing(card: Card) -> Callable[[Bench], Actuator]:
    """A hand that knows what the card counts."""

    class Knowing(Hand):
        def tries_left(self, serial: bytes) -> int | None:
            return 3 - card.failures if serial == card.serial else None

    return Knowing


class _Counts(Layer):
    """Tells ``argument`` - 1 tries more than are left."""

    def changed(self, answer: bytes) -> bytes:
        if len(answer) == 2 and answer[0] == 0x63:
            return bytes((0x63, answer[1] + self.argument - 1))
        return answer


@pytest.mark.parametrize(("argument", "told"), [(2, "4"), (0, "2")])
def test_a_counter_that_is_told_otherwise_than_the_card_counts(
    bench: Bench, tmp_path: Path, argument: int, told: str
) -> None:
    card = card_in_memory(card_from_seed(1), pin=PIN)
    found = results(
        bench,
        tmp_path,
        ("TH-4", "FL-2", "FL-4"),
        card=card,
        actuator=knowing(card),
        reader=lambda port: _Counts(port, argument, Random(0)),
    )
    assert {name: each["verdict"] for name, each in found.items()} == {
        "TH-4": "fail",
        "FL-2": "pass",
        "FL-4": "fail",
    }
    for name in ("TH-4", "FL-4"):
        assert found[name]["reason"]["en"] == f"Tries left: {told} told, but the card itself counts 3."
        assert found[name]["reason"]["th"] == f"จำนวนครั้งที่เหลือ: ได้รับแจ้ง {told} แต่บัตรนับได้ 3"
    assert card.failures == 0


def test_where_nobody_knows_what_the_card_counts_the_page_says_so(bench: Bench, tmp_path: Path) -> None:
    names = ("TH-4", "FL-4")
    up = results(bench, tmp_path / "u", names, reader=lambda port: _Counts(port, 2, Random(0)))
    assert up["TH-4"]["verdict"] == "pass" and "cannot be asked past the reader" in up["TH-4"]["reason"]["en"]
    assert "โดยไม่ผ่านเครื่องอ่านไม่ได้" in up["TH-4"]["reason"]["th"]
    down = results(bench, tmp_path / "d", names, reader=lambda port: _Counts(port, 0, Random(0)))
    assert down["FL-4"]["verdict"] == "incomplete" and "are told to be left" in down["FL-4"]["reason"]["en"]


@pytest.mark.parametrize("failures", [2, 3, 5])
def test_what_was_spent_before_is_counted_rightly(bench: Bench, tmp_path: Path, failures: int) -> None:
    card = card_in_memory(card_from_seed(1), pin=PIN, failures=failures)

    class Knowing(Hand):
        def tries_left(self, serial: bytes) -> int | None:
            return max(0, 3 - failures)

    found = results(bench, tmp_path, ("TH-4",), card=card, actuator=Knowing)["TH-4"]
    assert (found["verdict"], found["reason"]) == ("pass", None)


class _Idle(Layer):
    """Does something to the first command after a pause."""

    _last: float | None = None
    _selected = b""

    def exchange(self, apdu: bytes) -> bytes:
        idle = self._last is not None and time.monotonic() - self._last > 0.2
        answer = self.after_a_pause(apdu) if idle else self.ask(apdu)
        if apdu[1] == 0xA4:
            self._selected = bytes(apdu)
        self._last = time.monotonic()
        return answer

    def after_a_pause(self, apdu: bytes) -> bytes:
        return self.ask(apdu)


class _SavesPower(_Idle):
    """Takes the card's power away, and hides that by selecting what was selected."""

    def after_a_pause(self, apdu: bytes) -> bytes:
        self.card.power_off()
        self.card.power_on()
        if self._selected:
            self.ask(self._selected)
        return self.ask(apdu)


class _SendsTwice(_Idle):
    """Does not know whether the card got it, and sends it again."""

    def after_a_pause(self, apdu: bytes) -> bytes:
        self.ask(apdu)
        return self.ask(apdu)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thai_card, "_REST_S", 0.3)
    monkeypatch.setattr(thai_card, "_PAUSE_S", 0.3)


def full(bench: Bench, folder: Path, name: str, **more: Any) -> dict[str, Any]:
    return results(bench, folder, (name,), profile=Profile.FULL, **more)[name]


def test_a_pin_session_that_ends_by_itself(bench: Bench, tmp_path: Path, short_pauses: None) -> None:
    found = full(bench, tmp_path, "FL-1", reader=lambda port: _SavesPower(port, 0, Random(0)))
    assert found["verdict"] == "fail"
    assert found["reason"]["en"].startswith("The PIN session was gone")
    assert found["reason"]["th"].startswith("สิทธิจาก PIN หายไป")


@pytest.mark.parametrize("real", [False, True])
def test_a_wrong_pin_that_is_sent_twice_after_a_pause(
    bench: Bench, tmp_path: Path, short_pauses: None, real: bool
) -> None:
    card = real_card() if real else card_in_memory(card_from_seed(1), pin=PIN)
    found = full(
        bench, tmp_path, "FL-4", card=card, real=real, reader=lambda port: _SendsTwice(port, 0, Random(0))
    )
    assert found["verdict"] == "fail"
    assert card.failures == (2 if real else 0)  # a real card's last try is not spent


@pytest.mark.parametrize(("real", "wrong"), [(False, 2), (True, 1)])
def test_a_good_reader_passes_in_full_and_a_real_card_gets_one_wrong_pin(
    bench: Bench, tmp_path: Path, short_pauses: None, real: bool, wrong: int
) -> None:
    card = real_card() if real else card_in_memory(card_from_seed(1), pin=PIN)
    refused: list[bytes] = []

    class Counts(Layer):
        def exchange(self, apdu: bytes) -> bytes:
            answer = self.ask(apdu)
            refused.extend([answer] if apdu[1] == 0x20 and len(apdu) > 5 and answer != b"\x90\x00" else [])
            return answer

    for name in ("FL-4", "FL-1"):
        found = full(
            bench,
            tmp_path / name,
            name,
            card=card,
            real=real,
            reader=lambda port: Counts(port, 0, Random(0)),
            actuator=Hand if real else knowing(card),
        )
        assert (found["verdict"], found["reason"]) == ("pass", None)
    assert refused == [bytes.fromhex("63C2")] * wrong and card.failures == 0


@pytest.mark.usefixtures("one_cycle")
def test_the_answer_to_reset_is_that_of_the_card_that_was_put_in(bench: Bench, tmp_path: Path) -> None:
    first: list[bytes] = []

    class Sticky(Layer):
        @property
        def atr(self) -> bytes:
            return self.told(self.card.atr)

        def told(self, atr: bytes) -> bytes:
            first.append(atr)
            return first[0]

    found = results(bench, tmp_path, ("TX-11", "PR-6"), reader=lambda port: Sticky(port, 0, Random(0)))
    assert (found["PR-6"]["verdict"], found["PR-6"]["value"]) == ("fail", 1)


class _Firewall(Layer):
    """Lets nobody set a PIN."""

    def exchange(self, apdu: bytes) -> bytes:
        return bytes.fromhex("6982") if apdu[1] in (0x24, 0x2C) else self.ask(apdu)


def test_a_reader_that_answers_pin_commands_by_itself(bench: Bench, tmp_path: Path) -> None:
    found = results(bench, tmp_path, ("TX-17",), reader=lambda port: _Firewall(port, 0, Random(0)))["TX-17"]
    assert (found["verdict"], found["value"]) == ("fail", 2)
    assert found["reason"]["en"] == "6D 00 became 69 82"


@pytest.mark.parametrize(("fault", "verdict"), [((), "pass"), (("--fault", "old-counter"), "fail")])
def test_a_virtual_card_is_asked_past_the_reader(
    tmp_path: Path, fault: tuple[str, ...], verdict: str
) -> None:
    program = thnid_with(tmp_path, "TH-4", "FL-4")
    policy = tmp_path / "five.yaml"
    policy.write_text("name: five\nsuspended_at: 5\nlocked_at: 8\n", encoding="utf-8")
    in_shell(
        "thnid qualify run --report r",
        *("--policy", str(policy), *fault),
        cwd=tmp_path,
        program=program,
    )
    document = json.loads((tmp_path / "r" / "record.json").read_text(encoding="utf-8"))
    found = {each["criterion"]: each for each in document["results"]}
    assert found["TH-4"]["reason"] is None
    assert {name: each["verdict"] for name, each in found.items()} == {"TH-4": "pass", "FL-4": verdict}

"""The officer's login and the next person's card: readers that remember what they must not, through a real PC/SC stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from apdu_specs.language import Text
from apdu_specs.odd_atrs import OddCard
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.layer import Layer
from emulator.link import CardPort
from emulator.odd_card import odd_card
from emulator.zoo import choose
from harness.bench import Bench
from harness.qualify.actuator import Actuator, ManualActuator, NoActuator
from harness.qualify.criteria import CRITERIA, odd_cards
from harness.qualify.criterion import DoesNotApply, Profile
from harness.qualify.record import Record
from harness.qualify.runner import Campaign
from harness.qualify.subject import Subject
from tests.harness.qualify.hand import Hand

PIN = "4821"
LOGIN = ("FL-1", "FL-2", "FL-4", "FL-5", "TH-6")


def results(
    bench: Bench,
    folder: Path,
    names: Sequence[str] = LOGIN,
    *,
    reader: Callable[[CardPort], CardPort] = lambda card: card,
    card: Card | None = None,
    actuator: Callable[[Bench], Actuator] = Hand,
    real: bool = False,
    profile: Profile = Profile.QUICK,
) -> dict[str, dict[str, Any]]:
    """Of a campaign of these criteria alone. ``real``: of a card that does not say that it is virtual, with consent."""
    bench.fitted = reader
    bench.insert(card or card_in_memory(card_from_seed(1), pin=PIN))
    try:
        subject = Subject(bench.reader_name(), profile, actuator(bench), virtual_reader=True, pin=PIN)
        subject.recognise()
        if real:
            assert not subject.card.virtual
            subject.real_card = subject.card.serial.hex()
        chosen = {name: CRITERIA[name] for name in names}
        document = Campaign(subject, chosen, Record.begin(folder / "r", {})).run()
    finally:
        bench.remove()
    return {each["criterion"]: each for each in document["results"]}


def verdicts(bench: Bench, folder: Path, *names: str, **more: Any) -> dict[str, str]:
    return {name: each["verdict"] for name, each in results(bench, folder, names or LOGIN, **more).items()}


def real_card() -> Card:
    """One whose serial has no mark: nobody knows its key."""
    card = card_from_seed(1)
    serial = bytes.fromhex("4790500012345678")
    return card_in_memory(
        replace(card, serial=serial, cplc=card.cplc.replace(card.serial, serial), card_key=bytes(32)), pin=PIN
    )


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("fault", "criterion", "told"),
    [
        ("zeros-lost", "FL-1", None),
        ("replayed-cryptogram", "FL-1", None),
        ("pin-twice", "FL-4", ("3 before, then 2, 1, 1", "ก่อนหน้า 3 แล้วเป็น 2, 1, 1")),
        ("old-counter", "FL-4", None),
        ("keeps-pin", "FL-5", ("Still open after its power was cut, when it came back.", "ยังเปิดอยู่หลังตัดไฟ")),
        ("keeps-data", "TH-6", None),
        ("old-first-read", "TH-6", None),
    ],
)
def test_a_reader_that_remembers_is_caught_by_this_alone_and_it_is_told_how(
    bench: Bench, tmp_path: Path, fault: str, criterion: str, told: tuple[str, str] | None
) -> None:
    found = results(bench, tmp_path, reader=choose([fault])[0].over)
    expected = {**dict.fromkeys(LOGIN, "pass"), criterion: "fail"}
    assert {name: each["verdict"] for name, each in found.items()} == expected
    if told is not None:
        reason = found[criterion]["reason"]
        assert told[0] in reason["en"] and told[1] in reason["th"]


@pytest.mark.pcsc
def test_a_reset_that_leaves_the_card_open_is_told(bench: Bench, tmp_path: Path) -> None:
    found = results(bench, tmp_path, ("FL-5",), reader=choose(["no-reset"])[0].over)["FL-5"]
    assert (found["verdict"], found["reason"]["en"]) == ("fail", "Still open after a reset.")
    assert found["reason"]["th"].startswith("ยังเปิดอยู่หลังรีเซ็ต")


@pytest.mark.pcsc
@pytest.mark.parametrize("actuator", [Hand, lambda _: NoActuator()])
def test_a_good_reader_passes_with_a_virtual_and_with_a_real_card(
    bench: Bench, tmp_path: Path, actuator: Callable[[Bench], Actuator]
) -> None:
    moved = "pass" if actuator is Hand else "not applicable"
    expected = {**dict.fromkeys(LOGIN, "pass"), "TH-6": moved}
    assert verdicts(bench, tmp_path / "v", actuator=actuator) == expected
    assert verdicts(bench, tmp_path / "r", actuator=actuator, card=real_card(), real=True) == expected


@pytest.mark.pcsc
def test_a_replay_is_caught_with_a_real_card(bench: Bench, tmp_path: Path) -> None:
    replayed = choose(["replayed-cryptogram"])[0].over
    assert verdicts(bench, tmp_path, "FL-1", card=real_card(), real=True, reader=replayed) == {"FL-1": "fail"}


class _OncePerSession(Layer):
    """As a real card might be: its second match status needs the PIN again."""

    _given = False

    def exchange(self, apdu: bytes) -> bytes:
        if apdu[1] == 0x20:
            self._given = False
        if apdu[1] == 0x88:
            given, self._given = self._given, True
            if given:
                return bytes.fromhex("6982")
        return self.ask(apdu)


@pytest.mark.pcsc
def test_a_real_card_may_refuse_a_second_match_status(bench: Bench, tmp_path: Path) -> None:
    def strict(card: CardPort) -> CardPort:
        return _OncePerSession(card, 0, Random(0))

    names = ("FL-1", "FL-5")
    real = verdicts(bench, tmp_path / "r", *names, card=real_card(), real=True, reader=strict)
    assert real == dict.fromkeys(names, "pass")


class _OtherChallenge(Layer):
    """Spoils every challenge in the same place."""

    def exchange(self, apdu: bytes) -> bytes:
        return self.ask(apdu[:20] + bytes((apdu[20] ^ 1,)) + apdu[21:] if apdu[1] == 0x88 else apdu)


@pytest.mark.pcsc
def test_with_a_key_that_nobody_knows_it_is_never_a_pass(bench: Bench, tmp_path: Path) -> None:
    own = card_in_memory(replace(card_from_seed(1), card_key=bytes(32)), pin=PIN)
    result = results(bench, tmp_path / "k", ("FL-1",), card=own)["FL-1"]
    assert result["verdict"] == "incomplete" and "key of its own" in result["reason"]["en"]
    spoilt = verdicts(bench, tmp_path / "s", "FL-1", reader=lambda card: _OtherChallenge(card, 0, Random(0)))
    assert spoilt == {"FL-1": "incomplete"}


class _SecondWrong(Layer):
    """Spoils one challenge of many."""

    _matches = 0

    def exchange(self, apdu: bytes) -> bytes:
        self._matches += apdu[1] == 0x88
        hit = apdu[1] == 0x88 and self._matches == 3
        return self.ask(apdu[:20] + bytes((apdu[20] ^ 1,)) + apdu[21:] if hit else apdu)


@pytest.mark.pcsc
@pytest.mark.parametrize("own_key", [False, True])
def test_one_spoilt_challenge_is_caught(bench: Bench, tmp_path: Path, own_key: bool) -> None:
    card = card_from_seed(1)
    card = replace(card, card_key=bytes(32)) if own_key else card
    result = results(
        bench,
        tmp_path,
        ("FL-1",),
        card=card_in_memory(card, pin=PIN),
        reader=lambda card: _SecondWrong(card, 0, Random(0)),
    )["FL-1"]
    assert (result["verdict"], result["value"]) == ("fail", 1)


class _Greedy(Layer):
    """Presents a wrong PIN until the card takes no more."""

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        while apdu[1] == 0x20 and len(apdu) > 5 and self.ask(apdu)[:1] == b"\x63":
            pass
        return answer


@pytest.mark.pcsc
def test_no_pin_is_presented_to_a_card_that_the_reader_has_suspended(bench: Bench, tmp_path: Path) -> None:
    card = card_in_memory(card_from_seed(1), pin=PIN)
    found = verdicts(bench, tmp_path, "FL-4", card=card, reader=lambda card: _Greedy(card, 0, Random(0)))
    assert found == {"FL-4": "fail"}
    assert card.failures == 4  # three wrong ones, and the reader's own of a suspended PIN


@pytest.mark.pcsc
def test_a_real_cards_last_try_is_not_spent(bench: Bench, tmp_path: Path) -> None:
    card = real_card()
    twice = choose(["pin-twice"])[0].over
    assert verdicts(bench, tmp_path, "FL-4", card=card, real=True, reader=twice) == {"FL-4": "fail"}
    assert card.failures == 2


@pytest.mark.pcsc
def test_the_other_holders_card_is_moved_as_the_campaigns_is(bench: Bench, tmp_path: Path) -> None:
    inserted: list[bytes] = []

    def told(card: CardPort) -> CardPort:
        inserted.append(bytes(getattr(card, "serial", b"")))
        return card

    assert set(verdicts(bench, tmp_path, "FL-5", "TH-6", reader=told).values()) == {"pass"}
    own, other = card_from_seed(1).serial, inserted[1]
    assert inserted == [own, other, own] and own != other  # once for both criteria


def test_without_another_holders_card_it_does_not_apply_and_says_so() -> None:
    asked: list[Text] = []
    subject = Subject("none", actuator=ManualActuator(asked.append))
    with pytest.raises(DoesNotApply) as lacking:
        CRITERIA["TH-6"].measure(subject)
    assert lacking.value.reason.en == "Needs a Thai ID card of another holder."
    assert "ผู้ถืออีกคนหนึ่ง" in lacking.value.reason.th and asked == []


def test_the_other_holder_is_a_person_of_their_own() -> None:
    other = odd_card(OddCard.ANOTHER)
    assert isinstance(other, Card) and other.atr == OddCard.ANOTHER.atr
    assert all(other.citizen_id != card_from_seed(seed).citizen_id for seed in range(20))


@pytest.mark.parametrize(("again", "value"), [([True], True), ([False, True], True), ([False, False], False)])
def test_a_good_card_that_shows_mute_after_a_mute_one_gets_a_second_chance(
    monkeypatch: pytest.MonkeyPatch, again: list[bool], value: bool
) -> None:
    meetings = iter(again)
    monkeypatch.setattr(odd_cards, "met", lambda *_: odd_cards.Met(b"", 0, 0.1, False, next(meetings)))
    assert CRITERIA["AT-10"].measure(Subject("none")).value is value
    assert list(meetings) == []

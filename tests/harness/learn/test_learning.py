"""The card is learned, in this process and on every run, and must be the machine that its policy declares."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apdu_specs import card_manager
from apdu_specs.pin_machine import HOLDER_ALPHABET, OFFICE_ALPHABET, Symbol, pin_machine
from apdu_specs.pin_policy import NATIONAL, NATIONAL_WRONG_ONLY, POLICIES, PinPolicy
from apdu_specs.provenance import assumed
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from harness.learn.errors import NotDeterministic, RealCardNotLearned
from harness.learn.learning import learn
from harness.learn.mapper import Mapper, Subject, explained
from harness.learn.script import Script, script_of
from harness.learn.suite import Deviation, Suite, conformance_suite
from harness.learn.wp import Minimal, telling_words, without_prefixes
from harness.terminals.in_process import InProcessTerminal
from harness.trace.reading import read_trace
from harness.trace.replay import Player, Secrets
from harness.trace.showing import rows

ODD = PinPolicy(
    "two, then one more", suspended_at=2, locked_at=3, office_tries=2, provenance=assumed("for this test")
)
AT_ONCE = PinPolicy("locked at once", suspended_at=1, locked_at=1, provenance=assumed("for this test"))
ALL_POLICIES = [*POLICIES.values(), ODD, AT_ONCE]
ALPHABETS = {"holder": HOLDER_ALPHABET, "office": OFFICE_ALPHABET}


def mapper_of(card: Card) -> Mapper:
    counters = card.counters
    terminal = InProcessTerminal(card)
    terminal.connect()
    return Mapper(Subject(terminal, lambda: card.restore(counters), first_pin=counters.pin))


def fresh(policy: PinPolicy = NATIONAL, pin: str = "1234") -> Card:
    return card_in_memory(card_from_seed(7, policy=policy), pin=pin)


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("policy", ALL_POLICIES, ids=lambda policy: policy.name)
def test_the_card_is_the_machine_of_its_policy(policy: PinPolicy, alphabet: str) -> None:
    reference = pin_machine(policy, ALPHABETS[alphabet])
    learned = learn(mapper_of(fresh(policy)), reference)
    assert learned.deviation is None
    assert learned.states == len(Minimal(reference))


@pytest.mark.parametrize("pin", ["5678", "0000"])
def test_the_pins_of_learning_give_way_to_the_cards_own(pin: str) -> None:
    machine = pin_machine(NATIONAL, OFFICE_ALPHABET)
    assert conformance_suite(machine).first_deviation(mapper_of(fresh(pin=pin)).play) is None


def national_learned_from_a_wrong_only_card() -> tuple[Mapper, Deviation]:
    mapper = mapper_of(fresh(NATIONAL_WRONG_ONLY))
    deviation = learn(mapper, pin_machine(NATIONAL)).deviation
    assert deviation is not None
    return mapper, deviation


def test_a_deviation_is_a_shortest_word() -> None:
    _, deviation = national_learned_from_a_wrong_only_card()
    assert deviation.word[0] is Symbol.SELECT_ADM
    assert len(deviation.word) == 6  # select, three wrong, two right: only then do the two policies part
    assert (deviation.expected[-1], deviation.got[-1]) == ((0x6984,), (0x6983,))


def test_a_deviation_becomes_a_script_and_a_trace() -> None:
    mapper, deviation = national_learned_from_a_wrong_only_card()
    script: Script = script_of(mapper, deviation, "national")
    lines = list(script.lines())
    assert lines[1].startswith("00 A4 04 00 08 A0 00 00 00 84 06 00 02  # select ADM: 610A")
    assert "6983" in lines[-1] and "should be 6984" in lines[-1]
    head, *lines_ = (json.loads(line) for line in script.trace().splitlines())
    assert head["format"] == "thnid trace"
    assert [row["direction"] for row in lines_] == ["command", "answer"] * 6
    assert (lines_[0]["bytes"], lines_[1]["bytes"]) == ("00A4040008A000000084060002", "610A")
    assert lines_[-1]["bytes"] == "6984"
    assert head["redacted"] is True
    assert [row["command"] for row in lines_[::2]] == ["SELECT", *["VERIFY"] * 5]
    assert {row["bytes"] for row in lines_[2::2]} == {"0020000104********"}


def test_no_pin_is_told_in_a_script_or_its_trace(tmp_path: Path) -> None:
    """Every symbol in one word: PINs, blocks and proofs are hidden, and so is what the card tells of its holder."""
    card = fresh(pin="7391")
    word = (Symbol.SELECT_ADM, *HOLDER_ALPHABET, Symbol.SELECT_ADM, *OFFICE_ALPHABET)
    mapper = mapper_of(card)
    expected = tuple(mapper.play(word))
    script = script_of(mapper, Deviation(word, expected, expected), "national")
    path = tmp_path / "deviation.jsonl"
    path.write_text(script.trace())
    for told in (path.read_text(), "\n".join(script.lines()).replace(" ", "")):
        for pin in (b"7391", b"739", b"1234", b"5678"):
            assert pin.hex() not in told.lower() and pin.decode() not in told
        assert card.personalisation.adm_info.hex().upper() not in told
        assert card.citizen_id.encode().hex() not in told.lower()
    shown = [row.meaning for row in rows(read_trace(path)) if row.sign == ">"]
    assert not [meaning for meaning in shown if "?" in meaning]
    assert {"MOI VERIFY (verify first PIN)", "MOI SELECT (select MOI)"} <= set(shown)
    with InProcessTerminal(
        fresh(pin="2580")
    ) as terminal:  # another card, another PIN: all is made anew for it
        secrets = Secrets(True, card.serial, b"2580", card.personalisation.office_key)
        report = Player(terminal, secrets).play(read_trace(path))
    assert (report.differences, report.unmade) == ([], 0)
    with InProcessTerminal(fresh()) as terminal:
        report = Player(terminal, Secrets(True)).play(read_trace(path))
    assert report.unmade > 10 and report.to_json()["same"] is False


def test_data_that_a_wrong_answer_hid_are_not_missed(tmp_path: Path) -> None:
    """The trace has the right status word and not the data, which nobody saw: the right card does not differ."""

    class WithoutLaser(InProcessTerminal):
        def transmit(self, apdu: bytes) -> bytes:
            answer = super().transmit(apdu)
            return b"\x6d\x00" if apdu[:2] == b"\x80\x00" else answer

    path, card = tmp_path / "deviation.jsonl", fresh()
    terminal = WithoutLaser(card)
    terminal.connect()
    mapper = Mapper(Subject(terminal, lambda: None))
    word = (Symbol.SELECT_ADM, Symbol.READ_LASER)
    deviation = Deviation(word, tuple(pin_machine(NATIONAL).run(word)), ((0x610A,), (0x6D00,)))
    path.write_text(script_of(mapper, deviation, "national").trace())
    mended = InProcessTerminal(card)
    mended.connect()
    found = [Player(each, Secrets(True)).play(read_trace(path)) for each in (terminal, mended)]
    assert [[each.what for each in report.differences] for report in found] == [["status"], []]


def test_an_older_trace_without_names_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"format": "thnid trace", "version": 1, "source": "learn", "redacted": false}\n'
        '{"time": null, "ms": null, "direction": "command", "bytes": "0020000104********", "symbol": "x"}\n'
    )
    assert [row.meaning for row in rows(read_trace(path))] == ["VERIFY (x)"]


@pytest.mark.parametrize(("policy", "differences"), [(NATIONAL_WRONG_ONLY, ["69 84"]), (NATIONAL, [])])
def test_the_trace_shows_the_deviation_when_replayed(
    policy: PinPolicy, differences: list[str], tmp_path: Path
) -> None:
    mapper, deviation = national_learned_from_a_wrong_only_card()
    path = tmp_path / "deviation.jsonl"
    path.write_text(script_of(mapper, deviation, "national").trace())
    terminal = InProcessTerminal(fresh(policy))
    terminal.connect()
    report = Player(terminal, Secrets(True, pin=b"1234")).play(read_trace(path))
    assert [difference.recorded.en for difference in report.differences] == differences
    assert (report.sent, report.unmade, report.undecodable) == (6, 0, [])
    assert {note.why.en for note in report.notes} == {"made anew: as its symbol says"}


def test_a_card_that_is_not_brought_back_is_not_learned() -> None:
    terminal = InProcessTerminal(fresh())
    terminal.connect()
    with pytest.raises(NotDeterministic):
        learn(Mapper(Subject(terminal, lambda: None)), pin_machine(NATIONAL))


def test_a_real_card_is_never_learned() -> None:
    card = card_from_seed(7)
    serial = bytes.fromhex("4178001122334455")
    cplc = card_manager.CPLC.build(card_manager.CPLC.parse(card.cplc) | {"serial": serial})
    real = card_in_memory(replace(card, serial=serial, cplc=cplc))
    sent: list[bytes] = []

    class Listening(InProcessTerminal):
        def transmit(self, apdu: bytes) -> bytes:
            sent.append(apdu)
            return super().transmit(apdu)

    terminal = Listening(real)
    terminal.connect()
    with pytest.raises(RealCardNotLearned):
        Mapper(Subject(terminal, lambda: None))
    assert {apdu[1] for apdu in sent} <= {0xA4, 0xC0, 0xCA, 0xB0}  # SELECT, GET RESPONSE, GET DATA, READ
    assert real.failures == 0


# ------------------------------------------------------------ the conformance suite


def test_words_of_a_suite_tell_all_states_apart() -> None:
    machine = Minimal(pin_machine(NATIONAL))
    answers = {
        tuple(machine.answers(state, word) for word in telling_words(machine))
        for state in range(len(machine))
    }
    assert len(answers) == len(machine) == 51


def test_suite_without_prefixes() -> None:
    a, b = Symbol.RESET, Symbol.PROVE
    assert set(without_prefixes([(a,), (a, b), (a, b), (b,), (b, b, a)])) == {(a, b), (b, b, a)}


@pytest.mark.parametrize("other", [ODD, AT_ONCE, NATIONAL_WRONG_ONLY], ids=lambda policy: policy.name)
def test_the_suite_of_one_policy_fails_on_a_card_of_another(other: PinPolicy) -> None:
    suite = conformance_suite(pin_machine(NATIONAL), random_words=0)
    assert suite.first_deviation(mapper_of(fresh(other)).play) is not None


def test_the_same_seed_gives_the_same_suite() -> None:
    assert conformance_suite(pin_machine(ODD)) == conformance_suite(pin_machine(ODD))
    assert conformance_suite(pin_machine(ODD)) != conformance_suite(pin_machine(ODD), seed=1)


def test_an_exported_suite_can_be_played_by_others() -> None:
    """A runner that knows the file alone, on what needs no cryptography."""
    suite: Suite = conformance_suite(pin_machine(ODD))
    document: dict[str, Any] = json.loads(suite.to_json(explained()))
    commands, played = document["symbols"], 0
    card = fresh(ODD)
    counters = card.counters
    for case in document["cases"]:
        card.restore(counters)
        for symbol, *expected in case:
            if any("<" in command for command in commands[symbol]) and expected:
                break  # depends on a challenge
            if not expected:
                card.reset()
            got = [card.transmit(bytes.fromhex(command)) for command in commands[symbol] if expected]
            assert [answer[-2:].hex().upper() for answer in got] == expected
            played += 1
    assert len(document["cases"]) == len(suite.cases)
    assert played > suite.steps // 2

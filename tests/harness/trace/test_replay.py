"""A trace played against the card it was made with shows no differences; against another one it lists them."""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path

import pytest

from apdu_specs.generations import FAMILY_3B67, GENERATIONS, NO_LASER, THNID_18, VERSION_0002, Generation
from apdu_specs.language import Text
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from harness.terminals.in_process import InProcessTerminal
from harness.trace.reading import NewerTrace, read_trace
from harness.trace.replay import Player, Report, Secrets
from tests.harness.trace.programs import ADM, MOI, PIN, card_of, full_read, lines, read, record

VERIFY = bytes.fromhex("0020000104")


def secrets_of(card: Card, *, virtual: bool = True) -> Secrets:
    return Secrets(virtual, card.serial, PIN.encode(), card.personalisation.office_key)


def replay(path: Path, card: Card, secrets: Secrets | None = None) -> Report:
    with InProcessTerminal(card) as terminal:
        return Player(terminal, secrets or secrets_of(card)).play(read_trace(path))


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=str)
@pytest.mark.parametrize("show", [False, True])
def test_the_same_card_has_no_differences(generation: Generation, show: bool, tmp_path: Path) -> None:
    path = record(card_of(generation), tmp_path / "t", full_read(generation), show=show)
    report = replay(path, card_of(generation))
    assert report.differences == []
    assert report.notes == []
    assert report.sent == len(full_read())


def test_another_generation_has_differences(tmp_path: Path) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", full_read())
    what = {
        other.name: {each.what for each in replay(path, card_of(other)).differences}
        for other in GENERATIONS.values()
    }
    assert what[THNID_18.name] == set()
    assert what[VERSION_0002.name] >= {"atr", "status", "length"}
    assert what[FAMILY_3B67.name] >= {"atr", "status", "length"}
    assert what[NO_LASER.name] >= {"atr", "status"}


def test_a_shown_field_that_differs_is_named_and_not_quoted(tmp_path: Path) -> None:
    path = record(
        card_of(THNID_18),
        tmp_path / "t",
        [bytes.fromhex(MOI), read(4, 13), bytes.fromhex("00C000000D")],
        show=True,
    )
    text = path.read_text().replace("31393939", "31383939")
    path.write_text(text)
    (difference,) = replay(path, card_of(THNID_18)).differences
    assert difference.what == "data"
    assert difference.recorded == Text("1 byte at 1 (citizen_id)", "1 ไบต์ ตั้งแต่ตำแหน่ง 1 (citizen_id)")
    assert "1999" not in f"{difference.recorded} {difference.replayed}"


def test_pins_are_made_anew_right_where_right_and_wrong_where_wrong(tmp_path: Path) -> None:
    right, wrong = PIN.encode(), b"0000"
    apdus = [bytes.fromhex(ADM), VERIFY + wrong, VERIFY + right, VERIFY + b"12a4", VERIFY[:4] + right]
    apdus += [bytes.fromhex("0024000108") + right + right, bytes.fromhex("0020000105") + right + b"1"]
    path = record(card_of(THNID_18), tmp_path / "t", apdus)
    card = card_of(THNID_18)
    report = replay(path, card)
    assert report.differences == []
    assert [note.why.en.split(":")[0] for note in report.notes] == ["made anew"] * 6
    assert card.failures == 0
    assert VERIFY + right in [VERIFY + card.counters.pin]


def test_a_blocked_card_is_replayed_on_a_blocked_card(tmp_path: Path) -> None:
    apdus = [bytes.fromhex(ADM), *[VERIFY + b"0000"] * 6]
    path = record(card_of(THNID_18), tmp_path / "t", apdus)
    card = card_of(THNID_18)
    assert replay(path, card).differences == []
    assert card.failures == 5
    assert [each.what for each in replay(path, card).differences] == ["status"] * 4


def test_the_registry_offices_visit_is_replayed(tmp_path: Path) -> None:
    card = card_of(THNID_18, failures=3)

    class Office:
        """Answers the card's challenge as an office would, in the midst of a recording."""

        def __iter__(self) -> object:
            yield bytes.fromhex(ADM)
            yield bytes.fromhex("0084000010")
            challenge = lines_so_far()
            key = card.personalisation.office_key
            yield (
                bytes.fromhex("0082000220")
                + hmac.new(key, b"OFF1" + challenge + card.serial, sha256).digest()
            )
            yield bytes.fromhex("002C020104") + b"4321"

    def lines_so_far() -> bytes:
        challenge = card._volatile.office_challenge
        assert challenge is not None
        return challenge

    path = record(card, tmp_path / "t", Office())  # type: ignore[arg-type]
    assert [line["status"] for line in lines(path) if line.get("direction") == "answer"][-2:] == [
        "9000",
        "9000",
    ]
    other = card_of(THNID_18, failures=3)
    assert replay(path, other).differences == []
    assert other.failures == 0


def test_a_real_card_never_gets_what_could_cost_it_a_try(tmp_path: Path) -> None:
    sent: list[bytes] = []
    card = card_of(THNID_18)

    class Watched(InProcessTerminal):
        def transmit(self, apdu: bytes) -> bytes:
            sent.append(apdu)
            return super().transmit(apdu)

    apdus = [
        bytes.fromhex(ADM),
        VERIFY + b"0000",
        VERIFY[:4],
        bytes.fromhex("80FA0000"),
        bytes.fromhex("8000000017"),
    ]
    path = record(card_of(THNID_18), tmp_path / "t", apdus)
    # A trace that was edited by hand to hold a PIN is not trusted either.
    path.write_text(path.read_text().replace("0020000104********", "002000010430303030"))
    with Watched(card) as terminal:
        report = Player(terminal, secrets_of(card, virtual=False)).play(read_trace(path))
    assert sent == [bytes.fromhex(ADM), bytes.fromhex("8000000017")]
    assert [note.why.en.split(":")[0] for note in report.notes] == ["not sent"] * 3
    assert card.failures == 0


def test_lines_that_are_not_understood_are_flagged_and_skipped(tmp_path: Path) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", full_read())
    good = path.read_text().splitlines()
    garbage = [
        "not json",
        "[1, 2]",
        '{"direction": "command", "bytes": "0G"}',
        '{"direction": "command", "bytes": "000"}',
        '{"direction": "sideways", "bytes": "00"}',
        '{"direction": "answer", "bytes": 7}',
        '{"direction": "answer", "bytes": ""}',
        '{"direction": "answer", "bytes": "90"}',
        '{"direction": "event", "event": "big", "ms": ' + "9" * 400 + "}",
        '{"direction": "event", "event": "big", "ms": true}',
        '{"direction": "event", "event": "big", "ms": 1E999}',
        '{"direction": "event", "event": "big", "ms": NaN}',
        '{"format": "thnid trace", "version": true}',
        '{"direction": "answer", "bytes": "9000", "fields": "x"}',
        '{"direction": "event"}',
        '{"direction": "event", "event": "reset", "atr": "3B**"}',
        "{" * 5000,
        "\x00\x1b[2J",
    ]
    path.write_text("\n".join([*good[:10], *garbage, *good[10:]]))
    trace = read_trace(path)
    assert trace.undecodable == list(range(11, 11 + len(garbage)))
    report = replay(path, card_of(THNID_18))
    assert report.differences == []
    assert report.undecodable == trace.undecodable


def test_another_holders_card_differs_in_nothing_that_is_shown(tmp_path: Path) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", full_read())
    assert replay(path, card_in_memory(card_from_seed(8))).differences == []


@pytest.mark.parametrize("header", ["00200099", "002033390437333931", "0020373339"])
def test_what_hides_p1_and_p2_is_refused_alike(header: str, tmp_path: Path) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", [bytes.fromhex(ADM), bytes.fromhex(header)])
    assert lines(path)[-2]["status"] in ("6A86", "6700")
    assert replay(path, card_of(THNID_18)).differences == []


def test_an_answer_without_a_status_word_is_flagged_and_not_compared(tmp_path: Path) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", [bytes.fromhex(MOI)])
    path.write_text(path.read_text().replace('"bytes": "610A"', '"bytes": ""'))
    report = replay(path, card_of(THNID_18))
    assert (report.differences, report.undecodable) == ([], [4])


def test_a_header_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", [])
    path.write_text(path.read_text().replace('"version": 1', '"version": 99'))
    with pytest.raises(NewerTrace, match="format version 99"):
        read_trace(path)

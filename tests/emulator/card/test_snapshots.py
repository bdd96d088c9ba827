"""A card is blocked and taken back: in memory, in a file, and while a reader speaks to it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.pin_policy import ISO_THREE_TRIES, NATIONAL, NATIONAL_WRONG_ONLY, POLICIES, PinPolicy
from emulator.card import Card, Counters
from emulator.card.card_file import open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file, card_in_memory
from emulator.errors import BadCard, WriteFailed

SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
RIGHT, WRONG = bytes.fromhex("002000010431323334"), bytes.fromhex("002000010430303030")
CHANGE, NEW = bytes.fromhex("00240001083132333435363738"), bytes.fromhex("002000010435363738")
MATCH_STATUS = bytes.fromhex("8088010120" + 32 * "5A")


@pytest.mark.parametrize("in_file", [False, True])
def test_there_and_back(tmp_path: Path, in_file: bool) -> None:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7), failures=1)
    card = open_card(path) if in_file else card_in_memory(card_from_seed(7), failures=1)
    kept = card.snapshot()
    card.transmit(SELECT_ADM)
    assert card.transmit(CHANGE) == b"\x90\x00"
    for _ in range(5):
        card.transmit(WRONG)
    assert card.failures == 5
    card.restore(kept)
    assert card.counters == Counters(1, 0, b"1234") and card.snapshot() == kept
    assert card.transmit(RIGHT) == b"\x69\x85"  # as after a reset: nothing is selected
    card.transmit(SELECT_ADM)
    assert card.transmit(NEW) == b"\x63\xc1" and card.transmit(RIGHT) == b"\x90\x00"
    card.restore(kept)
    card.transmit(SELECT_ADM)
    assert card.transmit(MATCH_STATUS) == b"\x69\x82"  # a PIN session is not brought back
    card.close()
    if in_file:
        assert read_card_file(path)[1] == Counters(1, 0, b"1234")


def test_it_tells_nothing() -> None:
    kept = card_in_memory(card_from_seed(7), pin="7391").snapshot()
    assert "7391" not in repr(kept) and "7391" not in str(kept)


def test_a_snapshot_of_another_card_is_refused() -> None:
    card, other = card_in_memory(card_from_seed(7)), card_in_memory(card_from_seed(8), failures=5)
    with pytest.raises(BadCard, match="another card"):
        card.restore(other.snapshot())
    assert card.failures == 0


def test_a_snapshot_under_another_policy_is_refused() -> None:
    """The same serial, made again with other numbers: what one has counted means something else on the other."""
    strict = replace(NATIONAL, suspended_at=1, locked_at=2)
    card = card_in_memory(card_from_seed(7, policy=strict))
    for policy in (NATIONAL, ISO_THREE_TRIES, replace(strict, name="other"), replace(strict, office_tries=2)):
        with pytest.raises(BadCard, match="snapshot of a card"):
            card.restore(card_in_memory(card_from_seed(7, policy=policy), failures=1).snapshot())
        assert card.counters == Counters(0, 0, b"1234")
    told_otherwise = replace(strict, provenance=NATIONAL_WRONG_ONLY.provenance)
    card.restore(card_in_memory(card_from_seed(7, policy=told_otherwise), failures=1).snapshot())
    assert card.failures == 1


@pytest.mark.parametrize("policy", POLICIES.values(), ids=str)
@given(data=st.data())
def test_only_what_a_card_can_have_counted_is_restored(policy: PinPolicy, data: st.DataObject) -> None:
    f, office = data.draw(st.integers(-2, 20)), data.draw(st.integers(-2, 20))
    pin = data.draw(st.sampled_from([b"1234", b"0000", b"123", b"12345", b"12a4", b"", "٣٣٣٣".encode()]))
    card, most = card_in_memory(card_from_seed(7, policy=policy)), policy.locked_at or policy.suspended_at
    before, possible = card.counters, 0 <= f <= most and 0 <= office <= policy.office_tries
    if possible and len(pin) == 4 and set(pin) <= set(b"0123456789"):
        card.restore(Counters(f, office, pin))
        assert card.counters == Counters(f, office, pin)
    else:
        with pytest.raises(BadCard) as refused:
            card.restore(Counters(f, office, pin))
        assert card.counters == before and refused.value.message.th and refused.value.what_to_do.th


def test_a_snapshot_of_an_earlier_opening_of_the_same_card(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7), failures=2)
    card = open_card(path)
    kept = card.snapshot()
    card.close()
    with pytest.raises(WriteFailed) as closed:
        card.restore(kept)
    assert closed.value.message.en.endswith(".") and closed.value.what_to_do.th
    again = open_card(path)
    again.restore(replace(again.counters, failures=5))
    again.restore(kept)
    assert again.failures == 2
    again.close()


class WatchedLock:
    """A card's lock that tells when a thread has to wait for it."""

    def __init__(self, waited_for: threading.Event) -> None:
        self._lock = threading.RLock()
        self._waited_for = waited_for

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._waited_for.set()
            self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()


@pytest.mark.parametrize(
    ("apdu", "after"), [(RIGHT, 0), (CHANGE, 0), (WRONG, 3)], ids=["right PIN", "change", "wrong PIN"]
)
@pytest.mark.parametrize("asked", ["snapshot", "restore"])
@pytest.mark.parametrize("in_file", [False, True])
def test_a_command_in_progress_is_waited_for(
    tmp_path: Path, asked: str, apdu: bytes, after: int, in_file: bool
) -> None:
    """In mid-VERIFY, when f is raised and nothing compared yet, another thread asks: it waits, and meets no half."""
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7), failures=2)
    card = open_card(path) if in_file else card_in_memory(card_from_seed(7), failures=2)
    within, go_on, settled = threading.Event(), threading.Event(), threading.Event()
    card._busy = WatchedLock(settled)  # type: ignore[assignment]
    store, seen = card._store, []
    write = store.write

    def held_up(counters: Counters) -> None:
        write(counters)
        if not within.is_set():
            within.set()
            assert go_on.wait(60)

    def ask() -> None:
        if asked == "snapshot":
            seen.append(card.snapshot().counters)
        else:
            card.restore(Counters(1, 0, b"9999"))
        settled.set()

    store.write = held_up  # type: ignore[method-assign]
    card.transmit(SELECT_ADM)
    verify = threading.Thread(target=card.transmit, args=(apdu,))
    verify.start()
    assert within.wait(60)
    assert card._store.counters.failures == 3
    asking = threading.Thread(target=ask)
    asking.start()
    assert settled.wait(60)  # it waits for the card, or has been let in
    go_on.set()
    verify.join(60)
    asking.join(60)
    done = Counters(after, 0, b"5678" if apdu == CHANGE else b"1234")
    assert seen == ([done] if asked == "snapshot" else [])
    assert card.counters == (done if asked == "snapshot" else Counters(1, 0, b"9999"))
    card.close()


def test_both_are_in_the_public_api() -> None:
    assert Card.snapshot.__doc__ and Card.restore.__doc__

"""The authority: every refusal once, and that a challenge is good once, briefly, and for one card only."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu_specs import keys
from emulator.offices.authority import Authority, Confirmation, ServiceCall
from emulator.offices.errors import Refused
from emulator.offices.tables.authority import Challenge
from tests.emulator.offices.rooms import (
    CARD,
    CITIZEN,
    NEW_CARD,
    OFFICE,
    OTHER_CARD,
    OTHER_CITIZEN,
    Rooms,
    build_rooms,
)

UNKNOWN_CITIZEN = "1999900000099"


def refusal_of(ask: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value.reason.status


def test_a_right_answer_gets_a_tkey_of_32_characters(rooms: Rooms) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    assert len(xkey) == 32
    tkey = rooms.authority.confirm(rooms.answer(xkey))
    assert len(tkey) == 32
    assert rooms.authority.who(tkey) == CITIZEN


def test_the_published_message_without_an_office_is_accepted(rooms: Rooms) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    answer = dataclasses.replace(rooms.answer(xkey), office=None)
    assert rooms.authority.who(rooms.authority.confirm(answer)) == CITIZEN


def test_challenge_refusals(rooms: Rooms) -> None:
    ask = rooms.authority.challenge
    assert refusal_of(lambda: ask(CITIZEN, CARD, "66666")) == "95004"
    assert refusal_of(lambda: ask(UNKNOWN_CITIZEN, NEW_CARD, OFFICE)) == "95001"
    assert refusal_of(lambda: ask(CITIZEN, NEW_CARD, OFFICE)) == "90009"
    assert refusal_of(lambda: ask(CITIZEN, OTHER_CARD, OFFICE)) == "90009"
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert refusal_of(lambda: ask(CITIZEN, CARD, OFFICE)) == "95002"
    assert len(ask(CITIZEN, NEW_CARD, OFFICE)) == 32


def test_confirm_refuses_a_card_that_was_replaced_meanwhile(rooms: Rooms) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert refusal_of(lambda: rooms.authority.confirm(rooms.answer(xkey))) == "95002"


@pytest.mark.parametrize("status", [0, 2, 255])
def test_confirm_refuses_a_match_status_other_than_one(rooms: Rooms, status: int) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    right_for_that_status = rooms.answer(xkey, status=status)
    assert refusal_of(lambda: rooms.authority.confirm(right_for_that_status)) == "90090"


def test_confirm_refuses_an_unknown_challenge(rooms: Rooms) -> None:
    assert refusal_of(lambda: rooms.authority.confirm(rooms.answer(bytes(32)))) == "95003"


def test_a_cryptogram_made_with_another_master_key_is_refused(rooms: Rooms) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    foreign_key = keys.card_key(bytes(32), CITIZEN, CARD)
    cryptogram = keys.match_cryptogram(
        foreign_key, challenge=xkey, citizen_id=CITIZEN, serial=CARD, key_id=1, match_status=1
    )
    answer = Confirmation(CITIZEN, CARD, xkey, 1, 1, cryptogram, OFFICE)
    assert refusal_of(lambda: rooms.authority.confirm(answer)) == "90045"


def test_a_refused_answer_spends_the_challenge(rooms: Rooms) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    wrong = dataclasses.replace(rooms.answer(xkey), cryptogram=bytes(32))
    assert refusal_of(lambda: rooms.authority.confirm(wrong)) == "90045"
    assert refusal_of(lambda: rooms.authority.confirm(rooms.answer(xkey))) == "95003"


def test_swapped_answers_of_two_officers_are_refused(rooms: Rooms) -> None:
    mine = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    yours = rooms.authority.challenge(OTHER_CITIZEN, OTHER_CARD, OFFICE)
    my_answer = rooms.answer(mine)
    your_answer = rooms.answer(yours, citizen=OTHER_CITIZEN, serial=OTHER_CARD)
    swapped = dataclasses.replace(my_answer, cryptogram=your_answer.cryptogram)
    assert refusal_of(lambda: rooms.authority.confirm(swapped)) == "90045"


def test_a_tkey_ends_after_five_minutes_and_with_its_card(rooms: Rooms) -> None:
    early, late = rooms.tkey(), rooms.tkey(OTHER_CITIZEN, OTHER_CARD)
    rooms.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert rooms.authority.who(early) == CITIZEN
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert rooms.authority.who(early) is None
    assert rooms.authority.who(late) == OTHER_CITIZEN
    rooms.clock.advance(timedelta(microseconds=1))
    assert rooms.authority.who(late) is None
    assert rooms.authority.who("no such key") is None


@given(age_us=st.integers(0, 120_000_000))
@settings(max_examples=40)
def test_a_challenge_lives_for_less_than_sixty_seconds(age_us: int) -> None:
    rooms = build_rooms()
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    rooms.clock.advance(timedelta(microseconds=age_us))
    if age_us < 60_000_000:
        assert rooms.authority.confirm(rooms.answer(xkey))
    else:
        assert refusal_of(lambda: rooms.authority.confirm(rooms.answer(xkey))) == "90012"
    rooms.storage.close()


@pytest.mark.parametrize("age_us", [59_999_999, 60_000_000])
def test_the_two_sides_of_sixty_seconds(rooms: Rooms, age_us: int) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    rooms.clock.advance(timedelta(microseconds=age_us))
    if age_us < 60_000_000:
        assert rooms.authority.confirm(rooms.answer(xkey))
    else:
        assert refusal_of(lambda: rooms.authority.confirm(rooms.answer(xkey))) == "90012"


@given(
    citizen=st.sampled_from([CITIZEN, OTHER_CITIZEN]),
    serial=st.sampled_from([CARD, OTHER_CARD]),
    office=st.sampled_from([OFFICE, "10002", " " * 5]),
    flipped=st.none() | st.integers(0, 255),
    key_id=st.sampled_from([1, 10]),
)
@settings(max_examples=60)
def test_only_what_the_challenge_was_made_for_is_accepted(
    citizen: str, serial: bytes, office: str, flipped: int | None, key_id: int
) -> None:
    rooms = build_rooms()
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    answer = rooms.answer(xkey, citizen=citizen, serial=serial)
    if flipped is not None:
        bits = int.from_bytes(answer.cryptogram) ^ (1 << flipped)
        answer = dataclasses.replace(answer, cryptogram=bits.to_bytes(32))
    answer = dataclasses.replace(answer, office=office, key_id=key_id)
    if (citizen, serial, office) != (CITIZEN, CARD, OFFICE):
        assert refusal_of(lambda: rooms.authority.confirm(answer)) == "95003"
    elif flipped is not None or key_id != 1:
        assert refusal_of(lambda: rooms.authority.confirm(answer)) == "90045"
    else:
        assert rooms.authority.confirm(answer)
    assert refusal_of(lambda: rooms.authority.confirm(rooms.answer(xkey))) == "95003"
    rooms.storage.close()


def race_to_confirm(authorities: list[Authority], answer: Confirmation) -> list[str]:
    """What happens to eight identical answers that arrive together, spread over the authorities."""
    together = threading.Barrier(8)
    outcomes: list[str] = []

    def confirm(authority: Authority) -> None:
        together.wait(timeout=60)
        try:
            authority.confirm(answer)
            outcomes.append("00000")
        except Refused as refused:
            outcomes.append(refused.reason.status)

    threads = [
        threading.Thread(target=confirm, args=(authorities[index % len(authorities)],)) for index in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


def test_of_many_at_once_one_spends_the_challenge(rooms: Rooms) -> None:
    xkey = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    assert race_to_confirm([rooms.authority], rooms.answer(xkey)) == ["00000"] + ["95003"] * 7


def test_two_authorities_on_one_file_hold_a_challenge_single_use(rooms: Rooms, tmp_path: Path) -> None:
    both = [build_rooms(tmp_path / "offices.db"), build_rooms(tmp_path / "offices.db")]
    xkey = both[0].authority.challenge(CITIZEN, CARD, OFFICE)
    authorities = [each.authority for each in both]
    assert race_to_confirm(authorities, rooms.answer(xkey)) == ["00000"] + ["95003"] * 7
    for each in both:
        each.storage.close()


def service(
    rooms: Rooms, tkey: str, citizen: str = CITIZEN, office: str = OFFICE, number: str = "001"
) -> Callable[[], object]:
    return lambda: rooms.authority.serve(ServiceCall(tkey, office, "01", number, citizen))


def test_a_service_tells_what_the_registry_office_knows(rooms: Rooms) -> None:
    tkey = rooms.tkey()
    rooms.clock.advance(timedelta(seconds=1))
    assert service(rooms, tkey)() == {
        "pid": CITIZEN,
        "cardsIssued": 1,
        "latestCard": {"cid": "FFFF000000000001", "issueDate": "2026-03-10T05:00:00+00:00"},
    }


def test_service_refusals(rooms: Rooms) -> None:
    tkey = rooms.tkey()
    assert refusal_of(service(rooms, "0" * 32)) == "90001"
    assert refusal_of(service(rooms, tkey, office="10002")) == "95004"
    assert refusal_of(service(rooms, tkey, number="002")) == "95011"
    assert refusal_of(service(rooms, tkey, UNKNOWN_CITIZEN)) == "90500"
    assert refusal_of(service(rooms, tkey, OTHER_CITIZEN)) == "90016"
    rooms.clock.advance(timedelta(minutes=5))
    assert refusal_of(service(rooms, tkey)) == "90005"
    tkey = rooms.tkey()
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert refusal_of(service(rooms, tkey)) == "95002"
    refused = [entry.outcome for entry in rooms.audit.entries() if entry.event == "5000"]
    assert refused == ["90001", "95004", "95011", "90500", "90016", "90005", "95002"]


def test_a_citizens_card_and_pin_open_their_data_to_one_tkey(rooms: Rooms) -> None:
    tkey = rooms.tkey()
    consent = rooms.answer(tkey.encode(), citizen=OTHER_CITIZEN, serial=OTHER_CARD)
    rooms.authority.consent(tkey, consent)
    rooms.authority.consent(tkey, consent)  # saying it twice changes nothing
    assert service(rooms, tkey, OTHER_CITIZEN)()
    another = rooms.tkey()
    assert refusal_of(service(rooms, another, OTHER_CITIZEN)) == "90016"
    replayed = dataclasses.replace(consent, xkey=another.encode())
    assert refusal_of(lambda: rooms.authority.consent(another, replayed)) == "90045"


def test_consent_refusals(rooms: Rooms) -> None:
    tkey = rooms.tkey()
    wrong_pin = rooms.answer(tkey.encode(), citizen=OTHER_CITIZEN, serial=OTHER_CARD, status=0)
    assert refusal_of(lambda: rooms.authority.consent(tkey, wrong_pin)) == "90090"
    right = rooms.answer(tkey.encode(), citizen=OTHER_CITIZEN, serial=OTHER_CARD)
    assert refusal_of(lambda: rooms.authority.consent("0" * 32, right)) == "90001"
    unknown = dataclasses.replace(right, citizen_id=UNKNOWN_CITIZEN)
    assert refusal_of(lambda: rooms.authority.consent(tkey, unknown)) == "95001"


def test_swapped_and_replayed_cryptograms_are_audited(rooms: Rooms) -> None:
    mine = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    yours = rooms.authority.challenge(OTHER_CITIZEN, OTHER_CARD, OFFICE)
    my_answer = rooms.answer(mine)
    your_answer = rooms.answer(yours, citizen=OTHER_CITIZEN, serial=OTHER_CARD)
    swapped = [
        dataclasses.replace(my_answer, cryptogram=your_answer.cryptogram),
        dataclasses.replace(your_answer, cryptogram=my_answer.cryptogram),
    ]
    for answer in swapped:
        with pytest.raises(Refused):
            rooms.authority.confirm(answer)
    third = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    assert rooms.authority.confirm(rooms.answer(third))
    with pytest.raises(Refused):
        rooms.authority.confirm(rooms.answer(third))  # replayed
    told = [(entry.outcome, entry.actor) for entry in rooms.audit.entries() if entry.event == "9081"]
    me, you = rooms.audit.pseudonym(CITIZEN), rooms.audit.pseudonym(OTHER_CITIZEN)
    assert told == [("90045", me), ("90045", you), ("00000", me), ("95003", me)]


def test_what_is_old_is_forgotten(rooms: Rooms) -> None:
    first = rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    rooms.clock.advance(timedelta(minutes=12))
    rooms.authority.challenge(CITIZEN, CARD, OFFICE)
    with rooms.storage.reading() as session:
        assert session.get(Challenge, first) is None

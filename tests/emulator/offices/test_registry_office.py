"""The registry office: the latest card, replacements, and the proof for a card."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apdu_specs import keys
from emulator.offices.errors import Refused
from emulator.offices.registry_office import Standing
from tests.emulator.offices.rooms import CARD, CITIZEN, NEW_CARD, OTHER_CARD, OTHER_CITIZEN, Rooms

CHALLENGE = bytes(range(16))


def refusal_of(ask: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value.reason.status


def test_standing(rooms: Rooms) -> None:
    standing = rooms.registry.standing
    assert standing(CITIZEN, CARD) is Standing.LATEST
    assert standing(CITIZEN, OTHER_CARD) is Standing.UNKNOWN_CARD
    assert standing(CITIZEN, NEW_CARD) is Standing.UNKNOWN_CARD
    assert standing("1999900000099", CARD) is Standing.UNKNOWN_CITIZEN
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert standing(CITIZEN, CARD) is Standing.REPLACED
    assert standing(CITIZEN, NEW_CARD) is Standing.LATEST


def test_announcing_a_second_card_retires_the_first(rooms: Rooms) -> None:
    rooms.registry.know_card(CITIZEN, CARD)  # again: nothing changes
    assert rooms.registry.standing(CITIZEN, CARD) is Standing.LATEST
    rooms.registry.know_card(CITIZEN, NEW_CARD)
    assert rooms.registry.standing(CITIZEN, CARD) is Standing.REPLACED
    assert refusal_of(lambda: rooms.registry.know_card(CITIZEN, CARD)) == "card-replaced"
    assert refusal_of(lambda: rooms.registry.know_card(OTHER_CITIZEN, NEW_CARD)) == "serial-taken"
    assert rooms.registry.standing(OTHER_CITIZEN, OTHER_CARD) is Standing.LATEST


def test_replacement_refusals_change_nothing(rooms: Rooms) -> None:
    replace = rooms.registry.replace_card
    assert refusal_of(lambda: replace(CITIZEN, OTHER_CARD, NEW_CARD)) == "card-unknown"
    assert refusal_of(lambda: replace(CITIZEN, CARD, OTHER_CARD)) == "serial-taken"
    assert refusal_of(lambda: replace(CITIZEN, CARD, CARD)) == "serial-taken"
    assert rooms.registry.standing(CITIZEN, CARD) is Standing.LATEST
    replace(CITIZEN, CARD, NEW_CARD)
    assert refusal_of(lambda: replace(CITIZEN, CARD, bytes(8))) == "card-replaced"


def test_the_proof_is_the_one_the_card_computes(rooms: Rooms) -> None:
    key = keys.office_key(keys.SPECIMEN_MASTER_KEY, CITIZEN, CARD)
    expected = keys.office_proof(key, challenge=CHALLENGE, serial=CARD)
    assert rooms.registry.prove(CITIZEN, CARD, CHALLENGE) == expected


def test_no_proof_for_a_card_that_is_unknown_or_old(rooms: Rooms) -> None:
    prove = rooms.registry.prove
    assert refusal_of(lambda: prove(CITIZEN, NEW_CARD, CHALLENGE)) == "card-unknown"
    assert refusal_of(lambda: prove(OTHER_CITIZEN, CARD, CHALLENGE)) == "card-unknown"
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert refusal_of(lambda: prove(CITIZEN, CARD, CHALLENGE)) == "card-replaced"

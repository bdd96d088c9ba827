"""Readers that remember what they must not, at the bytes."""

from __future__ import annotations

import pytest

from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import CardPort
from emulator.zoo import FAULTS, choose
from emulator.zoo.fault import Family

PIN = "4821"
SELECT_MOI = bytes.fromhex("00A4040008A000000054480001")
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
READ_ID = bytes.fromhex("80B0000402000D")
FETCH_ID = bytes.fromhex("00C000000D")
COUNTER = bytes.fromhex("00200001")
RIGHT = bytes.fromhex("0020000104") + PIN.encode()
WRONG = bytes.fromhex("0020000104") + b"4822"
FETCH_CRYPTOGRAM = bytes.fromhex("00C0000021")


def match(challenge: int) -> bytes:
    return bytes.fromhex("8088010120") + bytes(31) + bytes((challenge,))


def card(seed: int = 1) -> Card:
    return card_in_memory(card_from_seed(seed), pin=PIN)


def said(port: CardPort, *commands: bytes) -> list[str]:
    return [port.transmit(command).hex().upper() for command in commands]


def test_a_wrong_pin_costs_two_tries_and_one_is_told() -> None:
    own = card()
    port = choose(["pin-twice"])[0].over(own)
    assert said(port, SELECT_ADM, WRONG, COUNTER) == ["610A", "63C2", "63C1"]
    assert said(port, RIGHT) == ["9000"] and own.failures == 0


def test_the_counter_of_before_until_a_reset() -> None:
    port = choose(["old-counter"])[0].over(card())
    assert said(port, SELECT_ADM, COUNTER, WRONG, COUNTER) == ["610A", "63C3", "63C2", "63C3"]
    port.reset()
    assert said(port, SELECT_ADM, COUNTER) == ["610A", "63C2"]


def test_the_first_cryptogram_again_until_a_reset() -> None:
    good, port = card(), choose(["replayed-cryptogram"])[0].over(card())
    login = (SELECT_ADM, RIGHT, match(1), FETCH_CRYPTOGRAM, match(2), FETCH_CRYPTOGRAM)
    right, told = said(good, *login), said(port, *login)
    assert told[:4] == right[:4] and told[5] == right[3] != right[5]
    port.reset()
    assert said(port, SELECT_ADM, RIGHT, match(2), FETCH_CRYPTOGRAM)[-1] == right[5]


@pytest.mark.parametrize("power", [True, False])
def test_the_pin_is_presented_to_a_card_that_just_got_power(power: bool) -> None:
    own = card()
    port = choose(["keeps-pin"])[0].over(own)
    said(port, SELECT_ADM, RIGHT)
    if power:
        own.power_off()
        port.power_on()
    else:
        port.reset()
    assert said(port, SELECT_ADM, match(1))[-1] == ("6121" if power else "6982")


def test_another_card_is_given_the_pin_of_the_one_before() -> None:
    reader, other = choose(["keeps-pin"])[0], card_in_memory(card_from_seed(2), pin="1111")
    said(reader.over(card()), SELECT_ADM, RIGHT)
    port = reader.over(other)
    port.power_on()
    assert said(port, SELECT_ADM, match(1))[-1] == "6982" and other.failures == 1


def read(port: CardPort) -> list[str]:
    return said(port, SELECT_MOI, READ_ID, FETCH_ID, READ_ID, FETCH_ID)[2::2]


def number(seed: int) -> str:
    return card(seed).citizen_id.encode().hex().upper() + "9000"


def test_what_was_read_once_is_told_of_every_card() -> None:
    reader = choose(["keeps-data"])[0]
    assert [read(reader.over(card(seed))) for seed in (1, 2, 1)] == [[number(1)] * 2] * 3


def test_the_first_data_of_a_card_are_those_of_the_card_before() -> None:
    reader = choose(["old-first-read"])[0]
    one, two = number(1), number(2)
    assert [read(reader.over(card(seed))) for seed in (1, 2, 1)] == [[one, one], [one, two], [two, one]]


def test_two_readers_do_not_share_a_memory() -> None:
    one, two = choose(["keeps-data", "keeps-data"])
    assert read(one.over(card(1))) == [number(1)] * 2
    assert read(two.over(card(2))) == [number(2)] * 2
    assert read(choose(["keeps-data"])[0].over(card(2))) == [number(2)] * 2


def test_all_of_the_family_are_here() -> None:
    family = {name for name, each in FAULTS.items() if each.family is Family.MEMORY}
    tried = {"pin-twice", "old-counter", "replayed-cryptogram", "keeps-pin", "keeps-data", "old-first-read"}
    assert family == tried

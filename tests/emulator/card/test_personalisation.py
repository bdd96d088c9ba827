"""What is written into a card: the same for the same seed, another serial for another card, blank without rights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu_specs import card_manager, citizen_id, keys, nhso
from apdu_specs.errors import SpecError
from apdu_specs.generations import APPLETS, DEFAULT, GENERATIONS
from apdu_specs.values import Address
from emulator.card.issue import blank_counters, card_from_seed, card_in_memory, reissued
from emulator.card.personalisation import personalise, virtual_serial
from emulator.errors import BadCard
from emulator.holders import holder_from_seed


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=GENERATIONS)
def test_the_same_seed_is_the_same_bytes(generation: object) -> None:
    one, other = (card_from_seed(11, generation=generation) for _ in range(2))  # type: ignore[arg-type]
    assert one == other and one is not other
    assert one.images == other.images and one.cplc == other.cplc and one.adm_info == other.adm_info


def test_another_seed_is_another_person_and_card() -> None:
    cards = [card_from_seed(seed) for seed in range(20)]
    for told in ("citizen_id", "serial", "card_key", "office_key"):
        assert len({getattr(card, told) for card in cards}) == 20
    assert all(citizen_id.is_valid(card.citizen_id) and card.citizen_id.startswith("19999") for card in cards)


def test_images_are_as_long_as_their_files() -> None:
    for generation in GENERATIONS.values():
        card = card_from_seed(7, generation=generation)
        for applet in APPLETS:
            lengths = {block: len(image) for block, image in card.blocks(applet).items()}
            assert lengths == {block: file.length for block, file in generation.blocks(applet).items()}
        assert len(card.adm_info) == (7 if generation.name == "no laser" else 23)
        assert len(card.cplc) == 45 and card.cplc[13:21] == card.serial


def test_serials() -> None:
    assert virtual_serial(7).hex() == "ffff000000070001"
    assert virtual_serial(7, issue=2).hex() == "ffff000000070002"
    assert virtual_serial(9_999_999, issue=65535).hex() == "ffff0098967fffff"
    assert keys.is_virtual(virtual_serial(0))


def test_a_new_card_for_the_same_person() -> None:
    old = card_from_seed(7)
    new = reissued(old)
    assert new.serial.hex() == "ffff000000070002" and reissued(new).serial.hex() == "ffff000000070003"
    assert new == card_from_seed(7, issue=2)
    assert (new.citizen_id, new.images, new.adm_info) == (old.citizen_id, old.images, old.adm_info)
    assert new.card_key != old.card_key and new.office_key != old.office_key
    assert new.card_key == keys.card_key(keys.SPECIMEN_MASTER_KEY, old.citizen_id, new.serial)
    assert card_manager.CPLC.parse(new.cplc)["serial"] == new.serial
    assert new.cplc.replace(new.serial, old.serial) == old.cplc


def test_another_master_key_makes_other_keys() -> None:
    ours, theirs = card_from_seed(7), card_from_seed(7, master_key=bytes(32))
    assert ours.card_key != theirs.card_key and ours.office_key != theirs.office_key
    assert (
        reissued(ours, master_key=bytes(32)).card_key
        == card_from_seed(7, issue=2, master_key=bytes(32)).card_key
    )


def test_a_holder_without_rights_has_a_blank_nhso_applet() -> None:
    holder = replace(holder_from_seed(7), rights=None)
    card = personalise(holder, virtual_serial(7))
    assert card.blocks(nhso.NHSO) == {0: b" " * 350}
    answering = card_in_memory(card)
    assert answering.transmit(bytes.fromhex("00A4040008A000000054480083")) == b"\x61\x0a"
    assert answering.transmit(bytes.fromhex("80B0000402003C")) == b"\x61\x3c"
    assert answering.transmit(bytes.fromhex("00C000003C")) == b" " * 60 + b"\x90\x00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "ก" * 101),
        ("citizen_id", "19999000000050"),
        ("photo", bytes(5119)),
        ("laser_number", "A" * 17),
        ("address", Address("1", *7 * ["ก" * 30])),
        ("signature", bytes(255)),
    ],
)
def test_what_does_not_fit_on_the_card_is_named(field: str, value: object) -> None:
    holder = replace(holder_from_seed(7), **{field: value})  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=f"field {field}: "):
        personalise(holder, virtual_serial(7))


def test_nothing_of_the_holder_or_the_keys_is_shown() -> None:
    holder = holder_from_seed(7)
    card = card_from_seed(7)
    shown = f"{card!r} {card_in_memory(card, pin='9876')!r} {blank_counters('9876')!r} {holder!r}"
    for secret in (
        holder.citizen_id,
        holder.thai_name.first,
        holder.laser_number,
        "9876",
        repr(card.card_key),
    ):
        assert secret not in shown


def test_what_a_reader_will_see() -> None:
    holder = holder_from_seed(7)
    fields = card_from_seed(7).text_fields
    assert fields["MOI"]["thai_name"] == holder.thai_name
    assert fields["MOI"]["photo"] == holder.photo
    assert fields["MOI"]["photo_header"] == len(holder.photo).to_bytes(2, "big")
    assert holder.rights is not None and fields["NHSO"]["main_inscl"] == holder.rights.main_inscl


@pytest.mark.parametrize("seed", [-1, 10**7])
def test_seeds_that_are_none(seed: int) -> None:
    with pytest.raises(BadCard) as bad:
        card_from_seed(seed)
    assert str(seed) in bad.value.message.en and str(seed) in bad.value.message.th


@pytest.mark.parametrize("pin", ["", "123", "12345", "12a4", "๑๒๓๔", "²²²²", " 123"])
def test_pins_that_are_none(pin: str) -> None:
    with pytest.raises(BadCard, match="4 digits"):
        card_in_memory(card_from_seed(7), pin=pin)


@pytest.mark.parametrize("failures", [-1, 6, 256])
def test_failures_that_cannot_be(failures: int) -> None:
    with pytest.raises(BadCard, match="0 to 5"):
        card_in_memory(card_from_seed(7), failures=failures)


def test_the_default_card_is_of_the_default_generation() -> None:
    assert card_from_seed().generation is DEFAULT

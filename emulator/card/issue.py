"""Making cards: from a seed or a holder to a card in memory or in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from apdu_specs import adm, card_manager, keys
from apdu_specs.generations import DEFAULT, Generation
from apdu_specs.language import Text
from apdu_specs.pin_policy import NATIONAL, PinPolicy
from emulator.card.card import Card
from emulator.card.card_file import write_card_file
from emulator.card.nonvolatile import Counters, MemoryStore
from emulator.card.personalisation import Personalisation, personalise, virtual_serial
from emulator.errors import BadCard
from emulator.holders import Holder, holder_from_seed

DEFAULT_SEED = 1
DEFAULT_PIN = "1234"
MAX_SEED = 10**7 - 1


def blank_counters(pin: str, failures: int = 0, policy: PinPolicy = NATIONAL) -> Counters:
    """The counters of a new card; BadCard if the PIN is not digits of the right length or f out of range."""
    if not adm.is_pin(pin):
        raise BadCard(
            Text(f"A PIN is {adm.PIN_LENGTH} digits.", f"PIN ต้องเป็นตัวเลข {adm.PIN_LENGTH} หลัก"),
            Text("Give one such as 1234.", "เช่น 1234"),
        )
    if not 0 <= failures <= policy.most_failures:
        raise BadCard(
            Text(
                f"The number of failures is 0 to {policy.most_failures}, not {failures}.",
                f"จำนวนครั้งที่ผิดต้องเป็น 0 ถึง {policy.most_failures} ไม่ใช่ {failures}",
            ),
            what_failures_do(policy),
        )
    return Counters(failures, 0, pin.encode("ascii"))


def what_failures_do(policy: PinPolicy) -> Text:
    """At which number of failures the PIN of such a card is suspended and locked, in one sentence."""
    suspended, locked = policy.suspended_at, policy.locked_at
    if locked is None:
        return Text(
            f"{suspended} suspends the PIN; nothing locks it for good.",
            f"{suspended} คือ PIN ถูกระงับ และไม่มีการล็อกถาวร",
        )
    if locked == suspended:
        return Text(f"{locked} locks the card.", f"{locked} คือบัตรถูกล็อก")
    return Text(
        f"{suspended} suspends the PIN, {locked} locks the card.",
        f"{suspended} คือ PIN ถูกระงับ {locked} คือบัตรถูกล็อก",
    )


def card_from_seed(
    seed: int = DEFAULT_SEED,
    *,
    generation: Generation = DEFAULT,
    policy: PinPolicy = NATIONAL,
    issue: int = 1,
    holder: Holder | None = None,
    master_key: bytes = keys.SPECIMEN_MASTER_KEY,
) -> Personalisation:
    """The ``issue``-th card of the holder with that seed (or of ``holder``). The same seed gives the same card."""
    if not 0 <= seed <= MAX_SEED:
        raise BadCard(
            Text(f"A seed is 0 to {MAX_SEED}, not {seed}.", f"ค่า seed ต้องเป็น 0 ถึง {MAX_SEED} ไม่ใช่ {seed}"),
            Text("Choose another number.", "โปรดเลือกเลขอื่น"),
        )
    return personalise(
        holder or holder_from_seed(seed),
        virtual_serial(seed, issue),
        generation=generation,
        policy=policy,
        master_key=master_key,
    )


def reissued(card: Personalisation, *, master_key: bytes = keys.SPECIMEN_MASTER_KEY) -> Personalisation:
    """A new card for the same holder: everything as on ``card``, with the next serial and its own keys."""
    start = len(keys.VIRTUAL_SERIAL_MARK)
    seed, issue = (int.from_bytes(part, "big") for part in (card.serial[start:-2], card.serial[-2:]))
    serial = virtual_serial(seed, issue + 1)
    cplc = card_manager.CPLC.build(card_manager.CPLC.parse(card.cplc) | {"serial": serial})
    return replace(
        card,
        serial=serial,
        cplc=cplc,
        card_key=keys.card_key(master_key, card.citizen_id, serial),
        office_key=keys.office_key(master_key, card.citizen_id, serial),
    )


def card_in_memory(card: Personalisation, *, pin: str = DEFAULT_PIN, failures: int = 0) -> Card:
    """A card that lives as long as this process."""
    return Card(card, MemoryStore(blank_counters(pin, failures, card.policy)))


def card_in_file(
    path: Path,
    card: Personalisation,
    *,
    pin: str = DEFAULT_PIN,
    failures: int = 0,
    force: bool = False,
    before_named: Callable[[], None] = lambda: None,
) -> None:
    """Write a new card file; see ``write_card_file`` for its errors and for ``before_named``."""
    counters = blank_counters(pin, failures, card.policy)
    write_card_file(path, card, counters, force=force, before_named=before_named)

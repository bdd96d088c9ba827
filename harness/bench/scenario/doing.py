"""What each step does, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any

from apdu_specs import adm, keys
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from emulator.card.issue import DEFAULT_PIN
from harness.bench.scenario.held_card import Moment
from harness.bench.scenario.kinds import RIGHT, WRONG
from harness.bench.scenario.world import World
from harness.client import CardClient, CardContents
from harness.client.card import refusal
from harness.errors import (
    CardNotSeen,
    CardRefused,
    CardRemoved,
    CardWasReset,
    ForeignCard,
    HarnessError,
    NotConnected,
    OtherStackInUse,
    StackUnavailable,
)
from harness.officer.errors import OfficeRefused
from harness.officer.login import Login
from harness.officer.offices import AuthorityClient, NhsoClient

OUR_OWN = (StackUnavailable, ForeignCard, CardNotSeen, OtherStackInUse, NotConnected)
"""Errors that say something of this bench and nothing of the card: they end the run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one exchange: a status word, or an error's name, or both; for a login its last step.

    ``refused``: it was the card or an office that said no, and not the reader that lost the card. ``never_came``: what had
    to break did not, whatever the answer was.
    """

    word: int | None = None
    error: str | None = None
    refused: bool = False
    last_step: int | None = None
    contents: CardContents | None = None
    never_came: Text | None = None

    @classmethod
    def of(cls, error: HarnessError, last_step: int | None = None) -> Outcome:
        """What came is ``error``."""
        return cls(error.sw, error.code, isinstance(error, CardRefused | OfficeRefused), last_step)

    def __str__(self) -> str:
        if self.error is None:
            return "ok" if self.last_step is None else "module"
        return self.error if self.word is None else f"{self.word:04X} ({self.error})"


Values = Mapping[str, Any]
Does = Callable[[World, Values, str], list[Outcome]]
"""Does a step in the world with the step's options, as that program."""


def attempt(world: World, program: str, act: Callable[[CardClient], int | CardContents | object]) -> Outcome:
    """What comes of ``act`` with the program's client. A program that lost the card connects anew next time."""
    try:
        result = act(world.client(program))
    except OUR_OWN:
        raise
    except HarnessError as error:
        if isinstance(error, CardRemoved):
            world.take_out()
        elif isinstance(error, CardWasReset):
            world.leave_card(program)
        return Outcome.of(error)
    if isinstance(result, CardContents):
        return Outcome(contents=result)
    return Outcome(result if isinstance(result, int) else int(StatusWord.OK))


# --- the card in the reader -----------------------------------------------------------------------------------------


def _insert(world: World, values: Values, program: str) -> list[Outcome]:
    world.put_in(world.card(values["card"]))
    return []


def _remove(world: World, values: Values, program: str) -> list[Outcome]:
    world.take_out()
    return []


def _reinsert(world: World, values: Values, program: str) -> list[Outcome]:
    for _ in range(values["times"]):
        world.put_in(world.in_hand)
    return []


# --- a program ------------------------------------------------------------------------------------------------------


def _presenting(which: str | None) -> Does:
    """A step that presents a PIN: the right one, a wrong one, or (None) the one it names."""

    def does(world: World, values: Values, program: str) -> list[Outcome]:
        times = values["times"] or len(values["expect"])
        return [
            attempt(world, program, _present(chosen_pin(world, which or values["pin"], nth), values["form"]))
            for nth in range(times)
        ]

    return does


def chosen_pin(world: World, which: str, nth: int = 0) -> str:
    """``right``: the PIN its holder knows; ``wrong``: one that is not on the card, other for each ``nth``; else those digits."""
    right = world.in_hand.pin
    if which == RIGHT:
        return right
    if which == WRONG:
        size = adm.PIN_LENGTH
        others = (f"{(int(right) + n) % 10**size:0{size}d}" for n in range(1, 10**size))
        # After a change that was cut short nobody knows which of the two the card has: neither is certainly wrong.
        return next(islice((pin for pin in others if pin not in world.in_hand.may_be), nth, None))
    return which


def _present(pin: str, form: str) -> Callable[[CardClient], object]:
    if form == "published":
        return lambda client: client.verify_pin_published(pin)
    return lambda client: client.verify_pin(pin)


def _ask_tries(world: World, values: Values, program: str) -> list[Outcome]:
    command = adm.VERIFY_PUBLISHED if values["form"] == "published" else adm.VERIFY

    def ask(client: CardClient) -> int:
        client.select(adm.ADM)
        return client.transmit(command.encode()).sw

    outcome = attempt(world, program, ask)
    if outcome.error is None and outcome.word not in (None, StatusWord.OK):
        assert outcome.word is not None
        return [Outcome.of(refusal(outcome.word, command))]
    return [outcome]


def _change_pin(world: World, values: Values, program: str) -> list[Outcome]:
    old, new = chosen_pin(world, values["old"]), values["new"]
    world.in_hand.may_be.add(new)
    outcome = attempt(world, program, lambda client: client.change_pin(old, new))
    if outcome.error is None:
        world.in_hand.has_new_pin(new)
    return [outcome]


def _match_status(world: World, values: Values, program: str) -> list[Outcome]:
    challenge = bytes(range(keys.CHALLENGE_LENGTH))
    return [attempt(world, program, lambda client: client.match_status(challenge))]


def _read(world: World, values: Values, program: str) -> list[Outcome]:
    return [attempt(world, program, lambda client: client.read_all())]


def _reset(world: World, values: Values, program: str) -> list[Outcome]:
    outcome = attempt(world, program, lambda client: client.terminal.reset())
    world.leave_card(program)
    return [outcome]


# --- what breaks ----------------------------------------------------------------------------------------------------


_REMOVAL = Text("removal in mid-VERIFY", "ดึงบัตรออกระหว่างใส่ PIN")


def _remove_in_mid_verify(world: World, values: Values, program: str) -> list[Outcome]:
    card = world.in_hand
    card.tear_out_at_verify(Moment(values["when"]))
    pin = chosen_pin(world, values["pin"])
    try:
        outcome = attempt(world, program, _present(pin, values["form"]))
    finally:
        card.calm()
    return [outcome if card.was_torn_out else replace(outcome, never_came=_REMOVAL)]


def _power_cut(world: World, values: Values, program: str) -> list[Outcome]:
    card = world.in_hand
    moment = Moment.AFTER if values["before write"] is None else Moment.BEFORE
    card.store.fail_at(values["before write"] or values["after write"], moment)
    pin = values["pin"] or DEFAULT_PIN
    meanwhile = {"pin": pin, "new": pin, "old": RIGHT, "times": 1, "form": "iso"}
    try:
        outcomes = DOES[values["during"]](world, meanwhile, program)
    finally:
        card.calm()
    if card.store.has_failed:
        return outcomes
    number = values["before write"] or values["after write"]
    missed = Text(
        f"power cut {moment.value} write {number}",
        f"ตัดไฟ{'ก่อน' if moment is Moment.BEFORE else 'หลัง'}การบันทึกครั้งที่ {number}",
    )
    return [replace(each, never_came=missed) for each in outcomes]


# --- offices --------------------------------------------------------------------------------------------------------


def _office_renews_pin(world: World, values: Values, program: str) -> list[Outcome]:
    world.leave_card()  # the holder takes it to the office
    world.in_hand.may_be.add(values["pin"])

    def renew(client: CardClient) -> None:
        citizen_id, serial = client.citizen_id(), client.card_serial()
        with world.registry() as registry:
            proof = registry.proof(citizen_id, serial, client.office_challenge())
        client.office_authenticate(proof)
        client.office_reset_pin(values["pin"])

    outcome = attempt(world, program, renew)
    if outcome.error is None:
        world.in_hand.has_new_pin(values["pin"])
    if world.in_reader is not None:
        attempt(world, program, lambda client: client.terminal.reset())
    world.leave_card()
    return [outcome]


def _office_replaces_card(world: World, values: Values, program: str) -> list[Outcome]:
    old, new = world.cards[-1], world.issue_next_card(values["pin"])
    outcome = Outcome()
    try:
        with world.registry() as registry:
            registry.replace(
                old.personalisation.citizen_id, old.personalisation.serial, new.personalisation.serial
            )
    except HarnessError as error:
        outcome = Outcome.of(error)
    else:
        world.cards.append(new)
    return [outcome]


def _ask_authority(world: World, values: Values, program: str) -> list[Outcome]:
    def ask(client: CardClient) -> object:
        with AuthorityClient(world.offices.authority_url) as authority:
            return authority.challenge(client.citizen_id(), client.card_serial())

    return [attempt(world, program, ask)]


def _nhso_grants_right(world: World, values: Values, program: str) -> list[Outcome]:
    world.offices.grant(world.cards[0].personalisation.citizen_id, level=values["level"])
    return []


def _nhso_revokes_right(world: World, values: Values, program: str) -> list[Outcome]:
    world.offices.revoke(world.cards[0].personalisation.citizen_id)
    return []


def _days_pass(world: World, values: Values, program: str) -> list[Outcome]:
    world.let_days_pass(values["days"])
    return []


def _login(world: World, values: Values, program: str) -> list[Outcome]:
    world.leave_card(program)
    pin = chosen_pin(world, values["pin"])
    with (
        AuthorityClient(world.offices.authority_url) as authority,
        NhsoClient(world.offices.nhso_url) as nhso,
    ):
        login = Login(
            lambda: world.reader.terminal(reset_at_end=True), authority, nhso, lambda tries_left: pin
        )
        result = login.run()
    last = result.steps[-1].step.number
    if result.error is None:
        return [Outcome(last_step=last)]
    if isinstance(result.error, OUR_OWN):
        raise result.error
    if isinstance(result.error, CardRemoved):
        world.take_out()
    return [Outcome.of(result.error, last)]


DOES: dict[str, Does] = {
    "insert": _insert,
    "remove": _remove,
    "reinsert": _reinsert,
    "right pin": _presenting(RIGHT),
    "wrong pin": _presenting(WRONG),
    "pin": _presenting(None),
    "ask tries": _ask_tries,
    "change pin": _change_pin,
    "match status": _match_status,
    "read": _read,
    "reset": _reset,
    "remove in mid-verify": _remove_in_mid_verify,
    "power cut": _power_cut,
    "office renews pin": _office_renews_pin,
    "office replaces card": _office_replaces_card,
    "ask authority": _ask_authority,
    "nhso grants right": _nhso_grants_right,
    "nhso revokes right": _nhso_revokes_right,
    "days pass": _days_pass,
    "login": _login,
}
"""Step -> what it does; the other program's step is done as the step inside it."""


def filled(contents: CardContents) -> frozenset[str]:
    """The names of all fields that the card told and that are not blank."""
    records = (contents.person, contents.rights, contents.adm, contents.chip)
    return frozenset(
        each.name
        for record in records
        if record is not None
        for each in fields(record)
        if getattr(record, each.name) not in (None, "", b"")
    )

"""The officer login: eleven steps from a connected reader to ERM's module, each of which can fail by name.

The PIN is asked for only when the card would compare it, is sent once, and is kept nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from apdu_specs import adm, citizen_id, moi
from apdu_specs.errors import SpecError
from apdu_specs.language import Language, Text
from apdu_specs.offices import NO_OFFICE
from harness.client import CardClient, safety
from harness.errors import CardRefused, HarnessError
from harness.officer import steps, token_file
from harness.officer.agent import EFormAgent
from harness.officer.errors import CardDataUnreadable, ModuleNotOffered, NotThaiIdCard
from harness.officer.offices import (
    AuthorityClient,
    MenuEntry,
    NhsoClient,
    NhsoSession,
    OpenedModule,
    Titled,
)
from harness.officer.steps import Step
from harness.terminals import Terminal

PinProvider = Callable[[int | None], str]
"""Gives the PIN when asked with the number of tries left; None: all that the card's policy gives, none is spent."""

ERM_MENU = "erm"
ENTITLEMENT_MODULE = "entitlement"

_Offer = TypeVar("_Offer", MenuEntry, Titled)


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step went: whether it succeeded, how long it took, and its error if it did not."""

    step: Step
    ok: bool
    ms: float
    error: HarnessError | None = None

    def to_json(self) -> dict[str, Any]:
        """``{"step", "name", "ok", "ms"}``, and ``"error"`` for the step that failed."""
        row: dict[str, Any] = {
            "step": self.step.number,
            "name": self.step.title.en,
            "ok": self.ok,
            "ms": round(self.ms, 2),
        }
        if self.error is not None:
            row["error"] = self.error.code
        return row


@dataclass(frozen=True, slots=True)
class LoginResult:
    """The steps that ran (the failed one is the last), and where the login arrived or why it did not."""

    steps: tuple[StepResult, ...]
    module: Text | None = None
    error: HarnessError | None = None
    session: NhsoSession | None = field(default=None, repr=False)

    @property
    def logged_in(self) -> bool:
        """True when all eleven steps succeeded."""
        return self.error is None

    @property
    def exit_status(self) -> int:
        """What a command ends with: 0, or the error's."""
        return 0 if self.error is None else self.error.exit_status

    def to_json(self, language: Language = "en") -> dict[str, Any]:
        """For scripts. ``error`` is a class name; ``message`` and ``what_to_do`` are for people. No personal
        data.
        """
        return {
            "logged_in": self.logged_in,
            "steps": [step.to_json() for step in self.steps],
            "module": None if self.module is None else self.module.en,
            "error": None if self.error is None else self.error.code,
            "message": None if self.error is None else self.error.message.say(language),
            "what_to_do": None if self.error is None else self.error.what_to_do.say(language),
        }


def _nothing_to_tell(_: object) -> None:
    """The default for the progress callback."""


def _no_card_to_tell(_citizen_id: str, _serial: bytes) -> None:
    """The default for the callback that gets the card."""


class Login:
    """One login, to be run once: from end to end by ``run``, or a step at a time by ``advance``, as a screen does.

    ``reader`` gives the terminal, not yet connected, or raises NoReader; the login connects and disconnects
    it. ``pin`` is asked once, at step 6. ``real_card`` is the serial (hexadecimal) of a card that is not one
    of this project's and may be sent a PIN. ``token_places`` are where nhso_token.txt is
    written, each with or without a byte order mark; ``clock`` is the offices' time, which the files tell where it is not
    this machine's. ``agent`` is started if it is grey, unless ``start_agent`` is false. ``on_result`` is called after every
    step; ``on_card`` gets citizen id and serial as soon as the card was read.
    """

    def __init__(
        self,
        reader: Callable[[], Terminal],
        authority: AuthorityClient,
        nhso: NhsoClient,
        pin: PinProvider,
        *,
        agent: EFormAgent | None = None,
        start_agent: bool = True,
        office: str = NO_OFFICE,
        token_places: Sequence[token_file.Place] = (),
        clock: Callable[[], datetime] | None = None,
        real_card: str | None = None,
        on_card: Callable[[str, bytes], object] = _no_card_to_tell,
        on_result: Callable[[StepResult], object] = _nothing_to_tell,
    ) -> None:
        self._reader = reader
        self._authority = authority
        self._nhso = nhso
        self._pin = pin
        self._agent = agent or EFormAgent()
        self._start_agent = start_agent
        self._office = office
        self._token_places = token_places
        self._clock = clock
        self._real_card = real_card
        self._on_card = on_card
        self._on_result = on_result
        # What the steps find, each for those after it.
        self._left = list(steps.STEPS)
        self._results: list[StepResult] = []
        self._terminal: Terminal | None = None
        self._card: CardClient
        self._citizen_id: str
        self._serial: bytes
        self._tkey: str
        self._session: NhsoSession | None = None
        self._menu: tuple[MenuEntry, ...] = ()
        self._erm: MenuEntry
        self._module: OpenedModule | None = None

    def run(self) -> LoginResult:
        """Go through the steps until one fails. Raises only what is no HarnessError: a bug, or an interrupt."""
        try:
            while self._left and self.advance().ok:
                pass
        finally:
            self.close()
        module = None if self._module is None else self._module.title
        error = self._results[-1].error
        return LoginResult(tuple(self._results), module, error, self._session)

    @property
    def next_step(self) -> Step | None:
        """What ``advance`` will do; None when all steps are done."""
        return self._left[0] if self._left else None

    def advance(self) -> StepResult:
        """Do the next step. After one that failed the same is next: a wrong PIN can be followed by the right one.

        The card's PIN session ends as soon as the authority has confirmed the officer. Raises ValueError when no step is
        left, otherwise as ``run``.
        """
        if not self._left:
            raise ValueError("all steps of this login are done")
        step = self._left[0]
        result = self._timed(step, _WHAT_STEPS_DO[step])
        self._results.append(result)
        if result.ok:
            del self._left[0]
            if step is steps.AUTHORITY:
                self.close()
        self._on_result(result)
        return result

    def close(self) -> None:
        """Let the card go, which ends its PIN session. May be called at any time, and twice."""
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            terminal.disconnect()

    def tries_left(self) -> int | None:
        """What the card says before it is given a PIN; free. To be asked between steps 5 and 6.

        None: all that the card's policy gives. Raises PinSuspended, PinLocked, and what stands against a PIN for a real card.
        """
        with self._card.alone():
            tries = self._card.tries_left()
        safety.require_consent(self._serial, self._real_card, lambda: tries)
        return tries

    def holder(self) -> Text:
        """Whose card it is, as it says in both languages. After step 5. Raises as a read does, SpecError too."""
        with self._card.alone():
            thai, english = (self._card.read_field(moi.MOI, name) for name in ("thai_name", "english_name"))
        return Text(str(english or ""), str(thai or ""))

    @property
    def card(self) -> CardClient:
        """The officer's card, from step 2 on until it is let go."""
        return self._card

    @property
    def serial(self) -> bytes:
        """The card's serial (8 bytes), from step 5 on."""
        return self._serial

    @property
    def session(self) -> NhsoSession | None:
        """The officer's session at NHSO, from step 8 on."""
        return self._session

    @property
    def menu(self) -> tuple[MenuEntry, ...]:
        """The program's menu, from step 9 on."""
        return self._menu

    @property
    def module(self) -> OpenedModule | None:
        """The opened module, from step 11 on."""
        return self._module

    def _timed(self, step: Step, do: Callable[[Login], None]) -> StepResult:
        began = time.perf_counter()
        error: HarnessError | None = None
        try:
            do(self)
        except HarnessError as caught:
            error = caught
        return StepResult(step, error is None, (time.perf_counter() - began) * 1000, error)

    def _find_reader(self) -> None:
        self._terminal = self._reader()

    def _connect_card(self) -> None:
        assert self._terminal is not None
        self._terminal.connect()
        self._card = CardClient(self._terminal, real_card=self._real_card)
        try:
            self._card.select(moi.MOI)
        except CardRefused as error:
            raise NotThaiIdCard(sw=error.sw) from error

    def _start_eform_agent(self) -> None:
        if self._start_agent:
            self._agent.start()
        self._agent.insist_on_green()

    def _open_uc_authentication(self) -> None:
        self._agent.insist_on_green()

    def _read_card(self) -> None:
        with self._card.alone():
            try:
                self._citizen_id = self._card.citizen_id()
            except SpecError as error:
                raise CardDataUnreadable from error
            if not citizen_id.is_valid(self._citizen_id):
                raise CardDataUnreadable
            self._serial = self._card.card_serial()
        self._on_card(self._citizen_id, self._serial)

    def _present_pin(self) -> None:
        # A suspended or locked card ends the login here, before the PIN is asked for: nobody types one that is not sent.
        # While a person types it others may use the card.
        pin = self._pin(self.tries_left())
        with self._card.alone():
            self._card.verify_pin(pin)

    def _ask_authority(self) -> None:
        challenge = self._authority.challenge(self._citizen_id, self._serial, self._office)
        with self._card.alone():
            status = self._card.match_status(challenge, adm.OFFICER_KEY_ID)
        self._tkey = self._authority.confirm(
            self._citizen_id,
            self._serial,
            challenge=challenge,
            key_id=adm.OFFICER_KEY_ID,
            match_status=status.matched,
            cryptogram=status.cryptogram,
            office=self._office,
        )

    def _log_in_at_nhso(self) -> None:
        session = self._nhso.log_in(self._citizen_id, self._tkey)
        self._session = session
        token = token_file.OfficerToken(self._citizen_id, session.smctoken)
        at = self._clock() if self._clock and self._token_places else None
        for place in self._token_places:
            token_file.write(place.folder, token, bom=place.bom, at=at)

    def _enter_program(self) -> None:
        self._menu = self._nhso.menu(self._token())

    def _open_menu(self) -> None:
        self._erm = _offered(self._menu, ERM_MENU)

    def _open_module(self) -> None:
        listed = _offered(self._erm.modules, ENTITLEMENT_MODULE)
        self._module = self._nhso.open_module(self._token(), listed.id)

    def _token(self) -> str:
        assert self._session is not None
        return self._session.smctoken


def _offered(entries: tuple[_Offer, ...], wanted: str) -> _Offer:
    for entry in entries:
        if entry.id == wanted:
            return entry
    raise ModuleNotOffered(
        "not-offered",
        Text(f"NHSO does not offer this officer “{wanted}”.", f"สปสช. ไม่ได้เปิดให้เจ้าหน้าที่รายนี้ใช้ “{wanted}”"),
        Text(
            "The organisation asks its NHSO regional office for another level.",
            "ให้หน่วยงานต้นสังกัดขอเปลี่ยนระดับสิทธิกับสำนักงานหลักประกันสุขภาพแห่งชาติเขต",
        ),
    )


_WHAT_STEPS_DO: dict[Step, Callable[[Login], None]] = {
    steps.READER: Login._find_reader,
    steps.CARD: Login._connect_card,
    steps.AGENT: Login._start_eform_agent,
    steps.UC_AUTHENTICATION: Login._open_uc_authentication,
    steps.LOGIN_BY_CARD: Login._read_card,
    steps.PIN: Login._present_pin,
    steps.AUTHORITY: Login._ask_authority,
    steps.NHSO: Login._log_in_at_nhso,
    steps.ENTER: Login._enter_program,
    steps.MENU: Login._open_menu,
    steps.MODULE: Login._open_module,
}

"""The officer's desk: E-Form Agent, the reader, and one login that is taken step by step. What the screen shows is here.

Requests come in threads and are served one at a time; what the reader tells comes in the reader watch's thread and is
shown at once, also while a request waits for the card. A login that was broken off finishes nothing: whatever its card or
NHSO still answers is dropped, and its session at NHSO is ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from apdu_specs.digits import plain_digits, plain_number
from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.offices import NO_OFFICE
from harness.client import CardClient
from harness.errors import (
    HarnessError,
    PinLocked,
    PinMalformed,
    PinSuspended,
    WrongPin,
)
from harness.officer import srm_file, steps, token_file
from harness.officer.agent import EFormAgent, Symbol
from harness.officer.entitlement import REGISTER, REQUEST_CODE, EntitlementClient
from harness.officer.errors import (
    EFormAgentStopped,
    IdentityNotConfirmed,
    NoRight,
    RightLapsed,
    RightRevoked,
    TokenNotValid,
)
from harness.officer.login import Login
from harness.officer.new_card import NewCard, WayToNewCard, nowhere
from harness.officer.new_pin import NewPin, WayToNewPin
from harness.officer.offices import AuthorityClient
from harness.officer.screen.attempt import Attempt, OnePin, Stopped
from harness.officer.screen.bell import Bell
from harness.officer.screen.errors import CardPulled, ReaderUnplugged, TokensCleared, UsedElsewhere
from harness.officer.screen.form import (
    Form,
    faults_of_refusal,
    faults_of_registration,
    faults_of_request,
    faults_of_search,
)
from harness.officer.screen.midnight import Midnight, never_moved, now
from harness.officer.screen.view import Page, View
from harness.officer.steps import Step
from harness.officer.token_file import Place
from harness.terminals import Terminal
from harness.terminals.presence import Readers, ReaderWatch, Seen

_ENDS_THE_LOGIN = (TokenNotValid, RightRevoked, RightLapsed, NoRight, IdentityNotConfirmed)


Rename = Callable[[str], str]
"""Gives a window another name, and is told its old one, from which on only whoever is told the new one is that window."""


def _keeps_its_name(owner: str) -> str:
    return owner


@dataclass(frozen=True)
class Places:
    """Where tokens are written for other programs: nhso_token.txt, and SRM's token.txt below the user's folder."""

    token_files: tuple[Place, ...] = ()
    srm_home: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.token_files) or self.srm_home is not None


class Watch(Protocol):
    """What tells of readers and cards."""

    @property
    def now(self) -> Readers: ...

    def start(self) -> object: ...

    def close(self) -> None: ...


class Desk:
    """The desk of one officer at a time; a context manager that watches reader and midnight meanwhile.

    ``open_reader`` gives the terminal for the reader of this name; ``on_card`` gets the officer's card before the PIN is
    asked for; ``look_s`` says how many seconds later to look at ``clock`` again; ``way_to_new_card`` is asked of a card that is
    locked, ``way_to_new_pin`` of one that is suspended. Windows are told apart by a name of their session, which changes when an
    officer logs in and out: the one that began a login goes on with it, the others only see that there is one.
    """

    def __init__(
        self,
        authority: AuthorityClient,
        nhso: EntitlementClient,
        open_reader: Callable[[str | None], Terminal],
        *,
        reader_name: str | None = None,
        real_card: str | None = None,
        places: Places = Places(),
        office: str = NO_OFFICE,
        on_card: Callable[[CardClient], object] = lambda _card: None,
        clock: Callable[[], datetime] = now,
        look_s: Callable[[], float] = never_moved,
        way_to_new_card: WayToNewCard = nowhere,
        way_to_new_pin: WayToNewPin = nowhere,
        watch: Callable[[Callable[[Readers], object]], Watch] = ReaderWatch,
    ) -> None:
        self._authority = authority
        self._nhso = nhso
        self._open_reader = open_reader
        self._reader_name = reader_name
        self._real_card = real_card
        self._places = places
        self._office = office
        self._on_card = on_card
        self._clock = clock
        self._way_to_new_card = way_to_new_card
        self._way_to_new_pin = way_to_new_pin
        self.bell = Bell()
        self.agent = EFormAgent()
        self.on_agent_change: Callable[[], object] = lambda: None
        """Called after Start Service and Stop: the tray's symbol follows."""
        self._working = threading.Lock()  # held while a request works with card and offices
        self._guard = threading.RLock()  # held for moments, by whoever looks at or changes what is below
        self._attempt: Attempt | None = None
        self._stopped: Stopped | None = None
        self._changes = 0
        self._said_goodbye_to: str | None = None
        self._letting_go: list[threading.Thread] = []
        self._watch = watch(self._readers_changed)
        self._midnight = Midnight(self.midnight, clock, look_s)

    def start(self) -> Desk:
        """Clear token files of yesterday, then watch. Raises TokenFileNotWritten and SrmFileNotWritten."""
        for place in self._places.token_files:
            token_file.clear_if_stale(place.folder, self._clock())
        if self._places.srm_home is not None:
            srm_file.clear_if_stale(self._places.srm_home, self._clock())
        self._watch.start()
        self._midnight.start()
        return self

    def close(self) -> None:
        """Break off a login that is under way, and stop watching."""
        self._break_off(EFormAgentStopped())
        self._midnight.close()
        self._watch.close()
        self.bell.close()
        for thread in self._letting_go:
            thread.join()

    def __enter__(self) -> Desk:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what is shown ----------------------------------------------------------------------------------------------

    def view(self, owner: str) -> View:
        """What the window of ``owner`` shows now."""
        with self._guard:
            readers = self._watch.now
            reader = readers.reader(self._reader_name)
            attempt, stopped = self._attempt, self._stopped
            shown = View(
                page=Page.START,
                key=f"start-{self.agent.symbol.value}-{_presence(reader)}",
                agent=self.agent.symbol,
                readers=readers,
                reader=reader,
                next_step=self._step_before_login(reader),
                logged_out=self._said_goodbye_to == owner,
            )
            if attempt is not None and attempt.owner != owner:
                return replace(shown, page=Page.ELSEWHERE, key="elsewhere")
            if attempt is not None and attempt.page is not Page.START:
                return replace(
                    shown,
                    page=attempt.page,
                    key=f"{attempt.page.value}-{attempt.turn}",
                    next_step=_GOES_ON_WITH.get(attempt.page, attempt.login.next_step),
                    error=attempt.error,
                    tries_left=attempt.tries_left,
                    holder=attempt.holder,
                    login=attempt.login,
                    written=attempt.written,
                    form=attempt.form,
                )
            if stopped is not None and stopped.owner == owner:
                return replace(
                    shown,
                    page=Page.STOPPED,
                    key=f"stopped-{self._changes}",
                    failed_step=stopped.step if stopped.failed else None,
                    next_step=stopped.step,
                    error=stopped.error,
                    way=stopped.way,
                )
            return shown

    def _step_before_login(self, reader: Seen | None) -> Step:
        if reader is None:
            return steps.READER
        if not reader.card or reader.mute:
            return steps.CARD
        return steps.AGENT if self.agent.symbol is Symbol.GREY else steps.LOGIN_BY_CARD

    # --- E-Form Agent -----------------------------------------------------------------------------------------------

    def start_agent(self) -> None:
        """Start Service: grey becomes green."""
        with self._guard:
            self.agent.start()
            if self._stopped is not None and isinstance(self._stopped.error, EFormAgentStopped):
                self._stopped = None
        self.bell.ring()
        self.on_agent_change()

    def stop_agent(self) -> None:
        """Stop: green becomes grey, and a login that is under way is broken off."""
        with self._guard:
            self.agent.stop()
        self._break_off(EFormAgentStopped())
        self.bell.ring()
        self.on_agent_change()

    # --- the manual's pages -----------------------------------------------------------------------------------------

    def press_login(self, owner: str) -> None:
        """2.2: log in by ID card. Steps 1 to 5; then the card says how many tries are left, before the PIN is typed."""
        with self._working:
            with self._guard:
                if self._attempt is not None:
                    return
                attempt = self._new_attempt(owner)
                self._attempt, self._stopped, self._said_goodbye_to = attempt, None, None
            if self._advance(attempt, until=steps.LOGIN_BY_CARD):
                self._look_at_card(attempt)

    def enter_pin(self, owner: str, pin: str, rename: Rename = _keeps_its_name) -> None:
        """2.3: OK. Steps 6 to 8. A wrong PIN may be followed by another as long as the card takes one. Thai digits are digits.

        The window is renamed in the moment in which its officer is logged in.
        """
        with self._working:
            attempt = self._of(owner, Page.PIN)
            if attempt is None:
                return
            attempt.pin.offer(plain_digits(pin))
            del pin
            result = attempt.login.advance()
            attempt.pin.offer("")
            if isinstance(result.error, WrongPin | PinMalformed):
                self._ask_for_pin(attempt, result.error)
            elif result.error is not None:
                self._stop(attempt, result.error, result.step)
            elif self._advance(attempt, until=steps.NHSO):
                self._write_srm(attempt)
                self._show(attempt, Page.CONFIRMED, rename)

    def enter_program(self, owner: str) -> None:
        """2.4: enter the program. Step 9."""
        self._press(owner, Page.CONFIRMED, steps.ENTER, Page.MENU)

    def open_erm(self, owner: str) -> None:
        """2.5: the menu's ERM. Step 10."""
        self._press(owner, Page.MENU, steps.MENU, Page.MODULES)

    def open_module(self, owner: str) -> None:
        """2.6: the module. Step 11."""
        self._press(owner, Page.MODULES, steps.MODULE, Page.MODULE)

    def back_to_modules(self, owner: str) -> None:
        """From the module to 2.6; what was found there is not kept."""
        self._go_back(owner, Page.MODULE, Page.MODULES)

    def back_to_menu(self, owner: str) -> None:
        """From 2.6 to 2.5."""
        self._go_back(owner, Page.MODULES, Page.MENU)

    def cancel(self, owner: str, rename: Rename = _keeps_its_name) -> None:
        """Back to the beginning: a login under way is given up, which logs out at NHSO and takes the token files away; an
        ended one is not shown any more. The window is renamed if its officer was logged in.
        """
        with self._guard:
            if self._stopped is not None and self._stopped.owner == owner:
                self._stopped = None
            attempt = self._attempt
            if attempt is None or attempt.owner != owner:
                self._said_goodbye_to = None
            else:
                self._attempt = None
                if attempt.login.session is not None:
                    self._said_goodbye_to = rename(owner)
                    self._clear_tokens()  # whoever reads that one is logged out finds no token any more
                self._let_go(attempt, end_session=True)
        self.bell.ring()

    def take_over(self, owner: str) -> None:
        """Another window's login is ended, so that one can begin here."""
        with self._guard:
            attempt = self._attempt
        if attempt is not None and attempt.owner != owner:
            self._break_off(UsedElsewhere())

    # --- the module -------------------------------------------------------------------------------------------------

    def search(self, owner: str, wanted: str) -> None:
        """Look a citizen's entitlement up."""
        wanted = plain_number(wanted)
        entered = {"pid": wanted[:20]}
        if wrong := faults_of_search(wanted):
            self._fill(owner, lambda _form: Form(fields=wrong, entered=entered))
            return
        self._ask_nhso(
            owner,
            lambda smctoken, _: Form(found=self._nhso.search(smctoken, wanted), entered=entered),
            entered,
        )

    def register(self, owner: str, hospital: str) -> None:
        """Register the citizen who was found to a hospital."""
        hospital = plain_number(hospital)
        entered = {"hcode": hospital[:20]}
        if wrong := faults_of_registration(hospital):
            self._fill(owner, lambda form: Form(found=form.found, fields=wrong, entered=entered))
            return

        def ask(smctoken: str, form: Form) -> Form:
            assert form.found is not None
            return Form(found=self._nhso.register(smctoken, form.found.citizen_id, hospital), registered=True)

        self._ask_nhso(owner, ask, entered, needs=REGISTER)

    def request_code(self, owner: str, claim_type: str, mobile: str) -> None:
        """Ask for an authentication code for the citizen who was found."""
        mobile = plain_number(mobile)
        entered = {"claim_type": claim_type[:20], "mobile": mobile[:20]}
        if wrong := faults_of_request(claim_type, mobile):
            self._fill(owner, lambda form: Form(found=form.found, fields=wrong, entered=entered))
            return

        def ask(smctoken: str, form: Form) -> Form:
            assert form.found is not None
            given = self._nhso.request_code(smctoken, form.found.citizen_id, claim_type, mobile)
            return Form(found=replace(form.found, codes=(given, *form.found.codes)), given=given)

        self._ask_nhso(owner, ask, entered, needs=REQUEST_CODE)

    def _ask_nhso(
        self,
        owner: str,
        ask: Callable[[str, Form], Form],
        entered: Mapping[str, str],
        *,
        needs: str | None = None,
    ) -> None:
        with self._working:
            attempt = self._of(owner, Page.MODULE)
            if attempt is None or attempt.login.session is None or attempt.login.module is None:
                return
            if needs is not None and (
                attempt.form.found is None or needs not in attempt.login.module.actions
            ):
                return
            try:
                form = ask(attempt.login.session.smctoken, attempt.form)
            except _ENDS_THE_LOGIN as error:
                self._stop(attempt, error, steps.MODULE)
                return
            except HarnessError as error:
                found = None if needs is None else attempt.form.found
                form = Form(found=found, error=error, fields=faults_of_refusal(error), entered=entered)
            self._fill(owner, lambda _form: form)

    def _fill(self, owner: str, change: Callable[[Form], Form]) -> None:
        with self._guard:
            attempt = self._of(owner, Page.MODULE)
            if attempt is not None:
                attempt.form = change(attempt.form)
                attempt.turn += 1
        self.bell.ring()

    # --- one step after another -------------------------------------------------------------------------------------

    def _new_attempt(self, owner: str) -> Attempt:
        pin = OnePin()
        reader = self._watch.now.reader(self._reader_name)
        login = Login(
            lambda: self._open_reader(self._reader_name if reader is None else reader.name),
            self._authority,
            self._nhso,
            pin,
            agent=self.agent,
            start_agent=False,
            office=self._office,
            token_places=self._places.token_files,
            clock=self._clock,
            real_card=self._real_card,
        )
        return Attempt(login, pin, owner, reader)

    def _of(self, owner: str, page: Page) -> Attempt | None:
        """The login of this window, if it is on this page: a button pressed twice, or too late, does nothing."""
        with self._guard:
            attempt = self._attempt
            return attempt if attempt and attempt.owner == owner and attempt.page is page else None

    def _press(self, owner: str, on: Page, step: Step, then: Page) -> None:
        with self._working:
            attempt = self._of(owner, on)
            if attempt is not None and self._advance(attempt, until=step):
                self._show(attempt, then)

    def _go_back(self, owner: str, on: Page, to: Page) -> None:
        with self._working:
            attempt = self._of(owner, on)
            if attempt is not None:
                attempt.form = Form()
                self._show(attempt, to)

    def _advance(self, attempt: Attempt, *, until: Step) -> bool:
        """Do steps up to this one; a failure is shown. Whether all went well and the login is still the desk's."""
        while attempt.login.next_step is not None and attempt.login.next_step.number <= until.number:
            if self._attempt is not attempt:
                return False
            result = attempt.login.advance()
            if result.error is not None:
                self._stop(attempt, result.error, result.step)
                return False
        return True

    def _look_at_card(self, attempt: Attempt) -> None:
        try:
            attempt.holder = _holder(attempt.login)
            self._on_card(attempt.login.card)
        except HarnessError as refused:
            self._stop(attempt, refused, steps.LOGIN_BY_CARD)
            return
        self._ask_for_pin(attempt)

    def _ask_for_pin(self, attempt: Attempt, error: HarnessError | None = None) -> None:
        try:
            attempt.tries_left = attempt.login.tries_left()
        except HarnessError as refused:
            self._stop(attempt, refused, steps.PIN)
            return
        attempt.error = error
        self._show(attempt, Page.PIN)

    def _show(self, attempt: Attempt, page: Page, rename: Rename = _keeps_its_name) -> None:
        with self._guard:
            # A login that was broken off meanwhile keeps its window's name, by which it is told of that.
            if self._attempt is attempt:
                attempt.owner = rename(attempt.owner)
            attempt.page = page
            attempt.turn += 1
            if page is not Page.PIN:
                attempt.error = None
            if page is Page.CONFIRMED:
                files = tuple(place.folder / token_file.FILE_NAME for place in self._places.token_files)
                attempt.written = files + attempt.written
        self.bell.ring()

    def _write_srm(self, attempt: Attempt) -> None:
        """SRM's tokens, where NHSO offers them. Without them the officer's work goes on, so nothing here stops it."""
        session, home = attempt.login.session, self._places.srm_home
        if session is None or home is None:
            return
        with suppress(HarnessError):
            tokens = self._nhso.srm_tokens(session.smctoken)
            if tokens is not None:
                attempt.written = (srm_file.write(home, tokens, at=self._clock()),)

    def _stop(self, attempt: Attempt, error: HarnessError, step: Step) -> None:
        """The login failed. Told by whoever holds the desk's work."""
        way = self._way_from(error, attempt.login)
        with self._guard:
            if self._attempt is not attempt:
                return
            self._attempt = None
            visit = None if attempt.reader is None else attempt.reader.visit
            self._stopped = Stopped(attempt.owner, error, step, failed=True, visit=visit, way=way)
            self._changes += 1
        self._end(attempt, end_session=True)
        self.bell.ring()

    # --- what comes from outside ------------------------------------------------------------------------------------

    def _way_from(self, error: HarnessError, login: Login) -> NewCard | NewPin | None:
        if isinstance(error, PinLocked):
            return self._way_to_new_card(login.serial)
        return self._way_to_new_pin(login.serial) if isinstance(error, PinSuspended) else None

    def _readers_changed(self, readers: Readers) -> None:
        with self._guard:
            attempt = self._attempt
            if self._stopped is not None and self._stopped.is_remedied(readers.reader(self._reader_name)):
                self._stopped = None  # what the officer was asked to do is done
            seen = next(
                (r for r in readers.seen if attempt and attempt.reader and r.name == attempt.reader.name),
                None,
            )
        if attempt is not None and attempt.reader is not None:
            if seen is None:
                self._break_off(ReaderUnplugged())
            elif not seen.card or seen.visit != attempt.reader.visit:
                stays = bool(self._places) and attempt.page in _TOKENS_ARE_OUT
                self._break_off(CardPulled(tokens_stay=stays), end_session=not stays)
        self.bell.ring()

    def midnight(self) -> None:
        """NHSO clears all tokens: the files go, and so does a session."""
        with self._guard:
            attempt = self._attempt
        if attempt is not None and attempt.login.session is not None:
            self._break_off(TokensCleared())
        self._clear_tokens()
        self.bell.ring()

    def _break_off(self, error: HarnessError, *, end_session: bool = True) -> None:
        with self._guard:
            attempt, self._attempt = self._attempt, None
            if attempt is None:
                return
            self._stopped = Stopped(attempt.owner, error, _TAKE_UP_AT.get(type(error), steps.LOGIN_BY_CARD))
            self._changes += 1
        self.bell.ring()
        self._let_go(attempt, end_session=end_session)

    def _let_go(self, attempt: Attempt, *, end_session: bool) -> None:
        """End what a login holds, once the request that may be using it has ended; nobody waits for that."""

        def work() -> None:
            with self._working:
                self._end(attempt, end_session=end_session)

        thread = threading.Thread(target=work, name="thnid-let-go")
        with self._guard:
            self._letting_go = [each for each in self._letting_go if each.is_alive()] + [thread]
            thread.start()

    def _end(self, attempt: Attempt, *, end_session: bool) -> None:
        attempt.login.close()
        session = attempt.login.session
        if session is None or not end_session:
            return
        with suppress(HarnessError):  # it ends by itself at midnight
            self._nhso.log_out(session.smctoken)
        self._clear_tokens()

    def _clear_tokens(self) -> None:
        for place in self._places.token_files:
            with suppress(HarnessError):
                token_file.clear(place.folder)
        if self._places.srm_home is not None:
            with suppress(HarnessError):
                srm_file.clear(self._places.srm_home)


_TAKE_UP_AT: Mapping[type[HarnessError], Step] = {
    ReaderUnplugged: steps.READER,
    CardPulled: steps.CARD,
    EFormAgentStopped: steps.AGENT,
}
_GOES_ON_WITH = {Page.MENU: steps.MENU, Page.MODULES: steps.MODULE}  # also when one came back to them
_TOKENS_ARE_OUT = (Page.CONFIRMED, Page.MENU, Page.MODULES, Page.MODULE)


def _presence(reader: Seen | None) -> str:
    return "none" if reader is None else "mute" if reader.mute else "card" if reader.card else "empty"


def _holder(login: Login) -> Text | None:
    """Whose card it is; a card whose name cannot be read is still good for logging in."""
    try:
        return login.holder()
    except SpecError:
        return None

"""The officer login with a card in process and the offices on loopback: all the way, and failing at every step."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from apdu_specs import adm, keys
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.card.personalisation import personalise
from emulator.holders import holder_from_seed
from emulator.offices.clock import SetClock
from emulator.offices.embedded import EmbeddedOffices
from harness.client.safety import RealCardNeedsConsent, TooFewTriesLeft
from harness.errors import CardRemoved, NoCard, NoReader, PinMalformed, WrongPin
from harness.officer import errors, steps, token_file
from harness.officer.agent import EFormAgent, Symbol
from harness.officer.login import Login, LoginResult, StepResult
from harness.officer.offices import AuthorityClient, NhsoClient
from harness.officer.steps import Step
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from tests.harness.officer.answering_server import answering
from tests.harness.officer.step_names import STEP_NAMES

PIN = "1234"
REAL_SERIAL = bytes.fromhex("5123004200A1B2C3")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=timezone(timedelta(hours=7)))


class Listening(InProcessTerminal):
    """An in-process terminal that remembers what was sent, and can be made to fail or lie."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self.sent: list[bytes] = []
        self.instead: Callable[[bytes], bytes | None] = lambda _: None
        self.connections = 0

    def connect(self) -> bytes:
        self.connections += 1
        return super().connect()

    def disconnect(self) -> None:
        self.connections -= 1
        super().disconnect()

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        answer = self.instead(apdu)
        return super().transmit(apdu) if answer is None else answer

    def pins_sent(self) -> int:
        """How many commands could have cost a try."""
        return sum(
            apdu[1] in (adm.VERIFY.ins, adm.CHANGE_REFERENCE_DATA.ins) and len(apdu) > 5 for apdu in self.sent
        )


class Desk:
    """An officer's desk: a card in a reader, the offices, and a login put together from them."""

    def __init__(
        self, offices: EmbeddedOffices, clock: SetClock, authority: AuthorityClient, nhso: NhsoClient
    ) -> None:
        self.offices = offices
        self.clock = clock
        self.authority = authority
        self.nhso = nhso
        self.asked: list[int | None] = []
        self.pin = PIN
        self.put(card_in_memory(card_from_seed(7), pin=PIN))

    def put(self, card: Card, *, officer: bool = True) -> None:
        """Put this card into the reader; its holder becomes an officer."""
        self.card = card
        self.terminal = Listening(card)
        self.offices.know_card(card.citizen_id, card.serial)
        if officer:
            self.offices.grant(card.citizen_id)

    def put_with_failures(self, failures: int) -> None:
        """Put a card in whose PIN has been entered wrongly ``failures`` times in a row."""
        self.put(card_in_memory(card_from_seed(7), pin=PIN, failures=failures))

    def put_real(self, failures: int = 0) -> None:
        """Put a card in that does not say it is ours."""
        personalised = personalise(holder_from_seed(8), REAL_SERIAL)
        self.put(card_in_memory(personalised, pin=PIN, failures=failures))

    def type_pin(self, tries_left: int | None) -> str:
        """The officer types the PIN."""
        self.asked.append(tries_left)
        return self.pin

    def login(self, **wishes: Any) -> Login:
        """A login that is ready to run."""
        reader: Callable[[], Terminal] = wishes.pop("reader", lambda: self.terminal)
        authority = wishes.pop("authority", self.authority)
        return Login(reader, authority, wishes.pop("nhso", self.nhso), self.type_pin, **wishes)

    def fails(self, at: Step, error: type[Exception], **wishes: Any) -> LoginResult:
        """Log in, which must fail at this step by this name, and leave the terminal disconnected."""
        result = self.login(**wishes).run()
        assert not result.logged_in
        assert (result.steps[-1].step, type(result.error)) == (at, error)
        assert [step.step.number for step in result.steps] == list(range(1, at.number + 1))
        assert [step.ok for step in result.steps] == [True] * (at.number - 1) + [False]
        assert self.terminal.connections in (
            0,
            -1,
        )  # disconnecting twice, or what never connected, is harmless
        assert result.module is None
        assert result.error is not None
        assert result.error.message.th
        assert result.error.what_to_do.th
        assert self.card.citizen_id not in str(result.to_json()) + repr(result) + str(result.error)
        return result


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = SetClock(NOON)
    with (
        EmbeddedOffices(clock=clock) as offices,
        AuthorityClient(offices.authority_url) as authority,
        NhsoClient(offices.nhso_url) as nhso,
    ):
        yield Desk(offices, clock, authority, nhso)


def test_all_eleven_steps(desk: Desk, tmp_path: Path) -> None:
    ended: list[StepResult] = []
    result = desk.login(token_places=[token_file.Place(tmp_path)], on_result=ended.append).run()
    assert result.error is None
    assert result.logged_in
    assert result.exit_status == 0
    assert tuple(each.step for each in ended) == steps.STEPS
    assert tuple(ended) == result.steps
    assert desk.asked == [3]
    assert desk.terminal.pins_sent() == 1
    assert desk.terminal.connections == 0
    assert result.session is not None
    assert result.session.level.id == "register"
    written = token_file.read(tmp_path)
    assert (written.citizen_id, written.smctoken) == (desk.card.citizen_id, result.session.smctoken)
    assert stat.S_IMODE((tmp_path / "nhso_token.txt").stat().st_mode) == 0o600
    shown = repr(result) + str(result.to_json())
    assert result.session.smctoken not in shown
    assert desk.card.citizen_id not in shown


def test_the_json_that_scripts_rely_on(desk: Desk) -> None:
    told = desk.login().run().to_json()
    assert set(told) == {"logged_in", "steps", "module", "error", "message", "what_to_do"}
    assert told["logged_in"] is True
    assert told["module"] == "entitlement check and registration"
    assert told["error"] is None
    assert [step["step"] for step in told["steps"]] == list(range(1, 12))
    assert [step["name"] for step in told["steps"]] == STEP_NAMES
    for step in told["steps"]:
        assert set(step) == {"step", "name", "ok", "ms"}
        assert step["ok"] is True
        assert step["ms"] >= 0


def test_steps_are_numbered_and_titled_in_both_languages() -> None:
    assert [step.number for step in steps.STEPS] == list(range(1, 12))
    assert len({step.id for step in steps.STEPS}) == 11
    assert all(step.title.en and step.title.th for step in steps.STEPS)


@pytest.mark.parametrize("level", ["search", "register", "authenticate"])
def test_every_level_reaches_the_module(desk: Desk, level: str) -> None:
    desk.offices.grant(desk.card.citizen_id, level=level)
    assert desk.login().run().logged_in


# --- 1 to 5: reader, card, agent, program, reading -----------------------------------------------


def test_no_reader(desk: Desk) -> None:
    def no_reader() -> Terminal:
        raise NoReader

    result = desk.fails(steps.READER, NoReader, reader=no_reader)
    assert result.exit_status == 3


def test_no_card(desk: Desk) -> None:
    class Empty(Listening):
        def connect(self) -> bytes:
            raise NoCard(self.name)

    desk.terminal = Empty(desk.card)
    assert desk.fails(steps.CARD, NoCard).exit_status == 3


def test_another_kind_of_card(desk: Desk) -> None:
    desk.terminal.instead = lambda _: bytes.fromhex("6A82")
    result = desk.fails(steps.CARD, errors.NotThaiIdCard)
    assert isinstance(result.error, errors.NotThaiIdCard)
    assert result.error.sw == 0x6A82


def test_the_agent_is_grey(desk: Desk) -> None:
    agent = EFormAgent()
    desk.fails(steps.AGENT, errors.EFormAgentStopped, agent=agent, start_agent=False)
    agent.start()
    assert desk.login(agent=agent, start_agent=False).run().logged_in
    assert agent.symbol is Symbol.GREEN


def test_the_agent_is_stopped_before_the_program_opens(desk: Desk) -> None:
    agent = EFormAgent()

    def stop_after_start(result: StepResult) -> None:
        if result.step is steps.AGENT:
            agent.stop()

    desk.fails(steps.UC_AUTHENTICATION, errors.EFormAgentStopped, agent=agent, on_result=stop_after_start)


def test_the_card_is_pulled_while_it_is_read(desk: Desk) -> None:
    def pulled(apdu: bytes) -> bytes | None:
        if apdu[1] == 0xB0:
            raise CardRemoved
        return None

    desk.terminal.instead = pulled
    desk.fails(steps.LOGIN_BY_CARD, CardRemoved)


@pytest.mark.parametrize(
    "text", [b"             ", b"1999900000014", b"\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad"]
)
def test_a_card_that_tells_no_citizen_id(desk: Desk, text: bytes) -> None:
    desk.terminal.instead = lambda apdu: text + b"\x90\x00" if apdu[1] == 0xB0 else None
    desk.fails(steps.LOGIN_BY_CARD, errors.CardDataUnreadable)


# --- 6: the PIN ----------------------------------------------------------------------------------


def test_a_wrong_pin(desk: Desk) -> None:
    desk.pin = "9999"
    result = desk.fails(steps.PIN, WrongPin)
    assert isinstance(result.error, WrongPin)
    assert result.error.tries_left == 2
    told = result.to_json("th")
    assert told["error"] == told["steps"][-1]["error"] == "WrongPin"
    assert told["message"] == result.error.message.th
    assert desk.card.failures == 1


@pytest.mark.parametrize(
    ("failures", "error"),
    [(3, "PinSuspended"), (4, "PinSuspended"), (5, "PinLocked")],
)
def test_a_suspended_or_locked_card_is_not_sent_a_pin(desk: Desk, failures: int, error: str) -> None:
    desk.put_with_failures(failures)
    result = desk.login().run()
    assert result.to_json()["error"] == error
    assert result.exit_status == 1
    assert result.steps[-1].step is steps.PIN
    assert desk.asked == []
    assert desk.terminal.pins_sent() == 0
    assert desk.card.failures == failures


def test_two_failures_leave_one_try_which_is_enough_for_a_virtual_card(desk: Desk) -> None:
    desk.put_with_failures(2)
    assert desk.login().run().logged_in
    assert desk.asked == [1]
    assert desk.card.failures == 0


@pytest.mark.parametrize("pin", ["", "123", "12345", "12a4", "๑๒๓๔", " 123", "１２３４", "12\n4"])
def test_a_pin_that_is_not_four_digits_does_not_reach_the_card(desk: Desk, pin: str) -> None:
    desk.pin = pin
    assert desk.fails(steps.PIN, PinMalformed).exit_status == 2
    assert desk.terminal.pins_sent() == 0
    assert desk.card.failures == 0


@pytest.mark.parametrize("consent", [None, "", "5123004200A1B2C4"])
def test_a_real_card_is_not_sent_a_pin_without_its_own_serial(desk: Desk, consent: str | None) -> None:
    desk.put_real()
    desk.fails(steps.PIN, RealCardNeedsConsent, real_card=consent)
    assert desk.asked == []
    assert desk.terminal.pins_sent() == 0


@pytest.mark.parametrize("consent", ["5123004200A1B2C3", "5123 0042 00a1 b2c3"])
def test_a_real_card_with_consent(desk: Desk, consent: str) -> None:
    desk.put_real(failures=1)
    assert desk.login(real_card=consent).run().logged_in
    assert desk.asked == [2]


def test_a_real_cards_last_try_is_never_used(desk: Desk) -> None:
    desk.put_real(failures=2)
    desk.fails(steps.PIN, TooFewTriesLeft, real_card=REAL_SERIAL.hex())
    assert desk.terminal.pins_sent() == 0


def test_an_interrupt_while_the_pin_is_typed_disconnects(desk: Desk) -> None:
    def give_up(_: int | None) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Login(lambda: desk.terminal, desk.authority, desk.nhso, give_up).run()
    assert desk.terminal.connections == 0


# --- 7: the authority ----------------------------------------------------------------------------


def test_a_replaced_card(desk: Desk) -> None:
    desk.offices.replace_card(desk.card.citizen_id, desk.card.serial)
    desk.fails(steps.AUTHORITY, errors.NotLatestCard)


def test_a_card_of_another_master_key(desk: Desk) -> None:
    desk.put(card_in_memory(card_from_seed(9, master_key=bytes(32)), pin=PIN))
    result = desk.fails(steps.AUTHORITY, errors.AuthorityRefused)
    assert isinstance(result.error, errors.AuthorityRefused)
    assert result.error.status == "90045"


def test_an_authority_that_is_too_slow_for_its_own_challenge(desk: Desk) -> None:
    def minute_passes(apdu: bytes) -> None:
        if apdu[:2] == b"\x80\x88":
            desk.clock.advance(timedelta(seconds=60))

    desk.terminal.instead = minute_passes
    desk.fails(steps.AUTHORITY, errors.ChallengeExpired)


def test_no_authority(desk: Desk) -> None:
    desk.offices.stop()
    desk.fails(steps.AUTHORITY, errors.ServiceUnreachable)


def test_an_authority_that_talks_nonsense(desk: Desk) -> None:
    with answering(200, b"<html>hello</html>") as url, AuthorityClient(url) as authority:
        desk.fails(steps.AUTHORITY, errors.ServiceNonsense, authority=authority)


# --- 8 to 11: NHSO and ERM -----------------------------------------------------------------------


def test_no_right(desk: Desk) -> None:
    desk.put(card_in_memory(card_from_seed(10), pin=PIN), officer=False)
    desk.fails(steps.NHSO, errors.NoRight)


def test_a_revoked_right(desk: Desk) -> None:
    desk.offices.revoke(desk.card.citizen_id)
    desk.fails(steps.NHSO, errors.RightRevoked)


def test_sixty_idle_days_are_within_sixty_one_are_not(desk: Desk) -> None:
    desk.offices.set_idle_days(desk.card.citizen_id, 60)
    assert desk.login().run().logged_in
    desk.offices.set_idle_days(desk.card.citizen_id, 61)
    for _ in range(2):  # the lapse stays
        result = desk.fails(steps.NHSO, errors.RightLapsed)
        assert isinstance(result.error, errors.RightLapsed)
        assert result.error.days == 61


def test_a_folder_that_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    desk.fails(steps.NHSO, errors.TokenFileNotWritten, token_places=[token_file.Place(tmp_path / "nowhere")])


@pytest.mark.parametrize("after", [steps.NHSO, steps.MENU])
def test_a_right_that_is_revoked_in_mid_session(desk: Desk, after: Step) -> None:
    def revoke(result: StepResult) -> None:
        if result.step is after:
            desk.offices.revoke(desk.card.citizen_id)

    next_one = steps.STEPS[after.number]
    if after is steps.NHSO:
        desk.fails(next_one, errors.RightRevoked, on_result=revoke)
    else:
        desk.fails(steps.MODULE, errors.RightRevoked, on_result=revoke)


TITLE = b'{"en": "ERM", "th": "ERM"}'


@pytest.mark.parametrize(
    ("menu", "at"),
    [
        (b'{"menu": []}', steps.MENU),
        (b'{"menu": [{"id": "erm", "title": ' + TITLE + b', "modules": []}]}', steps.MODULE),
    ],
)
def test_a_menu_without_erm_or_its_module(desk: Desk, menu: bytes, at: Step) -> None:
    class OtherMenu(NhsoClient):
        def menu(self, smctoken: str) -> Any:
            with answering(200, menu) as url, NhsoClient(url) as elsewhere:
                return elsewhere.menu(smctoken)

    with OtherMenu(desk.offices.nhso_url) as nhso:
        desk.fails(at, errors.ModuleNotOffered, nhso=nhso)


def test_the_cards_of_two_officers_do_not_mix(desk: Desk) -> None:
    first = desk.login().run()
    desk.put(card_in_memory(card_from_seed(11), pin=PIN))
    second = desk.login().run()
    assert first.session is not None
    assert second.session is not None
    assert desk.nhso.menu(first.session.smctoken)
    assert desk.nhso.menu(second.session.smctoken)


def test_our_specimen_serial_is_virtual_and_the_other_is_not() -> None:
    assert keys.is_virtual(card_from_seed(7).serial)
    assert not keys.is_virtual(REAL_SERIAL)


# --- a step at a time -----------------------------------------------------------------------------


def test_steps_are_taken_one_at_a_time(desk: Desk) -> None:
    login = desk.login()
    for step in steps.STEPS:
        assert login.next_step is step
        assert login.advance().ok
        # The card's PIN session ends with what it was opened for.
        assert (desk.terminal.connections == 1) == (steps.CARD.number <= step.number < steps.AUTHORITY.number)
    assert login.next_step is None
    assert login.module is not None and login.module.actions
    with pytest.raises(ValueError, match="done"):
        login.advance()


def test_the_right_pin_after_a_wrong_one(desk: Desk) -> None:
    login = desk.login()
    for _ in steps.STEPS[:5]:
        assert login.advance().ok
    assert login.tries_left() == 3
    assert login.holder().th.startswith(("นาย", "นาง"))
    desk.pin = "9999"
    assert isinstance(login.advance().error, WrongPin)
    assert login.next_step is steps.PIN
    assert login.tries_left() == 2
    desk.pin = PIN
    assert login.advance().ok
    assert desk.asked == [3, 2]
    login.close()
    login.close()
    assert desk.terminal.connections == 0


def test_a_login_that_is_given_up_lets_the_card_go(desk: Desk) -> None:
    login = desk.login()
    login.close()
    login.advance()
    login.advance()
    login.close()
    assert desk.terminal.connections == 0


def test_several_token_files(desk: Desk, tmp_path: Path) -> None:
    places = []
    for program, bom in token_file.PROGRAMS.items():
        (tmp_path / program).mkdir()
        places.append(token_file.Place(tmp_path / program, bom=bom))
    result = desk.login(token_places=places).run()
    assert result.logged_in
    contents = [(place.folder / "nhso_token.txt").read_bytes() for place in places]
    assert [content[:3] == b"\xef\xbb\xbf" for content in contents] == [False, True, False]
    assert len({content.removeprefix(b"\xef\xbb\xbf") for content in contents}) == 1

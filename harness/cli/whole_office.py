"""A whole office in one process: the offices, the SmartCard Agent, the officer's screen and the PIN counter, put together.

For ``thnid backoffice serve`` and ``thnid run --backoffice``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from apdu_specs.language import Language, Text
from harness.cli.acquaintance import Acquaintance
from harness.cli.eform import ScreenNotInstalled
from harness.cli.offices_database import offices_needed
from harness.cli.reader import terminal_for
from harness.cli.renewing import way_to_new_pin
from harness.cli.replacing import Shown, asked, way_to_new_card
from harness.cli.smartcard_agent import AgentOptions, serving_agent
from harness.cli.stopping import signals_elsewhere
from harness.errors import HarnessError
from harness.officer.token_file import Place
from harness.terminals.presence import ReaderWatch
from harness.web_server import LOOPBACK, WebServer

if TYPE_CHECKING:
    from emulator.holders import Holder
    from emulator.offices.backoffice import Backoffice, Seeded
    from emulator.offices.staff.accounts import NewAccount

FREE = 0
"""A port that the system picks."""

TITLES = {
    "registry": Text("registry office: cards, PIN, proofs", "สำนักทะเบียน: บัตร PIN และการพิสูจน์สิทธิ"),
    "authority": Text(
        "authority: actions 9080, 9081, 5000", "ระบบยืนยันตัวบุคคลของกรมการปกครอง: 9080, 9081, 5000"
    ),
    "nhso": Text("NHSO: officers, menu, modules", "สปสช.: เจ้าหน้าที่ เมนู โมดูล"),
    "ucws": Text("UCWS: searchCurrentByPID (SOAP)", "UCWS: searchCurrentByPID (SOAP)"),
    "srm": Text("SRM: access tokens, right-search", "SRM: access token และ right-search"),
    "agent": Text("SmartCard Agent", "โปรแกรม SmartCard Agent"),
    "screen": Text("the officer's screen", "หน้าจอของเจ้าหน้าที่"),
    "counter": Text("registry office's PIN counter", "เคาน์เตอร์กำหนดรหัส PIN ของสำนักทะเบียน"),
    "pages": Text("pages: rights and registry desk", "หน้าเว็บ: คำขอสิทธิและงานบัตรประจำตัวประชาชน"),
    "mail": Text("mail caught", "อีเมลที่ดักไว้"),
    "smtp": Text("mail catcher (SMTP)", "ที่ดักอีเมล (SMTP)"),
}
"""What each service is, for people."""

_VARIABLES = {
    "registry": ("THNID_REGISTRY_URL",),
    "authority": ("THNID_AUTHORITY_URL",),
    "nhso": ("THNID_NHSO_URL",),
    "ucws": ("THNID_UCWS_URL",),
    "srm": ("THNID_SRM_URL",),
    "agent": ("THNID_AGENT_URL", "NHSO_AGENT_URL"),
    "screen": ("THNID_SCREEN_URL",),
    "counter": ("THNID_COUNTER_URL",),
    "pages": ("THNID_PAGES_URL",),
}


class NoHospitalToken(HarnessError):
    """What was given as a hospital's token is none."""

    exit_status = 2

    def __init__(self) -> None:
        super().__init__(
            Text(
                "A hospital's token is a UUID of 36 characters.",
                "Token ของหน่วยบริการต้องเป็น UUID ยาว 36 ตัวอักษร",
            ),
            Text("Give another, or none: then one is made.", "ระบุใหม่ หรือไม่ระบุเพื่อให้สร้างให้"),
        )


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each server listens."""

    offices: int = FREE
    agent: int = FREE
    screen: int = FREE
    counter: int = FREE
    mail: int = FREE


@dataclass(frozen=True, slots=True)
class WholeOffice:
    """What runs. ``services``: name -> URL, without a trailing slash; ``accounts``: those made now; ``tokens``: the folders
    that tokens are written to, as variables.
    """

    backoffice: Backoffice
    seeded: Seeded
    services: dict[str, str]
    has_officer: bool
    accounts: tuple[NewAccount, ...] = field(repr=False)
    acquaintance: Acquaintance = field(repr=False)
    tokens: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which programs find all this."""
        urls = {
            variable: self.services[name]
            for name, variables in _VARIABLES.items()
            if name in self.services
            for variable in variables
        }
        return {
            **urls,
            **self.tokens,
            "THNID_UCWS_WSDL": f"{self.services['ucws']}?wsdl",
            "THNID_COUNTER_KEY": self.backoffice.counter_key,
            "THNID_HOSPITAL_TOKEN": self.seeded.hospital_token,
            **{f"THNID_PASSWORD_{each.user.upper()}": each.password for each in self.accounts},
        }


def checked_hospital_token(text: str | None) -> str | None:
    """The token, as a hospital would write it. Raises NoHospitalToken."""
    if text is None:
        return None
    try:
        token = uuid.UUID(text.strip())
    except ValueError:
        raise NoHospitalToken from None
    if str(token) != text.strip().lower():  # braces, urn: and the like
        raise NoHospitalToken
    return str(token)


@dataclass(frozen=True, slots=True)
class OfficeOptions:
    """What it is to be like. ``people`` citizens of ``seed``; ``officer`` is a virtual card's holder and its serial.

    ``host`` is where offices and agent listen; the officer's screen, the PIN counter and the mail catcher stay on loopback.
    ``host_names``: what else the offices are called; ``open_mail``: caught e-mail is for other machines too. ``database`` (file or
    URL) None is memory; a counter key or a hospital's token (a UUID) that is None is made. ``reader`` is a part of a name: the
    officer's, and the patient's unless ``patient_reader`` is another. ``watching``: cards that come into a virtual reader of
    another process are asked after; ``shown`` tells what is in the virtual reader.
    ``token_files`` and ``srm_home``: where the officer's tokens are written.
    """

    people: int = 1_000
    seed: int = 1
    ports: Ports = Ports()
    host: str = "127.0.0.1"
    host_names: tuple[str, ...] = ()
    open_mail: bool = False
    reader: str | None = None
    patient_reader: str | None = None
    watching: bool = False
    shown: Shown = asked
    token_files: tuple[Place, ...] = ()
    srm_home: Path | None = None
    database: str | None = None
    key_file: Path | None = None
    counter_key: str | None = field(default=None, repr=False)
    hospital_token: str | None = field(default=None, repr=False)
    officer: tuple[Holder, bytes] | None = field(default=None, repr=False)
    test_mode: bool = False
    language: Language = "th"


@contextmanager
def whole_office(options: OfficeOptions) -> Iterator[WholeOffice]:
    """All of it, answering; ended on leaving. Signals are left to the main thread.

    Raises OfficesNotInstalled, ScreenNotInstalled, NoHospitalToken, Refused (the officer's card was replaced), PortTaken and AddressTaken (also
    of mail and screen), and as ``Backoffice`` does.
    """
    token = checked_hospital_token(options.hospital_token)
    with ExitStack() as running:
        with signals_elsewhere():
            backoffice = _backoffice(options)
            running.callback(backoffice.stop)
            services = {each.name: each.url for each in backoffice.services}
            seeded = backoffice.seed(options.people, seed=options.seed, hospital_token=token)
            if options.officer is not None:
                backoffice.employ(*options.officer)
            backoffice.start()
            acquaintance = Acquaintance(backoffice.meet)
            hosts = (options.host,) if options.host != "127.0.0.1" else LOOPBACK
            agent = AgentOptions(
                hosts=hosts,
                port=options.ports.agent,
                reader=options.patient_reader or options.reader,
                offices=services["nhso"],
                token=seeded.hospital_token,
                messages=options.language,
                seen=acquaintance.of_client,
                clock=backoffice.offices.clock.now,
            )
            services["agent"] = _reachable(running.enter_context(serving_agent(agent)).url)
            clock = backoffice.offices.clock.now
            counter = running.enter_context(_counter(services, backoffice.counter_key, options))
            leads_to = {**services, "counter": counter}
            services["screen"] = running.enter_context(_screen(leads_to, options, acquaintance, clock))
            services["counter"] = counter
            backoffice.neighbours({name: services[name] for name in ("screen", "counter", "agent")})
            if options.watching:
                running.enter_context(ReaderWatch(acquaintance.at_reader))
        # Last: passwords are told once, and what failed to start would have swallowed them.
        accounts = backoffice.hire()
        yield WholeOffice(
            backoffice,
            seeded,
            services,
            options.officer is not None,
            accounts,
            acquaintance,
            _token_variables(options),
        )


def _backoffice(options: OfficeOptions) -> Backoffice:
    with offices_needed():
        from emulator.offices.backoffice import Backoffice
    from emulator.offices.keyfile import master_key

    return Backoffice(
        master_key(options.key_file),
        database=options.database,
        host=options.host,
        port=options.ports.offices,
        counter_key=options.counter_key,
        mail_port=options.ports.mail,
        test_mode=options.test_mode,
        host_names=options.host_names,
        open_mail=options.open_mail,
    )


def _token_variables(options: OfficeOptions) -> dict[str, str]:
    """Where programs find the officer's tokens: the folder of nhso_token.txt, and the one that SRM's is below."""
    found = {"THNID_TOKEN_DIR": str(options.token_files[0].folder)} if options.token_files else {}
    return found | ({} if options.srm_home is None else {"THNID_SRM_DIR": str(options.srm_home)})


def _reachable(url: str) -> str:
    from emulator.offices.backoffice import reachable

    return reachable(url)


@contextmanager
def _screen(
    services: Mapping[str, str],
    options: OfficeOptions,
    acquaintance: Acquaintance,
    clock: Callable[[], datetime],
) -> Iterator[str]:
    """The officer's screen; its URL."""
    try:
        from harness.officer.entitlement import EntitlementClient
        from harness.officer.offices import AuthorityClient
        from harness.officer.screen.desk import Desk, Places
        from harness.officer.screen.midnight import LOOK_S, TEST_LOOK_S
        from harness.officer.screen.server import ScreenServer
    except ModuleNotFoundError as error:
        raise ScreenNotInstalled(error.name or "") from error

    with (
        AuthorityClient(services["authority"]) as authority,
        EntitlementClient(services["nhso"]) as nhso,
        Desk(
            authority,
            nhso,
            lambda name: terminal_for(name, disposition="reset"),
            reader_name=options.reader,
            places=Places(options.token_files, options.srm_home),
            on_card=acquaintance.of_client,
            clock=clock,
            look_s=lambda: TEST_LOOK_S if options.test_mode else LOOK_S,
            way_to_new_card=way_to_new_card(pages=services["pages"], shown=options.shown),
            way_to_new_pin=way_to_new_pin(counter=services["counter"]),
        ) as desk,
        ScreenServer(desk, port=options.ports.screen, language=options.language) as server,
    ):
        yield server.url


@contextmanager
def _counter(services: Mapping[str, str], counter_key: str, options: OfficeOptions) -> Iterator[str]:
    """The registry office's PIN counter, at the officer's reader; its URL."""
    from harness.officer.counter.app import build_counter
    from harness.officer.counter.renewal import PinRenewal
    from harness.officer.offices import RegistryClient

    ways = way_to_new_card(pages=services["pages"], shown=options.shown)
    with RegistryClient(services["registry"], counter_key=counter_key) as registry:
        renewal = PinRenewal(lambda: terminal_for(options.reader, disposition="reset"), registry)
        counter = build_counter(renewal, way_to_new_card=ways, language=options.language)
        with WebServer(counter, hosts=LOOPBACK, port=options.ports.counter) as server:
            yield server.url

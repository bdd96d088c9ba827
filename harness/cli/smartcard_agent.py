"""``thnid agent serve``: NHSO's SmartCard Agent as a double on port 8189, and the same beside a program in ``thnid run``."""

from __future__ import annotations

import gc
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Language, Text
from harness.agent.limits import A_DAY, BETWEEN_S
from harness.agent.user_config import FILE_NAME, HospitalTokenMissing, checked_token, token_in
from harness.cli.output import Output, reporting
from harness.cli.reader import reader_option
from harness.cli.stopping import signals_elsewhere, stopped_by_signals
from harness.errors import HarnessError
from harness.web_server import LOOPBACK, WebServer

if TYPE_CHECKING:
    from emulator.holders import Holder
    from harness.agent.patient import Seen

DEFAULT_PORT = 8189
"""Public. Many programs have it in their code."""

URL_VARIABLES = ("THNID_AGENT_URL", "NHSO_AGENT_URL")


class AgentNotInstalled(HarnessError):
    """The packages that the agent is made with are not installed; ``package`` is missing."""

    exit_status = 2

    def __init__(self, package: str) -> None:
        super().__init__(
            Text(
                f"The SmartCard Agent needs the Python package {package}.",
                f"SmartCard Agent ต้องใช้แพ็กเกจ Python {package}",
            ),
            Text("pip install 'thnid[offices]'.", "ใช้ pip install 'thnid[offices]'"),
        )


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """Where the agent listens, which reader it uses (a part of its name), and whom it asks.

    ``offices`` is the URL of NHSO or of the offices it is part of, with the hospital's ``token``; None: a stand-in, which
    knows ``holder`` and whoever's virtual card is read. ``seen`` is told of every card that is read, when the offices are others'.
    ``clock`` None is the machine's.
    """

    hosts: Sequence[str] = LOOPBACK
    port: int = DEFAULT_PORT
    reader: str | None = None
    offices: str | None = None
    token: str | None = None
    messages: Language = "th"
    limits: bool = False
    holder: Holder | None = None
    seen: Seen | None = None
    clock: Callable[[], datetime] | None = None


@dataclass(frozen=True, slots=True)
class RunningAgent:
    """An agent that answers. ``pcsc``: whether a PC/SC service did when the agent looked."""

    url: str
    pcsc: bool


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 picks a free one; programs expect 8189.",
)
@click.option(
    "--bind",
    metavar="ADDRESS",
    help="Address to listen on.  [default: this machine only, 127.0.0.1 and ::1]",
)
@reader_option
@click.option(
    "--offices",
    envvar="THNID_NHSO_URL",
    metavar="URL",
    help="NHSO to ask, e.g. of 'thnid backoffice serve' (also THNID_NHSO_URL); else an embedded stand-in.",
)
@click.option(
    "--token",
    envvar="THNID_HOSPITAL_TOKEN",
    metavar="UUID",
    help="The hospital's token (also THNID_HOSPITAL_TOKEN).",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help=f"Where the token stands as the original has it.  [default: {FILE_NAME} if there is one]",
)
@click.option(
    "--messages",
    type=click.Choice(["th", "en"]),
    default="th",
    show_default=True,
    help="Language of what programs are told.",
)
@click.option(
    "--limits",
    is_flag=True,
    help=f"Refuse look-ups of codes within {BETWEEN_S:g} s, and beyond {A_DAY:,} a day.",
)
@reporting
def serve(
    output: Output,
    port: int,
    bind: str | None,
    reader_name: str | None,
    offices: str | None,
    token: str | None,
    config: Path | None,
    messages: Language,
    limits: bool,
) -> None:
    """Serve the patient's card in the reader to hospital programs, as NHSO's SmartCard Agent does, until Ctrl-C.

    Without --offices an embedded stand-in answers for NHSO; it knows everybody whose virtual card is read.
    """
    options = AgentOptions(
        hosts=LOOPBACK if bind in (None, "localhost") else (str(bind),),
        port=port,
        reader=reader_name,
        offices=offices,
        token=None if offices is None else _hospital_token(token, config),
        messages=messages,
        limits=limits,
    )
    with stopped_by_signals() as wait, serving_agent(options) as agent:
        _warn(output, options, agent)
        document = {"agent_url": agent.url}
        output.report(document, lambda: click.echo(f"agent_url: {agent.url}"))
        wait()


@contextmanager
def serving_agent(options: AgentOptions) -> Iterator[RunningAgent]:
    """An agent in this process until left.

    Raises AgentNotInstalled, OfficesNotInstalled, AddressTaken, AddressNotAllowed, BadServiceAddress.
    """
    try:
        from harness.agent.app import build_app
    except ModuleNotFoundError as error:
        raise AgentNotInstalled(error.name or "") from error
    from harness.agent.limits import Limits
    from harness.agent.nhso import NhsoDesk
    from harness.agent.patient import PatientReader
    from harness.terminals.presence import ReaderWatch

    with ExitStack() as cleanup:
        with signals_elsewhere():
            watch = ReaderWatch(lambda _readers: None)
            seen = options.seen
            url, token = options.offices, options.token
            if url is None or token is None:
                from harness.cli.stand_in_nhso import stand_in_nhso

                stand_in = cleanup.enter_context(stand_in_nhso())
                url, token, seen = stand_in.url, stand_in.token, stand_in.seen
                if options.holder is not None:
                    stand_in.know(options.holder)
            nhso = cleanup.enter_context(NhsoDesk(nhso_address(url), token))
            app = build_app(
                PatientReader(lambda: watch.now, options.reader, seen=seen),
                nhso,
                language=options.messages,
                limits=Limits() if options.limits else None,
                **({} if options.clock is None else {"clock": options.clock}),
            )
            server = WebServer(app, hosts=options.hosts, port=options.port)
            cleanup.enter_context(watch)
            cleanup.enter_context(server)
        # What is there by now stays; going through all of it again and again would make programs wait 60 ms each time.
        gc.freeze()
        yield RunningAgent(server.url, watch.now.service)


def nhso_address(url: str) -> str:
    """NHSO's address, of itself or of the offices that it is part of."""
    plain = url.rstrip("/")
    return plain if plain.endswith("/nhso") else f"{plain}/nhso"


def _hospital_token(given: str | None, config: Path | None) -> str:
    """From the option, else from the file of the original. Raises HospitalTokenMissing."""
    if given:
        return checked_token(given)
    if config is not None or Path(FILE_NAME).exists():
        return token_in(config or Path(FILE_NAME))
    raise HospitalTokenMissing(
        Text("NHSO wants to see a hospital's token.", "การติดต่อ สปสช. ต้องใช้ Token ของหน่วยบริการ")
    )


def _warn(output: Output, options: AgentOptions, agent: RunningAgent) -> None:
    """What a person has to know before they leave it running."""
    if not all(_is_loopback(host) for host in options.hosts):
        warning = Text(
            "Anyone who reaches this address over the network can read the card in the reader.",
            "ผู้ที่เข้าถึงที่อยู่นี้ผ่านเครือข่ายจะอ่านบัตรในเครื่องอ่านได้",
        )
        click.echo(f"thnid: {warning.say(output.language)}", err=True)
    if not agent.pcsc:
        waiting = Text(
            "No PC/SC service (pcscd) answers yet; the agent shows readers once it does.",
            "ยังไม่มีบริการ PC/SC (pcscd) ตอบรับ เมื่อพร้อมแล้ว SmartCard Agent จะแสดงเครื่องอ่าน",
        )
        click.echo(f"thnid: {waiting.say(output.language)}", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

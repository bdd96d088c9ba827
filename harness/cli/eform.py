"""``thnid agent eform``: the officer's screen, UC Authentication and E-Form Agent in the browser and in the tray."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Language, Text
from harness.cli.output import Misuse, Output, language_of_pages, reporting
from harness.cli.reader import reader_option, terminal_for
from harness.cli.renewing import way_to_new_pin
from harness.cli.replacing import way_to_new_card
from harness.cli.stopping import stopped_by_signals
from harness.errors import HarnessError
from harness.officer.token_file import PROGRAMS, Place

if TYPE_CHECKING:
    from emulator.offices.embedded import EmbeddedOffices
    from harness.client import CardClient
    from harness.officer.screen.desk import Desk
    from harness.officer.screen.tray import Tray

DEFAULT_PORT = 8188
_CITIZENS = 300  # for the embedded NHSO, so that there is somebody to search for
_SEED = 1
_WAIT_FOR_CLOCK_S = 2.0
SRM_DIR_HELP = "Write SRM's token.txt below this folder (the original: %USERPROFILE%)."


class ScreenNotInstalled(HarnessError):
    """The packages that the screen is made with are not installed; ``package`` is missing."""

    exit_status = 2

    def __init__(self, package: str) -> None:
        super().__init__(
            Text(
                f"The officer's screen needs the Python package {package}.",
                f"หน้าจอของเจ้าหน้าที่ต้องใช้แพ็กเกจ Python {package}",
            ),
            Text("pip install 'thnid[screen]'.", "ใช้ pip install 'thnid[screen]'"),
        )


def token_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--token-dir``, ``--token-folder``, ``--token-bom`` and ``--srm-dir``: where a login's tokens are written."""
    for option in reversed(_TOKEN_OPTIONS):
        function = option(function)
    return function


_TOKEN_OPTIONS = (
    click.option(
        "--token-dir",
        type=click.Path(path_type=Path),
        help="Write nhso_token.txt into this folder after a login.",
    ),
    click.option(
        "--token-folder",
        "programs",
        type=click.Choice(list(PROGRAMS)),
        multiple=True,
        help="Not there, but into this folder of the original below it; may be given several times.",
    ),
    click.option(
        "--token-bom/--no-token-bom",
        default=None,
        help="With a byte order mark or without.  [default: as the original of the folder]",
    ),
    click.option(
        "--srm-dir",
        type=click.Path(path_type=Path),
        help=SRM_DIR_HELP,
    ),
)


@click.command("eform")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 picks a free one.",
)
@reader_option
@click.option(
    "--authority-url",
    envvar="THNID_AUTHORITY_URL",
    metavar="URL",
    help="The authority; else an embedded stand-in.",
)
@click.option("--nhso-url", envvar="THNID_NHSO_URL", metavar="URL", help="NHSO; else an embedded stand-in.")
@token_options
@click.option("--real-card", metavar="SERIAL", help="Allow PIN tries on the real card with this serial.")
@click.option("--start-service", is_flag=True, help="Begin with E-Form Agent green.")
@click.option("--tray", is_flag=True, help="E-Form Agent's symbol in the corner of the desktop.")
@reporting
def command(
    output: Output,
    port: int,
    reader_name: str | None,
    authority_url: str | None,
    nhso_url: str | None,
    token_dir: Path | None,
    programs: tuple[str, ...],
    token_bom: bool | None,
    srm_dir: Path | None,
    real_card: str | None,
    start_service: bool,
    tray: bool,
) -> None:
    """The officer's screen in the browser: UC Authentication and E-Form Agent, page by page as in the manual.

    Only browsers of this machine reach it. It speaks Thai unless --lang en is given, and can be switched. Without URLs the
    offices are embedded and know the card in the reader as an officer's.
    """
    if (authority_url is None) != (nhso_url is None):
        raise Misuse(
            Text(
                "Give both --authority-url and --nhso-url, or neither.",
                "โปรดระบุทั้ง --authority-url และ --nhso-url หรือไม่ระบุเลย",
            )
        )
    places = token_places(token_dir, programs, token_bom)
    language = language_of_pages()
    try:
        from harness.officer.entitlement import EntitlementClient
        from harness.officer.offices import AuthorityClient, NhsoClient
        from harness.officer.screen.desk import Desk, Places
        from harness.officer.screen.midnight import OfficesClock
        from harness.officer.screen.server import ScreenServer
    except ModuleNotFoundError as error:
        raise ScreenNotInstalled(error.name or "") from error

    with stopped_by_signals() as wait, ExitStack() as cleanup:
        offices = None
        if authority_url is None or nhso_url is None:
            offices = cleanup.enter_context(_embedded())
            authority_url, nhso_url = offices.authority_url, offices.nhso_url
        clock = OfficesClock(cleanup.enter_context(NhsoClient(nhso_url, timeout_s=_WAIT_FOR_CLOCK_S)))
        desk = Desk(
            cleanup.enter_context(AuthorityClient(authority_url)),
            cleanup.enter_context(EntitlementClient(nhso_url)),
            lambda name: terminal_for(name, disposition="reset"),
            reader_name=reader_name,
            real_card=real_card,
            places=Places(places, srm_dir),
            on_card=lambda card: _know(offices, card),
            clock=clock,
            look_s=clock.look_s,
            way_to_new_card=way_to_new_card(),
            way_to_new_pin=way_to_new_pin(),
        )
        server = ScreenServer(desk, port=port, language=language)
        symbol = _tray(desk, server.url, language) if tray else None
        cleanup.enter_context(desk)
        cleanup.enter_context(server)
        if start_service:
            desk.start_agent()
        output.report({"screen_url": server.url}, lambda: click.echo(f"screen_url: {server.url}"))
        if symbol is None:
            wait()
        else:
            symbol.run_until(wait)


def token_places(token_dir: Path | None, programs: tuple[str, ...], bom: bool | None) -> tuple[Place, ...]:
    """Where nhso_token.txt goes. Raises Misuse for folders of nothing."""
    if token_dir is None:
        if programs or bom is not None:
            raise Misuse(
                Text(
                    "--token-folder and --token-bom need --token-dir.",
                    "--token-folder และ --token-bom ต้องใช้ร่วมกับ --token-dir",
                )
            )
        return ()
    if not programs:
        return (Place(token_dir, bom=bool(bom)),)
    return tuple(
        Place(token_dir / program, bom=PROGRAMS[program] if bom is None else bom)
        for program in dict.fromkeys(programs)
    )


def _tray(desk: Desk, url: str, language: Language) -> Tray:
    """E-Form Agent's symbol. Raises TrayUnavailable."""
    from harness.officer.screen.tray import Tray

    return Tray(desk, url, language)


def _embedded() -> EmbeddedOffices:
    from harness.cli.login import embedded_offices

    offices = embedded_offices()
    offices.offices.citizens.populate(_SEED, _CITIZENS)
    return offices


def _know(offices: EmbeddedOffices | None, card: CardClient) -> None:
    """Make the card in the reader an officer's, and its holder a citizen, as far as the offices are ours."""
    if offices is None:
        return
    from emulator.offices.backoffice import OFFICERS_LEVEL
    from harness.cli.on_card import holder_of

    holder = holder_of(card.read_all())
    offices.know_card(holder.citizen_id, card.card_serial())
    offices.grant(holder.citizen_id, name=str(holder.thai_name), level=OFFICERS_LEVEL)
    offices.offices.citizens.admit_holder(holder)

"""``thnid login``: the officer login, against given offices or embedded stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.cli.eform import SRM_DIR_HELP
from harness.cli.offices_database import offices_needed
from harness.cli.output import Misuse, Output, reporting
from harness.cli.pin import pin_provider
from harness.cli.reader import reader_option, terminal_for
from harness.errors import HarnessError
from harness.officer import srm_file
from harness.officer.login import Login, LoginResult, PinProvider, StepResult
from harness.officer.offices import AuthorityClient, NhsoClient
from harness.officer.screen.midnight import OfficesClock
from harness.officer.token_file import Place

if TYPE_CHECKING:
    from emulator.offices.embedded import EmbeddedOffices
    from emulator.offices.mail.delivery import SmtpServer

_NO_SRM = Text(
    "NHSO does not offer SRM here: its token.txt is not written.",
    "ระบบของ สปสช. ที่ใช้อยู่ไม่ได้เปิด SRM จึงไม่ได้เขียนแฟ้ม token.txt",
)


@click.command("login")
@reader_option
@click.option(
    "--pin-stdin", is_flag=True, help="Read the PIN from standard input; else THNID_PIN, else a prompt."
)
@click.option(
    "--authority-url",
    envvar="THNID_AUTHORITY_URL",
    help="The authority (also THNID_AUTHORITY_URL); else an embedded stand-in.",
)
@click.option(
    "--nhso-url", envvar="THNID_NHSO_URL", help="NHSO (also THNID_NHSO_URL); else an embedded stand-in."
)
@click.option("--no-right", is_flag=True, help="Embedded NHSO: the officer was never granted a right.")
@click.option("--revoked", is_flag=True, help="Embedded NHSO: the officer's right was revoked.")
@click.option(
    "--idle-days", type=click.IntRange(min=0), help="Embedded NHSO: days since the officer's last login."
)
@click.option(
    "--card-replaced", is_flag=True, help="Embedded registry: this card was replaced by a newer one."
)
@click.option(
    "--token-dir",
    envvar="THNID_TOKEN_DIR",
    type=click.Path(path_type=Path),
    help="Write nhso_token.txt into this folder.",
)
@click.option("--token-bom", is_flag=True, help="With a byte order mark, as some originals write it.")
@click.option("--srm-dir", envvar="THNID_SRM_DIR", type=click.Path(path_type=Path), help=SRM_DIR_HELP)
@click.option("--real-card", metavar="SERIAL", help="Allow a PIN try on the real card with this serial.")
@reporting
def command(
    output: Output,
    reader_name: str | None,
    pin_stdin: bool,
    authority_url: str | None,
    nhso_url: str | None,
    no_right: bool,
    revoked: bool,
    idle_days: int | None,
    card_replaced: bool,
    token_dir: Path | None,
    token_bom: bool,
    srm_dir: Path | None,
    real_card: str | None,
) -> int:
    """Log an officer in with the card in the reader and its PIN, up to the ERM module.

    Without URLs the offices are embedded and know the card in the reader as an officer's, with a right.
    """
    if (authority_url is None) != (nhso_url is None):
        raise Misuse(
            Text(
                "Give both --authority-url and --nhso-url, or neither.",
                "โปรดระบุทั้ง --authority-url และ --nhso-url หรือไม่ระบุเลย",
            )
        )
    seeding = {"--no-right": no_right, "--revoked": revoked, "--idle-days": idle_days is not None}
    seeding["--card-replaced"] = card_replaced
    if authority_url is not None and any(seeding.values()):
        names = ", ".join(name for name, given in seeding.items() if given)
        raise Misuse(
            Text(
                f"{names} is for the embedded offices; it does nothing to those at a URL.",
                f"{names} ใช้กับสำนักงานจำลองในตัวเท่านั้น ไม่มีผลต่อบริการที่ระบุด้วย URL",
            )
        )
    with ExitStack() as cleanup:
        offices = None
        if authority_url is None or nhso_url is None:
            offices = cleanup.enter_context(embedded_offices())
            authority_url, nhso_url = offices.authority_url, offices.nhso_url

        def seed(citizen_id: str, serial: bytes) -> None:
            if offices is not None:
                _seed(offices, citizen_id, serial, not no_right, revoked, idle_days, card_replaced)

        nhso = cleanup.enter_context(NhsoClient(nhso_url))
        clock = OfficesClock(nhso)
        login = Login(
            lambda: terminal_for(reader_name, disposition="reset"),
            cleanup.enter_context(AuthorityClient(authority_url)),
            nhso,
            pin_provider(output, pin_stdin),
            token_places=() if token_dir is None else (Place(token_dir, token_bom),),
            clock=clock,
            real_card=real_card,
            on_card=seed,
            on_result=lambda result: show_step(output, result),
        )
        result = login.run()
        if srm_dir is not None:
            result = with_srm_tokens(output, result, nhso, srm_dir, clock)
        return finish(output, result)


def with_srm_tokens(
    output: Output, result: LoginResult, nhso: NhsoClient, home: Path, clock: Callable[[], datetime]
) -> LoginResult:
    """The result once SRM's token.txt is there for whoever logged in; what kept it from being written is its error."""
    if result.session is None:
        return result
    try:
        tokens = nhso.srm_tokens(result.session.smctoken)
        if tokens is None:
            click.echo(f"thnid: {_NO_SRM.say(output.language)}", err=True)
        else:
            srm_file.write(home, tokens, at=clock())
    except HarnessError as error:
        return replace(result, error=result.error or error)
    return result


def embedded_offices(
    database: Path | str | None = None,
    port: int = 0,
    *,
    key_file: Path | None = None,
    counter_key: str | None = None,
    test_mode: bool = False,
    levels: Path | None = None,
    pages: bool = False,
    smtp: SmtpServer | None = None,
) -> EmbeddedOffices:
    """The stand-in offices, in this process. Raises OfficesNotInstalled."""
    with offices_needed():
        from emulator.offices.embedded import EmbeddedOffices
        from emulator.offices.keyfile import master_key
        from emulator.offices.levels import load_levels

    return EmbeddedOffices(
        master_key(key_file),
        database=database,
        port=port,
        counter_key=counter_key,
        test_mode=test_mode,
        levels=None if levels is None else load_levels(levels),
        pages=pages,
        smtp=smtp,
    )


def _seed(
    offices: EmbeddedOffices,
    citizen_id: str,
    serial: bytes,
    right: bool,
    revoked: bool,
    idle_days: int | None,
    replaced: bool,
) -> None:
    """Make the card in the reader an officer's, as the options want it."""
    offices.know_card(citizen_id, serial)
    if right:
        offices.grant(citizen_id)
    if idle_days is not None and right:
        offices.set_idle_days(citizen_id, idle_days)
    if revoked and right:
        offices.revoke(citizen_id)
    if replaced:
        offices.replace_card(citizen_id, serial)


def officer_pin(pin: str) -> PinProvider:
    """A provider that gives ``pin`` whatever is asked."""
    return lambda _tries_left: pin


def show_step(output: Output, result: StepResult) -> None:
    """One line a step: done or failed, number, name, time."""
    if output.json:
        return
    mark = "[green]✓[/]" if result.ok else "[red]✗[/]"
    title = result.step.title.say(output.language)
    output.console.print(f"{mark} {result.step.number:2}  ", end="")
    output.console.print(title, markup=False, end="")
    output.console.print(f"  [dim]{result.ms:.1f} ms[/]")


def finish(output: Output, result: LoginResult) -> int:
    """Report the login's end; the exit status."""
    document = result.to_json(output.language)

    def show() -> None:
        if result.error is not None:
            output.say(result.error.message, style="bold red")
            output.say(result.error.what_to_do)
        elif result.module is not None:
            output.say(
                Text(f"Logged in. Module: {result.module.en}", f"เข้าใช้งานแล้ว โมดูล: {result.module.th}"),
                style="bold green",
            )

    output.report(document, show)
    return result.exit_status

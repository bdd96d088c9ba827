"""``thnid office desk``: the registry office's counter, where the card's owner chooses a PIN."""

from __future__ import annotations

import click

from apdu_specs.language import Text
from harness.cli.output import Output, language_of_pages, reporting
from harness.cli.reader import reader_option, terminal_for
from harness.cli.replacing import way_to_new_card
from harness.cli.stopping import stopped_by_signals


@click.command("desk")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Loopback port; 0 picks a free one.")
@reader_option
@click.option(
    "--registry-url",
    required=True,
    envvar="THNID_REGISTRY_URL",
    metavar="URL",
    help="The registry office, which proves itself to the card.",
)
@click.option(
    "--counter-key",
    default="",
    envvar="THNID_COUNTER_KEY",
    help="What the registry office wants to see of a counter.",
)
@click.option("--real-card", metavar="SERIAL", help="Allow this on the real card with this serial.")
@reporting
def command(
    output: Output,
    port: int,
    reader_name: str | None,
    registry_url: str,
    counter_key: str,
    real_card: str | None,
) -> None:
    """Serve the counter's pages on loopback until Ctrl-C: the owner of the card in the reader chooses the PIN.

    The clerk sees the card's state and never the PIN. PINs that are easily guessed are warned of. A locked card is refused:
    only a new one helps.
    """
    from harness.cli.eform import ScreenNotInstalled

    try:
        from harness.officer.counter.app import build_counter
        from harness.officer.counter.renewal import PinRenewal
        from harness.officer.offices import RegistryClient
        from harness.web_server import WebServer
    except ModuleNotFoundError as error:
        raise ScreenNotInstalled(error.name or "") from error
    language = language_of_pages()
    with stopped_by_signals() as wait, RegistryClient(registry_url, counter_key=counter_key) as registry:
        renewal = PinRenewal(
            lambda: terminal_for(reader_name, disposition="reset"), registry, real_card=real_card
        )
        counter = build_counter(
            renewal, way_to_new_card=way_to_new_card(registry=registry_url), language=language
        )
        with WebServer(counter, port=port) as server:
            output.report(
                {"url": server.url},
                lambda: output.say(
                    Text(
                        f"The counter: {server.url} (Ctrl-C ends it)",
                        f"เคาน์เตอร์สำนักทะเบียน: {server.url} (กด Ctrl-C เพื่อปิด)",
                    )
                ),
            )
            wait()

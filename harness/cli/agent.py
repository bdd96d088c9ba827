"""``thnid agent``: the programs that hospitals have beside a reader."""

from __future__ import annotations

import click

from harness.cli.eform import command as eform
from harness.cli.output import CommandGroup
from harness.cli.smartcard_agent import serve


@click.group("agent", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """The programs that hospitals have beside a reader."""


command.add_command(serve)
command.add_command(eform)

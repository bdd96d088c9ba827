"""``thnid``: the group of commands, and how an error becomes a sentence and an exit status."""

from __future__ import annotations

import importlib
import sys

import click

_COMMANDS = {
    "demo": ("demo", "The officer login end to end on a fresh virtual card, step by step."),
    "run": ("run", "Run any program with a virtual card in a private PC/SC stack."),
    "card": ("card", "Make virtual cards and look at them; insert and remove them."),
    "readers": ("readers", "List the card readers and what is in them."),
    "read": ("read", "Read everything a card tells."),
    "login": ("login", "Log an officer in with card and PIN."),
    "office": ("office", "The stand-in offices: renew a PIN, replace a card, serve."),
    "serve": ("serve", "Keep a virtual card in a reader for other programs."),
    "doctor": ("doctor", "Check what this machine needs for all of this."),
}


class _Group(click.Group):
    """Loads a command's module only when it is called: start-up time is what users feel most."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"harness.cli.{_COMMANDS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="thnid", prog_name="thnid")
@click.option("--lang", type=click.Choice(["en", "th"]), help="Language of messages; else from LANG.")
def command(lang: str | None) -> None:
    """A virtual Thai national ID card behind a virtual PC/SC reader, and the officer login around it."""


def main() -> None:
    """The console script."""
    from harness.cli.output import GUARDED

    try:
        status = command.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.Abort:
        click.echo("", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GUARDED as error:
        from harness.cli.output import report_error

        sys.exit(report_error(error))
    except BrokenPipeError:
        # The reader of our output has gone: nothing more to say, and nothing to complain about.
        sys.stderr.close()
        sys.exit(141)
    sys.exit(status if isinstance(status, int) else 0)

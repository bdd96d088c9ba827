"""``thnid``: the group of commands, and how an error becomes a sentence and an exit status."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from itertools import takewhile

import click

from harness.cli.output import (
    GUARDED,
    USAGE,
    Output,
    ReaderGone,
    language_of_environment,
    language_option,
    report_error,
)

_HELP_SHOWN = getattr(click.exceptions, "NoArgsIsHelpError", ())  # before click 8.2 there is none
_ENDED_BY_CTRL_C = 130
_ENDED_BY_CLOSED_PIPE = 141

_COMMANDS = {
    "demo": ("demo", "The officer login end to end on a fresh virtual card, step by step."),
    "run": ("run", "Run any program with a virtual card in a private PC/SC stack."),
    "card": ("card", "Make virtual cards and look at them; insert and remove them."),
    "readers": ("readers", "List the card readers and what is in them."),
    "read": ("read", "Read everything a card tells."),
    "login": ("login", "Log an officer in with card and PIN."),
    "office": ("office", "The stand-in offices: PINs, cards, officers' rights; serve them."),
    "backoffice": ("backoffice", "A whole office in one process; its citizens, database, keys, audit log."),
    "agent": (
        "agent",
        "Beside a reader: the SmartCard Agent on 8189, and the officer's screen with E-Form Agent.",
    ),
    "serve": ("serve", "Keep a virtual card in a reader for other programs."),
    "lockout": ("lockout", "Block the card in a reader honestly, by wrong PINs."),
    "learn": ("learn", "Learn the machine of a card's PIN and compare it with its policy."),
    "spec": ("spec", "The card as declared: commands, files, status words, generations."),
    "trace": ("trace", "Show, replay and import recordings of what was said to a card."),
    "scenario": ("scenario", "Play scenario files: given a card, when this happens, then that."),
    "qualify": ("qualify", "A verdict on a reader: measured through PC/SC, with numbers."),
    "lab": ("lab", "Readers on many machines, shared through labgrid."),
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
@language_option
def command() -> None:
    """A virtual Thai national ID card behind a virtual PC/SC reader, and the officer login around it."""


def main() -> None:
    """The console script."""
    _have_standard_streams()
    status = _run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        # It has been told already; what still waits in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _run(arguments: Sequence[str]) -> int:
    """The exit status, once everything has been said."""
    try:
        status = command.main(arguments, prog_name="thnid", standalone_mode=False)
    except click.Abort:
        return _ENDED_BY_CTRL_C
    except ReaderGone:
        return _ENDED_BY_CLOSED_PIPE
    except (click.ClickException, *GUARDED) as error:
        return _refuse(error, arguments)
    return status if isinstance(status, int) else 0


def _refuse(error: Exception, arguments: Sequence[str]) -> int:
    """Say what is wrong with the command line itself, in the form that it asks for; the exit status."""
    if isinstance(error, _HELP_SHOWN):
        error.show()
        return USAGE
    own = list(takewhile(lambda word: word != "--", arguments))
    thai = language_of_environment() == "th"
    for before, word in zip(["", *own], own, strict=False):
        if before == "--lang" or word.startswith("--lang="):
            thai = word.removeprefix("--lang=") == "th"
    return report_error(error, Output(json="--json" in own, language="th" if thai else "en"))


def _have_standard_streams() -> None:
    """Make output safe: a closed stream is the null device, a character that it cannot carry is escaped.

    A closed descriptor 0, 1 or 2 would be given to the next file opened, a card file say, and our messages to it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

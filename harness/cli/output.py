"""What commands print: tables for people, one JSON object for scripts, one sentence for what went wrong.

A person at a terminal gets colour and tables, a pipe gets plain text; ``NO_COLOR`` is honoured. With ``--json`` standard
output carries exactly one JSON object and everything else goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.errors import SpecError
from apdu_specs.language import Language, Text
from emulator.errors import EmulatorError
from harness.errors import HarnessError

if TYPE_CHECKING:
    from rich.console import Console

GUARDED = (HarnessError, EmulatorError, SpecError, OSError)
USAGE = 2
_PIPE_WIDTH = 200


def language() -> Language:
    """From ``--lang`` of the command or the group, else from LC_ALL, LC_MESSAGES, LANG."""
    context = click.get_current_context(silent=True)
    while context is not None:
        if context.params.get("lang"):
            return "th" if context.params["lang"] == "th" else "en"
        context = context.parent
    return language_of_environment()


def language_of_environment() -> Language:
    """Thai if the locale is Thai, else English."""
    setting = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "th" if setting.lower().startswith("th") else "en"


@dataclass(frozen=True)
class Output:
    """Where a command reports: ``json`` chooses the script's form."""

    json: bool
    language: Language

    @cached_property
    def console(self) -> Console:
        """For people. With ``--json`` it is standard error, so that nothing but JSON is on standard output."""
        from rich.console import Console

        # A pipe has no width: wide enough that no field is folded.
        width = None if (sys.stderr if self.json else sys.stdout).isatty() else _PIPE_WIDTH
        return Console(stderr=self.json, highlight=False, width=width)

    def say(self, text: Text, style: str | None = None) -> None:
        """One line for a person, in their language."""
        self.console.print(text.say(self.language), style=style, markup=False)

    def report(self, document: dict[str, Any], show: Callable[[], None]) -> None:
        """``document`` for scripts, or what ``show`` prints for people."""
        if self.json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            show()


def reporting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--json`` and ``--lang``; it gets an ``Output`` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
    @click.option("--lang", type=click.Choice(["en", "th"]), help="Language of messages; else from LANG.")
    @wraps(function)
    def with_output(*args: Any, as_json: bool, lang: str | None, **kwargs: Any) -> Any:
        output = Output(as_json, language())
        try:
            return function(output, *args, **kwargs)
        except GUARDED as error:
            click.get_current_context().exit(report_error(error, output))

    return with_output


def describe(error: BaseException) -> tuple[str, Text, Text, int]:
    """Code, what happened, what to do, exit status of an error of ours."""
    if isinstance(error, HarnessError | EmulatorError):
        return type(error).__name__, error.message, error.what_to_do, error.exit_status
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or str(error)
        return (
            type(error).__name__,
            Text(f"{where}{reason}.", f"{where}{reason}"),
            Text(
                "Check the file or folder, its rights and the room on the disk.",
                "โปรดตรวจสอบแฟ้ม สิทธิ และพื้นที่ว่าง",
            ),
            USAGE,
        )
    return type(error).__name__, Text(f"{error}.", f"{error}"), Text("", ""), USAGE


def report_error(error: BaseException, output: Output | None = None) -> int:
    """Say what went wrong in one sentence and what to do in another; the exit status to end with."""
    output = output or Output(json=False, language=language_of_environment())
    code, message, what_to_do, status = describe(error)
    if output.json:
        document = {
            "error": code,
            "message": message.say(output.language),
            "what_to_do": what_to_do.say(output.language),
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    advice = what_to_do.say(output.language)
    click.echo(f"thnid: {message.say(output.language)}" + (f" {advice}" if advice else ""), err=True)
    return status

"""What commands print: tables for people, one JSON object for scripts, one sentence for what went wrong.

A person at a terminal gets colour and tables, a pipe gets plain text; ``NO_COLOR`` is honoured. With ``--json`` standard
output carries exactly one JSON object and everything else goes to standard error.
"""

from __future__ import annotations

import contextlib
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
from apdu_specs.system_errors import reason_of
from emulator.errors import EmulatorError
from harness.errors import HarnessError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

GUARDED = (HarnessError, EmulatorError, SpecError, OSError)
USAGE = 2
_PIPE_WIDTH = 10_000
_LANGUAGE = "harness.cli.output.language"  # where click's context keeps --lang, of the group or the command


class Misuse(click.UsageError):
    """A command line that cannot be meant, in a sentence of ours."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class ReaderGone(Exception):
    """Whoever read our standard output has gone (``| head -1``): nothing to say any more, and nobody to say it to."""


def language() -> Language:
    """From ``--lang`` of the command or the group, else from LC_ALL, LC_MESSAGES, LANG."""
    context = click.get_current_context(silent=True)
    chosen = None if context is None else context.meta.get(_LANGUAGE)
    if chosen is None:
        return language_of_environment()
    return "th" if chosen == "th" else "en"


def language_of_pages() -> Language:
    """What pages and agents that are served begin in: ``--lang`` if it was given, else Thai, as the real ones."""
    context = click.get_current_context(silent=True)
    chosen = None if context is None else context.meta.get(_LANGUAGE)
    return "en" if chosen == "en" else "th"


def language_of_environment() -> Language:
    """Thai if the locale is Thai and standard output can carry it, else English."""
    setting = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "th" if setting.lower().startswith("th") and _carries_thai() else "en"


def as_json(document: dict[str, Any]) -> str:
    """One line of JSON; only ASCII where standard output is not made for more."""
    return json.dumps(document, ensure_ascii=not _carries_thai())


def _carries_thai() -> bool:
    try:
        "ก".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


class CommandGroup(click.Group):
    """A group whose help tells of each command its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(200)) for name, each in commands if each])


@dataclass(frozen=True)
class Output:
    """Where a command reports: ``json`` chooses the script's form."""

    json: bool
    language: Language

    @cached_property
    def console(self) -> Console:
        """For people. With ``--json`` it is standard error, so that nothing but JSON is on standard output."""
        from rich.console import Console

        class Report(Console):
            def on_broken_pipe(self) -> None:
                raise ReaderGone

        # A pipe has no width: wide enough that no field is folded.
        width = None if (sys.stderr if self.json else sys.stdout).isatty() else _PIPE_WIDTH
        return Report(stderr=self.json, highlight=False, width=width)

    def say(self, text: Text, style: str | None = None) -> None:
        """One line for a person, in their language."""
        self.console.print(text.say(self.language), style=style, markup=False)

    def show_table(self, table: Table) -> None:
        """A table; in a pipe without lines around it and without blanks at the ends of lines."""
        if self.console.is_terminal:
            self.console.print(table)
            return
        table.box = None
        with self.console.capture() as captured:
            self.console.print(table)
        for line in captured.get().splitlines():
            self.console.print(line.rstrip(), markup=False, soft_wrap=True)

    def report(self, document: dict[str, Any], show: Callable[[], None]) -> None:
        """``document`` for scripts, or what ``show`` prints for people."""
        if self.json:
            click.echo(as_json(document))
        else:
            show()


def reporting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--json`` and ``--lang``; it gets an ``Output`` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
    @wraps(function)
    def with_output(*args: Any, as_json: bool, **kwargs: Any) -> Any:
        return _guarded(Output(as_json, language()), function, *args, **kwargs)

    return language_option(with_output)


def speaking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that has nothing to report ``--lang``; it gets an ``Output`` as its first argument."""

    @wraps(function)
    def with_output(*args: Any, **kwargs: Any) -> Any:
        return _guarded(Output(json=False, language=language()), function, *args, **kwargs)

    return language_option(with_output)


def language_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--lang``, which ``language`` finds in click's context."""
    return click.option(
        "--lang",
        type=click.Choice(["en", "th"]),
        expose_value=False,
        callback=_remember_language,
        is_eager=True,
        help="Language of messages; else from LANG.",
    )(function)


def _remember_language(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    context.meta[_LANGUAGE] = value or context.meta.get(_LANGUAGE)


def _guarded(output: Output, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(output, *args, **kwargs)
    except BrokenPipeError as error:
        raise ReaderGone from error
    except GUARDED as error:
        click.get_current_context().exit(report_error(error, output))


def describe(error: BaseException) -> tuple[str, Text, Text, int]:
    """Code, what happened, what to do, exit status of an error of ours."""
    if isinstance(error, HarnessError | EmulatorError):
        code = error.code if isinstance(error, HarnessError) else type(error).__name__
        return code, error.message, error.what_to_do, error.exit_status
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        reason = reason_of(error)
        return (
            type(error).__name__,
            Text(f"{where}{reason.en}.", f"{where}{reason.th}"),
            Text(
                "Check the file or folder, its rights and the room on the disk.",
                "โปรดตรวจสอบแฟ้มหรือโฟลเดอร์ สิทธิการใช้งาน และพื้นที่ว่างในดิสก์",
            ),
            USAGE,
        )
    if isinstance(error, click.ClickException):
        return _describe_usage(error)
    return type(error).__name__, Text(f"{error}.", f"{error}"), Text("", ""), USAGE


def _describe_usage(error: click.ClickException) -> tuple[str, Text, Text, int]:
    what = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    help_line = f"{context.command_path if context else 'thnid'} --help"
    return (
        "UsageError",
        _said_by_us(error.text) if isinstance(error, Misuse) else _said_by_click(what),
        Text(f"See '{help_line}'.", f"ดูวิธีใช้ด้วย '{help_line}'"),
        error.exit_code,
    )


def _said_by_us(what: Text) -> Text:
    from harness.cli.usage import PREFIX

    return Text(what.en, f"{PREFIX}{what.th}")


def _said_by_click(what: str) -> Text:
    from harness.cli.usage import in_thai

    return Text(f"{what}.", in_thai(what))


def report_error(error: BaseException, output: Output) -> int:
    """Say what went wrong in one sentence and what to do in another; the exit status to end with."""
    code, message, what_to_do, status = describe(error)
    if output.json:
        document = {
            "error": code,
            "message": message.say(output.language),
            "what_to_do": what_to_do.say(output.language),
            **(error.so_far if isinstance(error, HarnessError) else {}),
        }
        with contextlib.suppress(OSError):  # standard output may be what went wrong
            click.echo(as_json(document))
    advice = what_to_do.say(output.language)
    click.echo(f"thnid: {message.say(output.language)}" + (f" {advice}" if advice else ""), err=True)
    return status

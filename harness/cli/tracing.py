"""``--trace FILE`` and ``--show-personal-data`` for the commands that speak to a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import Misuse, describe, language

if TYPE_CHECKING:
    from emulator.link import CardPort
    from harness.bench import Bench
    from harness.stack import Stack
    from harness.terminals import Terminal
    from harness.trace import Recorder


def trace_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The two options; the command gets ``trace_path`` and ``show_personal_data``."""
    function = click.option(
        "--show-personal-data",
        is_flag=True,
        help="Leave personal data readable in the trace. PINs never are.",
    )(function)
    return click.option(
        "--trace",
        "trace_path",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Record every command and answer here (JSON Lines; see 'thnid trace').",
    )(function)


def _check(trace_path: Path | None, show_personal_data: bool) -> None:
    if show_personal_data and trace_path is None:
        raise Misuse(
            Text(
                "--show-personal-data is about a trace: give --trace FILE too.",
                "--show-personal-data ใช้กับการบันทึก APDU โปรดระบุ --trace FILE ด้วย",
            )
        )


def _recorder(trace_path: Path, source: str, show_personal_data: bool) -> Recorder:
    """A recorder that says once on standard error when it had to give up; what is recorded goes on."""
    from harness.trace import Recorder

    spoken = language()  # here, as click's context is not known in the recorder's thread

    def warn(error: Exception) -> None:
        why = describe(error)[1]
        stopped = Text(
            f"{trace_path}: the trace ends here: {why.en}", f"{trace_path}: หยุดบันทึก APDU: {why.th}"
        )
        click.echo(f"thnid: {stopped.say(spoken)}", err=True)

    return Recorder(trace_path, source=source, show_personal_data=show_personal_data, on_failure=warn)


@contextmanager
def connected(terminal: Terminal, trace_path: Path | None, show_personal_data: bool) -> Iterator[Terminal]:
    """``terminal``, connected, and recorded if a trace is wanted."""
    _check(trace_path, show_personal_data)
    if trace_path is None:
        with terminal:
            yield terminal
        return
    from harness.trace import TracedTerminal

    recorder = _recorder(trace_path, "terminal", show_personal_data)
    with recorder, TracedTerminal(terminal, recorder) as traced:
        yield traced


def card_for(
    card: CardPort, cleanup: ExitStack, trace_path: Path | None, show_personal_data: bool
) -> CardPort:
    """``card``, recorded if a trace is wanted, for a reader that is no bench's."""
    _check(trace_path, show_personal_data)
    if trace_path is None:
        return card
    from harness.trace import TracedCard

    recorder = _recorder(trace_path, "card", show_personal_data)
    cleanup.enter_context(recorder)
    return TracedCard(card, recorder)


def bench_for(stack: Stack, cleanup: ExitStack, trace_path: Path | None, show_personal_data: bool) -> Bench:
    """A bench whose cards are recorded if a trace is wanted, also those that are put in later."""
    from harness.bench import Bench

    _check(trace_path, show_personal_data)
    if trace_path is None:
        return cleanup.enter_context(Bench(stack))
    from harness.trace import TracedCard

    recorder = _recorder(trace_path, "card", show_personal_data)
    cleanup.enter_context(recorder)

    class TracedBench(Bench):
        def insert(self, card: CardPort, reader: int = 0) -> None:
            super().insert(TracedCard(card, recorder), reader)

    return cleanup.enter_context(TracedBench(stack))

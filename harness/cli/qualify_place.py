"""``thnid qualify run --place``: the same run, on a reader of the lab.

The run is a process of its own: libpcsclite reads where its pcscd is once per process, and what is measured is not to share
a process with gRPC. This one has the place meanwhile and gives it back.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from harness.cli.control import CONTROL_VARIABLE
from harness.cli.lab import coordinator_option, lab_module
from harness.cli.output import Output
from harness.cli.run import READER_VARIABLE, end_as, run_program
from harness.lab.errors import LabError, NotGivenBack
from harness.lab.forward import is_here

_OURS = {"place", "coordinator", "wait"}
_PLACE_VARIABLE = "THNID_PLACE"
_HOST_VARIABLE = "THNID_PLACE_HOST"


def place_told() -> dict[str, str | None]:
    """What a record says of the place it was measured at: nothing, if it was here."""
    place, host = os.environ.get(_PLACE_VARIABLE), os.environ.get(_HOST_VARIABLE)
    if place is None:
        return {}
    # The pcscd of another machine tells no version; the one of this machine had no part in it.
    return {"place": place} if host is None else {"place": f"{place} ({host})", "pcsc": None}


def at_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the run ``--place``, with which it happens there; the function gets an ``Output`` first."""

    @click.option(
        "--place", metavar="NAME", help="A place of the lab (thnid lab places) instead of a reader here."
    )
    @coordinator_option
    @click.option(
        "--wait",
        type=click.FloatRange(min=0),
        default=0.0,
        metavar="SECONDS",
        help="Wait that long for a place that somebody has.",
    )
    @wraps(function)
    def here_or_there(
        output: Output, place: str | None, coordinator: str | None, wait: float, **options: Any
    ) -> Any:
        if place is None:
            if coordinator is not None or wait:
                raise click.UsageError("--coordinator and --wait are about a place; add --place NAME.")
            return function(output, **options)
        return _run_at(output, place, coordinator, wait)

    return here_or_there


def _run_at(output: Output, place: str, coordinator: str | None, wait: float) -> int:
    """Run this command at the place; its exit status. Raises LabError, LabMissing."""
    context = click.get_current_context()
    if context.params.get("reader_name") is not None:
        raise click.UsageError("--place says which reader; leave out --reader.")
    lab, reading = lab_module("coordinator"), lab_module("place")
    address = lab.chosen_address(coordinator)

    def not_given_back(error: LabError) -> None:
        sentence = NotGivenBack(place, error.message)
        said = f"{sentence.message.say(output.language)} {sentence.what_to_do.say(output.language)}"
        click.echo(f"thnid: {said}", err=True)

    with (
        _stopping_raises(),
        lab.held(address, place, wait, not_given_back=not_given_back) as reader,
        reading.forwarded(reader) as driver,
    ):
        name, control = driver.reader_name, driver.get_control()
        click.echo(f"{place}: {name} ({reader.host})", err=True)
        told = {
            CONTROL_VARIABLE: control,
            READER_VARIABLE: name if control else None,
            _PLACE_VARIABLE: place,
            _HOST_VARIABLE: None if is_here(reader.host) else reader.host,
        }
        # What is not told here must not come from a 'thnid run' around us: that would move another reader's card.
        kept = {variable: value for variable, value in os.environ.items() if variable not in told}
        given = {variable: value for variable, value in told.items() if value is not None}
        environment = {**kept, **driver.get_environment(), **given}
        arguments = [sys.executable, "-m", "harness.cli", "qualify", "run", "--reader", name]
        status = run_program(
            sys.executable, [*arguments, "--lang", output.language, *_given(context)], environment
        )
    return end_as(status)


def _given(context: click.Context) -> Iterator[str]:
    """The options as they were given, without those about the place."""
    for option in context.command.params:
        name = str(option.name)
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in _OURS and option.expose_value and isinstance(option, click.Option):
            value = context.params[name]
            for each in value if option.multiple else (value,):
                yield from [option.opts[0]] if option.is_flag else [option.opts[0], str(each)]


@contextmanager
def _stopping_raises() -> Iterator[None]:
    """Whatever asks this process to end does so as Ctrl-C does: by way of giving the place back."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

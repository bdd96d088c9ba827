"""``--fault``, ``--fault-seed`` and ``--timing``: how a virtual reader and the card in it misbehave and how fast they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.output import Output
from harness.stack import Stack
from harness.terminals.scard import SOCKET_VARIABLE

if TYPE_CHECKING:
    from emulator.link import CardPort

_LIST = "list"


def habit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The three options; the command gets ``fault_texts``, ``fault_seed`` and ``timing``."""
    for option in reversed(
        (
            click.option(
                "--fault",
                "fault_texts",
                multiple=True,
                metavar="NAME[=ARG]",
                help="A misbehaviour of the reader, or of the card that is in at the start; 'list' shows them.",
            ),
            click.option(
                "--fault-seed", type=int, default=0, help="What faults do by chance, as a number (default 0)."
            ),
            click.option("--timing", metavar="NAME", help="As slow as real ones; 'list' shows which."),
        )
    ):
        function = option(function)
    return function


def list_habits(output: Output, fault_texts: Sequence[str], timing: str | None) -> bool:
    """Whether a list was asked for; it has been printed then."""
    if _LIST in fault_texts:
        from emulator.zoo import list_faults

        list_faults(click.echo, output.language)
    if timing == _LIST:
        from emulator.timing import list_models

        list_models(click.echo, output.language)
    return _LIST in (*fault_texts, timing)


class Habits:
    """What the options asked for. Raises UnknownFault, UnknownTiming."""

    def __init__(self, fault_texts: Sequence[str], seed: int, timing: str | None) -> None:
        if fault_texts:
            from emulator.zoo import choose

            self._faults = choose(fault_texts, seed)
        else:
            self._faults = []
        if timing is None:
            self._timing = None
        else:
            from emulator.timing import model_called

            self._timing = model_called(timing)

    def of_card(self, card: CardPort) -> CardPort:
        """The card that is in at the start, with its own faults; they go when it does."""
        return self._over(card, "card")

    def of_reader(self, card: CardPort) -> CardPort:
        """What the reader makes of each card that is put in; every one finds it as the first did."""
        if self._timing is not None:
            from emulator.timing import TimedCard

            card = TimedCard(card, self._timing)
        return self._over(card, "reader")

    @property
    def need_service(self) -> bool:
        """Whether a fault of the PC/SC service was asked for, which needs a private stack."""
        return any(each.fault.place.value == "service" for each in self._faults)

    def of_service(self, stack: Stack, cleanup: ExitStack) -> dict[str, str]:
        """The variable that leads programs to a PC/SC service with faults, if one was asked for."""
        chosen = [each for each in self._faults if each.fault.place.value == "service"]
        if not chosen:
            return {}
        from emulator.zoo.service import SOCKET_NAME, Misled

        path = Path(stack.socket_path).parent / SOCKET_NAME
        misled = cleanup.enter_context(Misled(path, stack.socket_path, chosen))
        return {SOCKET_VARIABLE: misled.path}

    def _over(self, card: CardPort, place: str) -> CardPort:
        for each in self._faults:
            if each.fault.place.value == place:
                card = each.over(card)
        return card

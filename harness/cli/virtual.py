"""The virtual card that a command puts into a reader: from a file, or a fresh one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from apdu_specs.errors import SpecError
from apdu_specs.generations import DEFAULT, GENERATIONS, Generation, by_name
from apdu_specs.language import Text
from apdu_specs.pin_policy import NATIONAL
from emulator.card import Card
from emulator.card.card_file import open_card
from emulator.card.issue import DEFAULT_PIN, DEFAULT_SEED, card_from_seed, card_in_memory
from emulator.card.policy_file import policy_called
from emulator.errors import BadCard
from emulator.holders.odd import odd_holder


def card_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--card FILE``, or what a fresh card is to be like."""
    for option in reversed(
        (
            click.option(
                "--card",
                "card_path",
                type=click.Path(path_type=Path),
                help="A card file; else a fresh card in memory.",
            ),
            click.option("--generation", help=f"Card family of a fresh card (default {DEFAULT.name})."),
            click.option("--pin", help=f"PIN of a fresh card (default {DEFAULT_PIN})."),
            click.option("--failures", type=int, help="Wrong PINs that a fresh card has seen (default 0)."),
            click.option("--seed", type=int, help=f"Holder of a fresh card (default {DEFAULT_SEED})."),
            click.option("--policy", help="PIN policy of a fresh card: a name or a YAML file."),
            click.option("--holder", help="A holder that breaks naive programs; see 'thnid card holders'."),
        )
    ):
        function = option(function)
    return function


def take_card(
    card_path: Path | None,
    generation: str | None,
    pin: str | None,
    failures: int | None,
    seed: int | None,
    policy: str | None,
    holder: str | None,
) -> Card:
    """The card these options mean. A file is ours alone until the card is closed."""
    if card_path is None:
        number = DEFAULT_SEED if seed is None else seed
        personalisation = card_from_seed(
            number,
            generation=DEFAULT if generation is None else generation_called(generation),
            policy=NATIONAL if policy is None else policy_called(policy),
            holder=None if holder is None else odd_holder(holder, number),
        )
        return card_in_memory(
            personalisation, pin=DEFAULT_PIN if pin is None else pin, failures=failures or 0
        )
    given = {
        "--generation": generation,
        "--pin": pin,
        "--failures": failures,
        "--seed": seed,
        "--policy": policy,
        "--holder": holder,
    }
    superfluous = [name for name, value in given.items() if value is not None]
    if superfluous:
        names = ", ".join(superfluous)
        raise BadCard(
            Text(
                f"A card file is as it is: {names} cannot change it.",
                f"แฟ้มบัตรมีค่าของตัวเองแล้ว จึงใช้ {names} ไม่ได้",
            ),
            Text("Leave out --card for a fresh card.", "หากต้องการบัตรใหม่ ไม่ต้องระบุ --card"),
        )
    return open_card(card_path)


def generation_called(name: str) -> Generation:
    """The card family of that name, as ``by_name`` finds it. Raises BadCard, which says which there are."""
    try:
        return by_name(name)
    except SpecError:
        names = ", ".join(GENERATIONS)
        raise BadCard(
            Text(f"There is no generation {name!r}.", f"ไม่มีบัตรรุ่น {name!r}"),
            Text(
                f"There are: {names}. 'thnid card generations' tells more.",
                f"รุ่นที่มีคือ {names} ดูเพิ่มเติมด้วย 'thnid card generations'",
            ),
        ) from None


def pin_of(card: Card) -> str:
    """The PIN that a virtual card would accept: for THNID_PIN, so that a login in a script needs no prompt."""
    return card.counters.pin.decode("ascii")

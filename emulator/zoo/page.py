"""``docs/faults.md``, made of the declarations: the faults, what cannot be one, the timing models."""

from __future__ import annotations

from apdu_specs.reference.markdown import both, table
from emulator.timing import MODELS
from emulator.zoo import FAULTS, Family, Fault, Place

_INTRO = """\
# Bad readers, bad cards, and how fast they are

Made of the declarations in `emulator/` by `python -m emulator.zoo`; do not edit.

`thnid run --fault NAME[=NUMBER] -- COMMAND` runs any program with a reader or card that misbehaves. Several may be given;
the first is nearest to the card. What happens by chance is the same for the same `--fault-seed`.

A fault of the *card* goes when the card is taken out. One of the *reader* stays for every card that is put in, and begins
anew with each, but for what it is said to remember. One of the *service* lies between programs and pcscd. *Caught by* names the criteria of `thnid qualify` that
a reader with this fault fails; *marginal*: that it does not fail, but is told of. [matrix.md](matrix.md) has what all criteria
say of all faults.
"""

_LIMITS = """\
## What no proxy between pcscd and the card can do

* **Ignore exclusive access, mix the answers of two programs**: who shares a reader is decided in pcscd, and a card does not
  learn which program speaks. `ignores-exclusive` and `mixed-answers` therefore misbehave between programs and pcscd, on a
  socket of their own that `thnid run` hands to the program. To a program it looks like a faulty PC/SC service. What a reader
  itself can do is `stale` and `off-by-one`: another answer, whoever asked.
* **Blocking, transactions, cancelling**: pcscd's too. No fault touches them.
* **Electricity**: voltage, clock, parity, PPS, NULL bytes and procedure bytes do not exist behind vpcd. `wrong-protocol`
  changes what the ATR offers; `baud` and the timing models change how long things take; nothing changes a signal.
* **An error code for a failed command**: vpcd can only give an answer, be silent, or lose the card. A command that a real
  reader would refuse with a code of the driver's gets `67 00` here (`nak-long`, `no-extended`).
* **Half a frame**: a torn length kills pcscd 1.9.9 and an empty answer hangs it, whatever program runs. That shows a fault of
  pcscd, not how a program takes a bad reader, so no fault sends either.
* **A card that leaves in mid-command** (`removed`, `lost-removal` when spoken to): pcscd with vpcd reports success with no
  bytes, where a USB reader gives an error code.
* **A reader that is unplugged**: a vpcd reader lives as long as its pcscd.
"""

_TIMING = """\
## Timing models

`thnid run --timing NAME -- COMMAND` makes reader and card as slow as real ones; without it they are as fast as they can be.
One character takes 12 etu, N more towards the card (TC1); an etu is F/D clock cycles, from the ATR's TA1 where the model says
so. A processing time that is longer than the waiting time costs a NULL byte for each. Processing times are *assumed*.
"""


def page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for family in Family:
        faults = [fault for fault in FAULTS.values() if fault.family is family]
        parts.append(f"## {family.value.en.capitalize()}\n")
        rows = [_row(fault) for fault in faults]
        parts.append(table(("fault", "lives in", "what is seen", "number", "caught by"), rows))
    parts.append(_LIMITS)
    parts.append(_TIMING)
    models = (
        (
            f"`{model.name}`",
            both(model.meaning),
            f"{model.clock_hz / 1e6:.4g} MHz",
            "TA1" if model.uses_ta1 else "372/1",
            f"{model.per_apdu_s * 1000:g} ms",
            ", ".join(f"{command.name} {s * 1000:g}" for command, s in model.processing_s.items()) or "none",
        )
        for model in MODELS.values()
    )
    parts.append(table(("model", "what it stands for", "clock", "F/D", "each command", "card, ms"), models))
    return "\n".join(parts)


def _row(fault: Fault) -> tuple[str, str, str, str, str]:
    meaning = both(fault.meaning) + (f". {both(fault.note)}" if fault.note else "")
    number = f"{both(fault.argument.meaning)}; {fault.default}" if fault.argument else "none"
    caught = ", ".join(fault.caught_by) + (" (marginal)" if fault.only_marginal else "")
    return f"`{fault.name}`", _PLACES[fault.place], meaning, number, caught


_PLACES = {Place.CARD: "card", Place.READER: "reader", Place.SERVICE: "service"}

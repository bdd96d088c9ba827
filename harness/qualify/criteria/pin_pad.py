"""PIN pads: a reader with keys of its own says what it can do. No PIN is asked for or presented here."""

from __future__ import annotations

from apdu_specs.language import Text
from harness.qualify.calls import SUCCESS
from harness.qualify.criteria.identity import control_codes, features_of
from harness.qualify.criterion import Declarations, DoesNotApply, Family, Measurement, pcsc
from harness.qualify.subject import Subject
from harness.terminals.scard import Share

declare = Declarations(Family.IDENTITY)
_PAD = {0x06: "VERIFY", 0x07: "MODIFY"}
"""FEATURE_VERIFY_PIN_DIRECT and FEATURE_MODIFY_PIN_DIRECT (PC/SC part 10, 2.3)."""
_PIN_PROPERTIES = 0x0A
_PROPERTIES_LENGTH = 4  # display: columns and lines; entry validation; time-out


@declare(
    "PP-1",
    "A PIN pad tells what it can do",
    "แป้นใส่รหัส PIN แจ้งความสามารถของตน",
    basis=pcsc("part 10, FEATURE_IFD_PIN_PROPERTIES"),
    needs=(),
)
def pin_pad(subject: Subject) -> Measurement:
    """Whether a reader that verifies or changes PINs by itself also tells its display and how an entry ends."""
    with subject.connection(Share.DIRECT) as connection:
        codes = control_codes(features_of(connection))
        offered = [name for tag, name in _PAD.items() if tag in codes]
        if not offered:
            raise DoesNotApply(Text("The reader has no PIN pad.", "เครื่องอ่านไม่มีแป้นใส่รหัส PIN"))
        told = b""
        if _PIN_PROPERTIES in codes:
            code, values = connection.call("SCardControl", codes[_PIN_PROPERTIES], [])
            told = bytes(values[0]) if code == SUCCESS and values else b""
    shown = ", ".join(offered)
    if len(told) >= 2 and any(told[:2]):
        shown += f"; {told[0]} x {told[1]}"
    return Measurement(len(told) == _PROPERTIES_LENGTH, Text(shown, shown))

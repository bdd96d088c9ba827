"""PINs that are easily guessed. The owner is warned and may insist: the card takes every PIN of four digits.

Source: manual, "how to get a PIN": the owner should choose one that others can hardly guess. Which those are is ``assumed``.
"""

from __future__ import annotations

import itertools

from apdu_specs.language import Text
from apdu_specs.values import BUDDHIST_ERA, BuddhistDate

SAME_DIGITS = Text("it is one digit four times", "เป็นเลขเดียวกันทั้งหมด")
A_RUN = Text("its digits go up or down one by one", "เป็นเลขเรียงขึ้นหรือเรียงลง")
A_PAIR = Text("it is a pair of digits twice", "เป็นเลขสองหลักซ้ำกันสองครั้ง")
A_COLUMN = Text("it is a column of the PIN pad", "เป็นแถวแนวตั้งของแป้นใส่รหัส PIN")
A_BIRTH_YEAR = Text("it is the year of birth", "เป็นปีเกิด")
A_BIRTHDAY = Text("it is the day and month of birth", "เป็นวันและเดือนเกิด")
OF_THE_ID = Text("these digits stand in a row in the citizen id", "เป็นเลขที่เรียงติดกันอยู่ในเลขประจำตัวประชาชน")

_COLUMNS = ("2580", "0852")


def weaknesses(pin: str, *, citizen_id: str = "", born: BuddhistDate | None = None) -> tuple[Text, ...]:
    """Why a PIN (4 digits) of this owner is easily guessed; nothing when it is not."""
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in itertools.pairwise(digits)}
    found = (
        (steps == {0}, SAME_DIGITS),
        (steps in ({1}, {9}), A_RUN),
        (pin[:2] == pin[2:] and steps != {0}, A_PAIR),
        (pin in _COLUMNS, A_COLUMN),
        (pin in _years(born), A_BIRTH_YEAR),
        (pin in _days(born), A_BIRTHDAY),
        (pin in citizen_id, OF_THE_ID),
    )
    return tuple(why for is_so, why in found if is_so)


def _years(born: BuddhistDate | None) -> tuple[str, ...]:
    """In both eras."""
    return () if born is None else (f"{born.year:04}", f"{born.year - BUDDHIST_ERA:04}")


def _days(born: BuddhistDate | None) -> tuple[str, ...]:
    """Day and month in either order."""
    if born is None or born.day is None or born.month is None:
        return ()
    return (f"{born.day:02}{born.month:02}", f"{born.month:02}{born.day:02}")

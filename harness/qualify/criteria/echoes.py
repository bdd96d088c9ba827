"""Echoes: what only a test card can show of a reader's transfers.

All lengths of commands, extended ones, bytes in any order, and every status word (``apdu_specs.test_card``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from apdu_specs import adm, test_card
from apdu_specs.apdu import MAX_ANSWER, MAX_SHORT_DATA, SW_LENGTH
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import Family as StatusFamily
from apdu_specs.status import StatusWord
from harness.qualify.calls import LIMIT_S, SUCCESS, code_name
from harness.qualify.criteria.transfers import counted
from harness.qualify.criterion import (
    NONE,
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    iso,
    proposed,
)
from harness.qualify.subject import Subject
from harness.terminals.scard import ResultCode

declare = Declarations(Family.TRANSFERS)

_EDGES = (
    *(0, 1, 2, 15, 16, 17, 19, 31, 32, 33, 63, 64, 65),
    *(127, 128, 129, 191, 192, 193, 252, 253, 254, 255, 256),
)
_LEAST_LENGTHS = 40
_REPEATED = 16  # bytes of one value
_LONGEST_S = 0.7 * LIMIT_S  # of one command, on a slow line
_SLOW_STEP = 1024  # a slow line carries this, where it has no time for the next step
_A_FEW_EXTENDED = (MAX_ANSWER + 1, 300, 1000, 5000)
_EXTENDED_STEP = {"quick": 8192, "full": 1021}
_LINE_VALUES = bytes.fromhex("0D 0A 10 02 03 1B 11 13 00 FF 7E 7D 04 06 15 C0 DB")
"""What one line or another takes for its own: ends of lines, STX and ETX, escapes, XON and XOFF, frames of HDLC and SLIP."""
_VALUES = bytes(dict.fromkeys(_LINE_VALUES + bytes(range(256))))
_LINE_PIECES = 2 * len(_LINE_VALUES) * len(_VALUES) // (MAX_SHORT_DATA - 1) + 1
"""So many pieces of ``pairs_in_pieces`` have all pairs with one of ``_LINE_VALUES``."""
_FIRST_BYTES = tuple(
    sw1
    for sw1 in (*range(0x61, 0x70), *range(0x90, 0xA0))
    if sw1 << 8 not in (StatusFamily.BYTES_WAITING, StatusFamily.WRONG_LE)
)
_SIXTEENS = (0x6280, 0x6380, 0x63C0, 0x6480, 0x6580, 0x6880, 0x6980, 0x6A80)
"""From each of these on sixteen words mean something, or may (ISO/IEC 7816-4 5.6)."""
_NO_PIN = b"0" * adm.PIN_LENGTH
_SETS_A_PIN = (
    adm.CHANGE_REFERENCE_DATA.encode({"old": _NO_PIN, "new": _NO_PIN}),
    adm.RESET_RETRY_COUNTER.encode(_NO_PIN),
)
_WITH_DATA = (StatusWord.OK, 0x6281, 0x6282, 0x6381, 0x63C3)
_SOME_DATA = 16


class Carried(NamedTuple):
    """Lengths by what became of them: ``good`` arrived, ``wrong`` did not; ``spoilt`` are those of ``wrong`` that were not
    refused either, be it by an error code or a bare status word."""

    good: list[int]
    wrong: list[int]
    spoilt: list[int]


def _carried(
    subject: Subject, commands: dict[int, bytes], right: Callable[[int], bytes], *, stop: bool = False
) -> Carried:
    """What became of ``commands``; ``stop`` at the first that did not work, or would take too long.

    Without ``stop`` the lengths at which readers stumble come first: on a slow line there is no time for all.
    """
    found = Carried([], [], [])
    a_byte_s = 0.0
    all_of_them = len(commands)
    rounds = subject.rounds(
        quick=all_of_them, full=all_of_them, least=all_of_them if stop else _LEAST_LENGTHS
    )
    edges = [] if stop else [each for each in _EDGES if each in commands]
    with subject.connection() as connection:
        for length, _ in zip(dict.fromkeys([*edges, *commands]), rounds, strict=False):
            command = commands[length]
            if stop and length * a_byte_s > _LONGEST_S:
                break
            started = time.monotonic()
            code, answer = connection.transmit_timed(command)
            a_byte_s = (time.monotonic() - started) / len(command + answer)
            _require_card(code)
            if code == SUCCESS and answer == right(length):
                found.good.append(length)
                continue
            found.wrong.append(length)
            if code == SUCCESS and (len(answer) != SW_LENGTH or answer == StatusWord.OK.raw):
                found.spoilt.append(length)
            if stop:
                break
    found.wrong.sort()
    return found


def _require_card(code: int) -> None:
    """CannotMeasure if ``code`` says that the card has left."""
    if code in (ResultCode.NO_SMARTCARD, ResultCode.REMOVED_CARD):
        raise CannotMeasure(Text(code_name(code), code_name(code)))


def _both_ways(length: int) -> bytes:
    """The right answer to an ECHO of ``length`` bytes."""
    return test_card.pattern(length) + StatusWord.OK.raw


@declare(
    "TX-10",
    "Test card: answers of every length from 1 to 256 (case 2)",
    "บัตรทดสอบ: คำตอบทุกความยาว 1 ถึง 256 ไบต์ (กรณี 2)",
    unit="lengths",
    limits=NONE,
    basis=iso("7816-3 12.1.1"),
    needs=(Need.FAULT_CARD,),
)
def answers(subject: Subject) -> Measurement:
    """ECHO with every Le."""
    commands = {length: test_card.encode(le=length) for length in range(1, MAX_ANSWER + 1)}
    return counted(_carried(subject, commands, _both_ways).wrong)


@declare(
    "TX-11",
    "Test card: commands of every length from 1 to 255 (case 3)",
    "บัตรทดสอบ: คำสั่งทุกความยาว 1 ถึง 255 ไบต์ (กรณี 3)",
    unit="lengths",
    limits=NONE,
    basis=iso("7816-3 12.1.1"),
    needs=(Need.FAULT_CARD,),
)
def commands(subject: Subject) -> Measurement:
    """ECHO with every Lc; the card checks the data."""
    lengths = range(1, MAX_SHORT_DATA + 1)
    commands = {length: test_card.encode(test_card.pattern(length)) for length in lengths}
    return counted(_carried(subject, commands, lambda _: StatusWord.OK.raw).wrong)


@declare(
    "TX-12",
    "Test card: every length there and back, and other lengths back than there (case 4)",
    "บัตรทดสอบ: ส่งและรับทุกความยาว และรับด้วยความยาวที่ต่างจากที่ส่ง (กรณี 4)",
    unit="lengths",
    limits=NONE,
    basis=iso("7816-3 12.1.1"),
    needs=(Need.FAULT_CARD,),
)
def there_and_back(subject: Subject) -> Measurement:
    """ECHO with every Lc and as much Le; at the edges also with half of it, and with Le 00."""
    edges = [length for length in _EDGES if 1 < length <= MAX_SHORT_DATA]

    def wrong(lengths: Iterable[int], le: Callable[[int], int]) -> list[int]:
        data = {length: test_card.pattern(length) for length in lengths}
        commands = {length: test_card.encode(data[length], le=le(length)) for length in data}
        return _carried(subject, commands, lambda length: _both_ways(min(length, le(length)))).wrong

    return counted(
        sorted(
            {
                *wrong(range(1, MAX_SHORT_DATA + 1), lambda length: length),
                *wrong(edges, lambda length: length // 2),
                *wrong(edges, lambda _: MAX_ANSWER),
            }
        )
    )


def pairs_in_pieces() -> list[bytes]:
    """Every two byte values in a row, once, in pieces for ECHO; those with one of ``_LINE_VALUES`` first.

    A de Bruijn sequence, made of Lyndon words in order; a piece begins with the byte that the one before ended with.
    """
    whole = b"".join(
        bytes((one,)) + bytes(each for other in _VALUES[place + 1 :] for each in (one, other))
        for place, one in enumerate(_VALUES)
    )
    whole = whole[-1:] + whole
    return [whole[at : at + MAX_SHORT_DATA] for at in range(0, len(whole) - 1, MAX_SHORT_DATA - 1)]


class _Exchange(NamedTuple):
    """A command and its right answer."""

    command: bytes
    answer: bytes


def _spoilt(subject: Subject, exchanges: list[_Exchange], least: int) -> Measurement:
    """How many answers were others, and where the first of them differed; on a slow line of the first ``least`` at least."""
    wrong: list[Text] = []
    sent = 0
    with subject.connection() as connection:
        for number in subject.rounds(quick=len(exchanges), full=len(exchanges), least=least):
            command, right = exchanges[number]
            code, answer = connection.transmit_timed(command)
            _require_card(code)
            if code != SUCCESS:
                wrong.append(Text(code_name(code), code_name(code)))
            elif answer != right:
                wrong.append(_difference(right, answer))
            sent = number + 1
    if wrong:
        return Measurement(len(wrong), wrong[0])
    of = len(exchanges)
    slow = Text(f"{sent} of {of} commands: the line is slow", f"{sent} จาก {of} คำสั่ง เนื่องจากสายสัญญาณช้า")
    return Measurement(0, slow if sent < of else None)


def _difference(right: bytes, answer: bytes) -> Text:
    """The first byte that differs, with one before it and two after."""
    pairs = enumerate(zip(right, answer, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(right), len(answer)))
    around = slice(max(0, at - 1), at + 3)
    sent, came = right[around].hex(" ").upper(), answer[around].hex(" ").upper() or "-"
    return Text(f"{sent} became {came}", f"{sent} กลายเป็น {came}")


@declare(
    "TX-16",
    "Test card: every byte value, and every two in a row, arrive unchanged both ways",
    "บัตรทดสอบ: ไบต์ทุกค่าและทุกคู่ที่ติดกันไปและกลับโดยไม่ผิดเพี้ยน",
    unit="answers that differ",
    limits=NONE,
    basis=proposed("no line may take bytes for its own: XON, XOFF, NUL, the eighth bit, CR LF, an escape"),
    needs=(Need.FAULT_CARD,),
)
def bytes_in_a_row(subject: Subject) -> Measurement:
    """ECHO of all pairs, and of each value many times in a row; first of what lines use, for a slow one."""
    pieces = pairs_in_pieces()
    runs = [bytes((value,)) * _REPEATED + bytes((value ^ 0xFF, value, 0)) for value in _VALUES]
    data = [*pieces[:_LINE_PIECES], *runs, *pieces[_LINE_PIECES:]]
    exchanges = [_Exchange(test_card.encode(each, le=len(each)), each + StatusWord.OK.raw) for each in data]
    return _spoilt(subject, exchanges, _LINE_PIECES + _LEAST_LENGTHS)


def status_words(*, every: bool) -> list[int]:
    """Those that mean something, and the ends of each SW1's range; ``every`` adds all others that begin with 6.

    Without 61 xx and 6C xx: TX-5 and TX-6 ask what becomes of them.
    """
    meant = [word for first in _SIXTEENS for word in range(first, first + 16)]
    ends = [sw1 << 8 | sw2 for sw1 in _FIRST_BYTES for sw2 in (0x00, 0x01, 0xFF)]
    others = [sw1 << 8 | sw2 for sw1 in _FIRST_BYTES if sw1 < 0x70 for sw2 in range(256)] if every else []
    return list(dict.fromkeys([*(int(each) for each in StatusWord), *meant, *ends, *others]))


@declare(
    "TX-17",
    "Test card: status words of every kind arrive unchanged, those to PIN commands too",
    "บัตรทดสอบ: รหัสสถานะทุกชนิดมาถึงโดยไม่ผิดเพี้ยน รวมทั้งคำตอบต่อคำสั่งเกี่ยวกับ PIN",
    unit="answers that differ",
    limits=NONE,
    basis=proposed(
        "a status word is all that tells a wrong PIN from a suspended, and that from a locked one"
    ),
    needs=(Need.FAULT_CARD,),
)
def each_status_word(subject: Subject) -> Measurement:
    """TELL of those that mean something, and some with data; in the full profile of all that begin with 6.

    Then the commands that set a PIN: the test card knows neither and says so, whatever a reader would answer by itself.
    """
    words = status_words(every=subject.times(quick=0, full=1) == 1)
    exchanges = [_Exchange(test_card.encode_tell(sw), sw.to_bytes(2, "big")) for sw in words]
    data = test_card.pattern(_SOME_DATA)
    exchanges[_LEAST_LENGTHS:_LEAST_LENGTHS] = [
        _Exchange(test_card.encode_tell(sw, le=len(data)), data + sw.to_bytes(2, "big")) for sw in _WITH_DATA
    ]
    found = _spoilt(subject, exchanges, len(status_words(every=False)))
    return found if found.value else _refused_by_the_card(subject, found)


def _refused_by_the_card(subject: Subject, found: Measurement) -> Measurement:
    """``found`` unless a PIN command was answered otherwise. Only the test card gets one."""
    refusal = StatusWord.UNKNOWN_INSTRUCTION
    with subject.connection() as connection:
        if connection.fetch(SELECT.encode(test_card.AID)).sw != StatusWord.OK:
            raise CannotMeasure(Text("The test card does not tell its applet.", "บัตรทดสอบไม่แจ้งแอปเพล็ตของตน"))
        told = [connection.send(each) for each in _SETS_A_PIN]
    wrong = [each.data + each.sw.to_bytes(2, "big") for each in told if each != (b"", refusal)]
    return Measurement(len(wrong), _difference(refusal.raw, wrong[0])) if wrong else found


def carried_answers(subject: Subject) -> Carried:
    """Extended answers, longer and longer until one does not arrive."""
    commands = {length: test_card.encode(le=length) for length in _extended_lengths(subject)}
    return _carried(subject, commands, _both_ways, stop=True)


def carried_commands(subject: Subject) -> Carried:
    """Extended commands, longer and longer until one does not arrive."""
    lengths = [MAX_SHORT_DATA, *_extended_lengths(subject)]
    commands = {length: test_card.encode(test_card.pattern(length)) for length in lengths}
    return _carried(subject, commands, lambda _: StatusWord.OK.raw, stop=True)


def _extended_lengths(subject: Subject) -> list[int]:
    # 65 526 bytes of data make the longest command that vpcd carries: 65 535 with header and lengths.
    step = subject.times(quick=_EXTENDED_STEP["quick"], full=_EXTENDED_STEP["full"])
    return sorted({*range(MAX_ANSWER, 65526, step), _SLOW_STEP, 65526})


@declare(
    "EXT-1",
    "Test card: the longest extended answer that arrives whole",
    "บัตรทดสอบ: คำตอบแบบขยายที่ยาวที่สุดที่มาถึงครบถ้วน",
    unit="bytes",
    limits=Limits(lower=MAX_ANSWER, marginal_lower=MAX_ANSWER + 1),
    basis=iso("7816-3 12.1.3; how far a reader goes is recorded, no extended length at all is marginal"),
    needs=(Need.FAULT_CARD,),
)
def extended_answers(subject: Subject) -> Measurement:
    """ECHO with extended Le in steps, until one does not work."""
    return Measurement(max(subject.once(carried_answers).good, default=0))


@declare(
    "EXT-2",
    "Test card: the longest extended command that arrives whole",
    "บัตรทดสอบ: คำสั่งแบบขยายที่ยาวที่สุดที่ไปถึงครบถ้วน",
    unit="bytes",
    limits=Limits(lower=MAX_SHORT_DATA, marginal_lower=MAX_SHORT_DATA + 1),
    basis=iso("7816-3 12.1.3; how far a reader goes is recorded, no extended length at all is marginal"),
    needs=(Need.FAULT_CARD,),
)
def extended_commands(subject: Subject) -> Measurement:
    """ECHO with extended Lc in steps, until one does not work."""
    return Measurement(max(subject.once(carried_commands).good, default=0))


@declare(
    "EXT-4",
    "Test card: an extended command is carried, or refused by an error code",
    "บัตรทดสอบ: คำสั่งแบบขยายถูกส่งครบถ้วน หรือถูกปฏิเสธด้วยรหัสข้อผิดพลาด",
    unit="commands",
    limits=NONE,
    basis=proposed(
        "the card takes them all: a status word that refuses one was made up, or the card got another command"
    ),
    needs=(Need.FAULT_CARD,),
)
def extended_honest(subject: Subject) -> Measurement:
    """ECHO both ways with a few extended lengths, and where EXT-1 and EXT-2 came to an end: answers that are not the card's.

    There a refusal may be the card's own: some give no more than 32 767 bytes.
    """
    data = {n: test_card.pattern(n) for n in _A_FEW_EXTENDED}
    commands = [(test_card.encode(le=n), data[n] + StatusWord.OK.raw) for n in data]
    commands += [(test_card.encode(data[n]), StatusWord.OK.raw) for n in data]
    wrong = 0
    for command, right in commands:
        with subject.connection() as connection:  # of its own: what refuses one may end the connection
            code, answer = connection.transmit_timed(command)
            if connection.left:
                raise CannotMeasure(Text(code_name(code), code_name(code)))
            wrong += code == SUCCESS and answer != right
    ends = [
        length for carried in (carried_answers, carried_commands) for length in subject.once(carried).spoilt
    ]
    far = [length for length in ends if length > max(_A_FEW_EXTENDED)]
    if not far:
        return Measurement(wrong)
    told = ", ".join(str(each) for each in far)
    return Measurement(wrong + len(far), Text(f"at {told} bytes", f"ที่ {told} ไบต์"))

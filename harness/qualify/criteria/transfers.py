"""Transfers: every length both ways, and what becomes of 61 xx and 6C xx on the way.

With a national card READ gives every answer length, and SELECT the command lengths that are safe: nothing here could
spend a try of the PIN. What only a test card can show is asked in ``echoes``.
"""

from __future__ import annotations

import threading

from apdu_specs import adm, card_manager, moi, nhso, test_card
from apdu_specs.apdu import MAX_ANSWER, MAX_SHORT_DATA
from apdu_specs.interindustry import FCI, GET_RESPONSE, READ, SELECT
from apdu_specs.language import Text
from apdu_specs.status import Family as StatusFamily
from apdu_specs.status import StatusWord
from harness.qualify.calls import SUCCESS, Connection
from harness.qualify.criterion import (
    EVERY,
    NONE,
    YES,
    CannotMeasure,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    Need,
    iso,
    manual,
    proposed,
)
from harness.qualify.subject import Subject

declare = Declarations(Family.TRANSFERS)

PASSED, SERVED, LOST = "passed", "served", "lost"
_FAR = moi.PHOTO_LENGTH - MAX_ANSWER  # the end of the photo: other bytes in P1 and P2
_SOME_LENGTHS = (1, 2, 16, 17, 128, 255, 256)
_CUTS = ((0, MAX_SHORT_DATA), (100, 241))
"""Lengths of the first piece and of the others: no border is where the other cut has one, but the photo's start."""
_LEAST_PHOTO = 3000  # bytes, in which every value is met a dozen times
_SAMPLE = 200  # bytes that are fetched in pieces
_PIECE = 10
_MOST_TRIES = 8  # of a piece of the reference, with a reader that spoils an answer now and then
_SMALL = 16  # bytes at a time where the reference is read: no reader has trouble with these


def read_command(subject: Subject, offset: int, length: int) -> bytes:
    """READ of ``length`` (1..256) bytes of the photo's block, from ``offset`` in it on."""
    generation = subject.generation
    blocks = (generation.moi_blocks if generation else None) or moi.CURRENT_BLOCKS
    block = next(number for number, file in blocks.items() if "photo" in file)
    at = blocks[block].offset("photo") + offset
    return READ.encode({"block": block, "length": length % MAX_ANSWER}, p1=at >> 8, p2=at & 0xFF)


def select_moi(connection: Connection) -> None:
    """Select the applet with the photo."""
    sw = connection.fetch(SELECT.encode(moi.AID)).sw
    if sw != StatusWord.OK:
        raise CannotMeasure(Text(f"SELECT gave {sw:04X}.", f"คำสั่ง SELECT ให้ผล {sw:04X}"))


def reference(subject: Subject, connection: Connection, start: int = 0) -> bytes:
    """256 bytes of the photo from ``start`` on, read in small pieces, each until it was read twice the same."""
    pieces = range(start, start + MAX_ANSWER, _SMALL)
    return subject.remember(
        f"reference {start}", lambda: b"".join(_piece(subject, connection, at) for at in pieces)
    )


def _piece(subject: Subject, connection: Connection, at: int) -> bytes:
    seen: set[bytes] = set()
    for _ in range(_MOST_TRIES):
        data, sw = connection.fetch(read_command(subject, at, _SMALL))
        if sw == StatusWord.OK and len(data) == _SMALL:
            if data in seen:
                return data
            seen.add(data)
    raise CannotMeasure(Text("The card does not give the photo.", "บัตรไม่ให้ข้อมูลภาพ"))


def counted(wrong: list[int]) -> Measurement:
    """How many lengths went wrong, and the first of them."""
    if not wrong:
        return Measurement(0)
    first = ", ".join(str(each) for each in wrong[:8])
    return Measurement(len(wrong), Text(f"wrong lengths: {first}", f"ความยาวที่ผิด: {first}"))


@declare(
    "TX-13",
    "The card answers from the first command on",
    "บัตรตอบตั้งแต่คำสั่งแรก",
    unit="troubles",
    limits=NONE,
    basis=proposed(
        "the first commands are a program's own; a card that needs a second try is a user's second try"
    ),
    profiles=EVERY,
)
def from_the_first(subject: Subject) -> Measurement:
    """What went wrong while the card was looked at, before anything was measured: silence, a removal, a torn answer."""
    return Measurement(len(subject.troubles), next(iter(subject.troubles), None))


@declare(
    "TX-1",
    "A command without data is answered, the same every time (case 1)",
    "คำสั่งที่ไม่มีข้อมูลได้รับคำตอบเหมือนเดิมทุกครั้ง (กรณี 1)",
    unit="answers that differ",
    limits=NONE,
    basis=iso("7816-3 12.1.1"),
)
def case_1(subject: Subject) -> Measurement:
    """SELECT without an identifier, or ECHO, many times."""
    command = test_card.encode() if subject.card.test else SELECT.encode()
    with subject.connection() as connection:
        answers = [connection.transmit(command) for _ in subject.rounds(quick=50, full=500, least=20)]
    first = answers[0]
    bad = sum(code != SUCCESS or len(raw) < 2 or (code, raw) != first for code, raw in answers)
    return Measurement(bad, _of(len(answers)))


def _of(answers: int) -> Text:
    """Among how many."""
    return Text(f"of {answers} answers", f"จาก {answers} คำตอบ")


@declare(
    "TX-2",
    "Answers of every length from 1 to 256 arrive whole (case 2)",
    "คำตอบทุกความยาว 1 ถึง 256 ไบต์มาถึงครบถ้วน (กรณี 2)",
    unit="lengths",
    limits=NONE,
    basis=manual("section 3.1: reads ISO 7816 cards; ISO/IEC 7816-3 12.1.1"),
    needs=(Need.THAI_CARD,),
)
def every_answer(subject: Subject) -> Measurement:
    """READ of the photo with every length, and some from its end, against what small reads gave."""
    with subject.connection() as connection:
        select_moi(connection)
        right = {start: reference(subject, connection, start) for start in (0, _FAR)}
        wrong = [
            length
            for start, lengths in ((0, range(1, MAX_ANSWER + 1)), (_FAR, _SOME_LENGTHS))
            for length in lengths
            if connection.fetch(read_command(subject, start, length))
            != (right[start][:length], StatusWord.OK)
        ]
    return counted(wrong)


@declare(
    "TX-3",
    "Commands with 1 to 16 bytes of data arrive (case 3)",
    "คำสั่งที่มีข้อมูล 1 ถึง 16 ไบต์ไปถึงบัตร (กรณี 3)",
    unit="lengths",
    limits=NONE,
    basis=manual("section 3.1: writes ISO 7816 cards; ISO/IEC 7816-3 12.1.1"),
    needs=(Need.THAI_CARD,),
)
def short_commands(subject: Subject) -> Measurement:
    """SELECT of identifiers that no card has: each is to be told as not found. No PIN is touched."""
    with subject.connection() as connection:
        wrong = [
            length
            for length in range(1, 17)
            if connection.send(SELECT.encode(b"\xf0" + b"\x5a" * (length - 1))).sw != StatusWord.NOT_FOUND
        ]
    return counted(wrong)


@declare(
    "TX-4",
    "What the card is told arrives unchanged (case 4)",
    "ข้อมูลที่ส่งถึงบัตรไม่ผิดเพี้ยน (กรณี 4)",
    unit="applets",
    limits=NONE,
    basis=iso("7816-4 11.1, SELECT"),
    needs=(Need.THAI_CARD,),
)
def identifiers(subject: Subject) -> Measurement:
    """Each applet's identifier, which the card gives back; an applet that the card lacks does not count."""
    wrong = []
    with subject.connection() as connection:
        for number, aid in enumerate((moi.AID, nhso.NHSO.aid, adm.ADM.aid, card_manager.CARD_MANAGER.aid)):
            data, sw = connection.fetch(SELECT.encode(aid))
            if sw == StatusWord.NOT_FOUND and aid != moi.AID:
                continue
            told_other = bool(data) and data[:1] == b"\x84" and data != FCI.build({"aid": aid})
            if sw != StatusWord.OK or told_other:
                wrong.append(number)
    return counted(wrong)


@declare(
    "TX-5",
    "61 xx: passed to the program, or served by the reader",
    "61 xx ถูกส่งต่อให้โปรแกรม หรือเครื่องอ่านดำเนินการให้",
    limits=Limits(equals=(PASSED,), marginal_equals=(SERVED,)),
    basis=iso("7816-3 12.2.1; programs for Thai cards expect to see it"),
    needs=(Need.THAI_CARD,),
)
def bytes_waiting(subject: Subject) -> Measurement:
    """What a READ of 32 bytes gives by itself: 61 20, the data, or neither; what waits is fetched half a second later (full: 2)."""
    length = 32
    with subject.connection() as connection:
        select_moi(connection)
        right = reference(subject, connection)[:length]
        data, sw = connection.send(read_command(subject, 0, length))
        if sw == StatusFamily.BYTES_WAITING.word(length) and not data:
            # Time itself is what is tried here: what waits is to wait for a program that is slow to fetch it.
            threading.Event().wait(subject.times(quick=1, full=4) / 2)
            fetched = connection.send(GET_RESPONSE.encode(p2=subject.get_response_p2, le=length))
            return Measurement(PASSED if fetched == (right, StatusWord.OK) else LOST)
    return Measurement(SERVED if (data, sw) == (right, StatusWord.OK) else LOST)


@declare(
    "TX-6",
    "6C xx: passed to the program, or served by the reader",
    "6C xx ถูกส่งต่อให้โปรแกรม หรือเครื่องอ่านดำเนินการให้",
    limits=Limits(equals=(PASSED,), marginal_equals=(SERVED,)),
    basis=iso("7816-3 12.2.1; programs for Thai cards expect to see it"),
    needs=(Need.THAI_CARD,),
)
def wrong_le(subject: Subject) -> Measurement:
    """GET RESPONSE with a Le above what waits: the right length is told, or the data given."""
    length = 32
    with subject.connection() as connection:
        select_moi(connection)
        right = reference(subject, connection)[:length]
        data, sw = connection.send(read_command(subject, 0, length))
        if StatusFamily.BYTES_WAITING.number(sw) is None:
            raise DoesNotApply(Text("The reader serves 61 xx itself.", "เครื่องอ่านดำเนินการ 61 xx เอง"))
        p2 = subject.get_response_p2
        data, sw = connection.send(GET_RESPONSE.encode(p2=p2, le=length + 1))
        if sw == StatusFamily.WRONG_LE.word(length) and not data:
            again = connection.send(GET_RESPONSE.encode(p2=p2, le=length))
            return Measurement(PASSED if again == (right, StatusWord.OK) else LOST)
    return Measurement(SERVED if (data, sw) == (right, StatusWord.OK) else LOST)


@declare(
    "TX-7",
    "Le 00 means 256 bytes",
    "Le 00 หมายถึง 256 ไบต์",
    unit="bytes",
    limits=Limits(lower=MAX_ANSWER, upper=MAX_ANSWER),
    basis=iso("7816-3 12.1.3"),
    needs=(Need.THAI_CARD,),
)
def le_zero(subject: Subject) -> Measurement:
    """How many bytes a READ of 256 gives in one answer."""
    with subject.connection() as connection:
        select_moi(connection)
        right = reference(subject, connection)
        data, sw = connection.fetch(read_command(subject, 0, MAX_ANSWER))
    return Measurement(len(data) if sw == StatusWord.OK and data == right[: len(data)] else 0)


@declare(
    "TX-8",
    "Each command reaches the card once",
    "แต่ละคำสั่งไปถึงบัตรเพียงครั้งเดียว",
    unit="answers",
    limits=NONE,
    basis=proposed("a repeated command skips data that waits, or counts a PIN twice"),
    needs=(Need.THAI_CARD,),
)
def once(subject: Subject) -> Measurement:
    """Waiting data is fetched ten bytes at a time: a command that the card got twice skips a piece."""
    with subject.connection() as connection:
        select_moi(connection)
        right = reference(subject, connection)[:_SAMPLE]
        rounds = subject.times(quick=5, full=50)
        return Measurement(sum(_pieces_lost(subject, connection, right) for _ in range(rounds)))


def _pieces_lost(subject: Subject, connection: Connection, right: bytes) -> int:
    """Pieces that were wrong or not announced. DoesNotApply where the card gives no pieces."""
    sw = connection.send(read_command(subject, 0, len(right))).sw
    if StatusFamily.BYTES_WAITING.number(sw) != len(right):
        raise DoesNotApply(Text("The reader serves 61 xx itself.", "เครื่องอ่านดำเนินการ 61 xx เอง"))
    for at in range(0, len(right), _PIECE):
        data, sw = connection.send(GET_RESPONSE.encode(p2=subject.get_response_p2, le=_PIECE))
        left = len(right) - at - _PIECE
        if at == 0 and sw == StatusWord.OK:
            raise DoesNotApply(Text("The card gives no answer in pieces.", "บัตรไม่ให้ข้อมูลเป็นส่วน ๆ"))
        wanted = StatusFamily.BYTES_WAITING.word(left) if left else StatusWord.OK
        if data != right[at : at + _PIECE] or sw != wanted:
            return 1
    return 0


@declare(
    "TX-9",
    "The same data is read the same, up to a thousand times",
    "อ่านข้อมูลเดิมได้เหมือนเดิมทุกครั้ง สูงสุดหนึ่งพันครั้ง",
    unit="answers that differ",
    limits=NONE,
    basis=proposed("a flipped bit is rare: it takes many answers to meet one"),
    needs=(Need.THAI_CARD,),
)
def stable(subject: Subject) -> Measurement:
    """255 bytes from either end of the photo, over and over, against the majority; at least a hundred of a slow card."""
    answers: tuple[dict[bytes, int], ...] = ({}, {})
    with subject.connection() as connection:
        select_moi(connection)
        commands = [read_command(subject, start, MAX_SHORT_DATA) for start in (0, _FAR)]
        for number in subject.rounds(quick=1000, full=5000, least=100):
            data, sw = connection.fetch(commands[number % 2])
            whole = data + sw.to_bytes(2, "big")
            found = answers[number % 2]
            found[whole] = found.get(whole, 0) + 1
    times = sum(sum(each.values()) for each in answers)
    return Measurement(times - sum(max(each.values()) for each in answers), _of(times))


def photos(subject: Subject) -> list[bytes]:
    """The photo in each of ``_CUTS``."""
    with subject.connection() as connection:
        select_moi(connection)
        return [_photo(subject, connection, first, others) for first, others in _CUTS]


def _photo(subject: Subject, connection: Connection, first: int, others: int) -> bytes:
    whole = b""
    while len(whole) < moi.PHOTO_LENGTH:
        wanted = first if first and not whole else min(others, moi.PHOTO_LENGTH - len(whole))
        data, sw = connection.fetch(read_command(subject, len(whole), wanted))
        if sw != StatusWord.OK or len(data) != wanted:
            raise CannotMeasure(Text("The photo does not arrive whole.", "ข้อมูลภาพมาไม่ครบ"))
        whole += data
    return whole


@declare(
    "TX-14",
    "The whole photo is the same, however it is cut into reads",
    "ภาพทั้งภาพเหมือนกัน ไม่ว่าจะแบ่งอ่านอย่างไร",
    unit="bytes that differ",
    limits=NONE,
    basis=proposed("an error that is the same every time shows where the borders are others"),
    needs=(Need.THAI_CARD,),
)
def cut_otherwise(subject: Subject) -> Measurement:
    """Read in pieces of 255, then in pieces with other borders."""
    one, other = subject.once(photos)
    return Measurement(sum(a != b for a, b in zip(one, other, strict=True)))


@declare(
    "TX-15",
    "Every byte value occurs in the photo",
    "พบไบต์ครบทุกค่าในภาพ",
    unit="byte values",
    limits=Limits(upper=8, marginal_upper=0),
    basis=proposed(
        "a JPEG has them all; a line that takes some for its own (XON, XOFF, NUL, the eighth bit) gives others instead"
    ),
    needs=(Need.THAI_CARD,),
)
def every_value_read(subject: Subject) -> Measurement:
    """Values that are missing; the content tells no more than that, so a few are marginal. The test card tells for sure."""
    picture = subject.once(photos)[0].rstrip(b" \x00")
    if len(picture) < _LEAST_PHOTO:
        raise DoesNotApply(Text("The card's photo is too small.", "ภาพในบัตรเล็กเกินไป"))
    return _values(sorted(set(range(256)) - set(picture)))


def _values(wrong: list[int]) -> Measurement:
    """How many byte values went wrong, and the first of them."""
    first = " ".join(f"{value:02X}" for value in wrong[:8])
    return Measurement(len(wrong), Text(first, first) if wrong else None)


@declare(
    "EXT-3",
    "An extended command that is not supported is refused, and the card stays usable",
    "คำสั่งแบบขยายที่ไม่รองรับถูกปฏิเสธ และบัตรยังใช้งานได้",
    limits=YES,
    basis=proposed("an honest error lets a program fall back to short commands"),
    needs=(Need.THAI_CARD,),
)
def extended_refused(subject: Subject) -> Measurement:
    """An extended SELECT: any answer or error will do, as long as the next command works."""
    extended = SELECT.encode()[:4] + b"\x00" + len(moi.AID).to_bytes(2, "big") + moi.AID
    with subject.connection() as connection:
        connection.transmit(extended)
        return Measurement(connection.answers(SELECT.encode(moi.AID)))

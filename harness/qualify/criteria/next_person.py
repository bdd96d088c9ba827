"""What one person leaves in a reader for the next: nothing, neither a PIN session nor what was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu_specs import card_manager, moi
from apdu_specs.apdu import HEADER_LENGTH, MAX_ANSWER, SW_LENGTH
from apdu_specs.errors import SpecError
from apdu_specs.generations import DEFAULT, by_atr
from apdu_specs.interindustry import BLOCK, READ, SELECT
from apdu_specs.language import Text
from apdu_specs.odd_atrs import OddCard
from apdu_specs.status import StatusWord
from harness.client import CardClient, CardContents
from harness.client.chain import Processor, Send
from harness.client.errors import CardNonsense
from harness.errors import CardRefused
from harness.qualify.calls import Connection
from harness.qualify.criteria.thai_card import challenge_of, counter_of, log_in, logins
from harness.qualify.criterion import (
    CannotMeasure,
    Declarations,
    DoesNotApply,
    Family,
    Measurement,
    Need,
    proposed,
)
from harness.qualify.subject import Subject
from harness.terminals.pcsc import DispositionName

declare = Declarations(Family.THAI_CARD)
_RESETS: tuple[tuple[DispositionName, Text], ...] = (
    ("reset", Text("after a reset", "หลังรีเซ็ต")),
    ("unpower", Text("after its power was cut", "หลังตัดไฟ")),
)
_CAME_BACK = Text("when it came back", "เมื่อเสียบกลับ")
_START = 255  # bytes that the person's block begins with: as many as one short answer has
_MORE = 3  # bytes: the citizen number is read once more in an answer of another length


@declare(
    "FL-5",
    "After every kind of reset the card confirms nobody without its PIN",
    "หลังรีเซ็ตทุกแบบ บัตรไม่ยืนยันตัวบุคคลหากไม่ใส่ PIN ใหม่",
    basis=proposed("a PIN session ends with a reset, or the next person inherits it; ISO/IEC 7816-4 12.1"),
    needs=(Need.THAI_CARD, Need.PIN_CONSENT),
)
def session_ends(subject: Subject) -> Measurement:
    """A login, a reset, a cut of power or (if it can be moved) an insertion, then match status without a PIN: refused."""
    subject.once(logins)  # a PIN that turned out to be wrong there is not tried here again
    still_open = []
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        for disposition, when in _RESETS:
            _open_session(subject, client)
            terminal.reconnect(disposition)
            client.forget()
            still_open += [when] if _is_open(subject, client) else []
    if subject.can_move_card:
        _go_and_come_back(subject)
        with subject.terminal() as terminal:
            client = CardClient(terminal, real_card=subject.real_card)
            still_open += [_CAME_BACK] if _is_open(subject, client) else []
    en, th = _joined(still_open)
    return Measurement(not still_open, Text(f"Still open {en}.", f"ยังเปิดอยู่{th}") if still_open else None)


def _open_session(subject: Subject, client: CardClient) -> None:
    log_in(subject, client)
    client.match_status(challenge_of(0))


def _is_open(subject: Subject, client: CardClient) -> bool:
    """Whether the card was seen to be open: it confirms, tells of a PIN that it has, or refuses for another reason."""
    try:
        client.match_status(challenge_of(1))
    except CardRefused as refused:
        # How a real card refuses, nobody here knows.
        other_reason = subject.card.virtual and refused.sw != StatusWord.SECURITY_NOT_SATISFIED
        return other_reason or counter_of(client) is None
    return True


def _go_and_come_back(subject: Subject) -> None:
    """The campaign's card is taken out and put in, with another holder's between where there is one."""
    if OddCard.ANOTHER in subject.actuator.odd_cards:
        subject.once(another_came)
    else:
        subject.reinsert()


@dataclass(frozen=True, slots=True)
class Told:
    """What a card tells of itself: the citizen number, as the first thing read of it, more of the person, the chip's data."""

    number: bytes
    person: bytes
    chip: bytes
    again: bytes
    """The citizen number in an answer of another length, which nobody has asked for before."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Another holder's card in the place of the campaign's, and back; what could not be read is None."""

    own: Told
    own_contents: CardContents | None = field(repr=False)
    other: Told
    other_contents: CardContents | None = field(repr=False)
    other_in_parts: CardContents | None = field(repr=False)
    """As ``other_contents``, in commands that nobody has sent before."""
    back: Told


def another_came(subject: Subject) -> Visit:
    """What the campaign's card told, then another holder's in its place, then the campaign's that came back."""
    own = _told(subject, subject.card.atr, again=_MORE)
    if not own.number:
        raise CannotMeasure(Text("The card does not tell its citizen number.", "บัตรไม่ให้เลขประจำตัวประชาชน"))
    own_contents = _contents(subject)
    subject.have_instead(OddCard.ANOTHER)
    other = _told(subject, OddCard.ANOTHER.atr, again=2 * _MORE)
    contents, in_parts = _contents(subject), _contents(subject, _in_two_parts)
    subject.have_own_card()
    # No more than this of the card that came back: to read everything ends in a reset, and FL-5 looks at it before one.
    back = _told(subject, subject.card.atr, again=3 * _MORE)
    return Visit(own, own_contents, other, contents, in_parts, back)


def _told(subject: Subject, atr: bytes, *, again: int) -> Told:
    generation = by_atr(atr) or DEFAULT
    block, offset, length = generation.locate(moi.MOI, "citizen_id")
    with subject.connection() as connection:
        connection.fetch(SELECT.encode(moi.AID))
        number = _read(connection, block, offset, length)
        person = _read(connection, block, 0, _START)
        more = _read(connection, block, offset, length + again)
        connection.fetch(SELECT.encode(card_manager.CARD_MANAGER.aid))
        chip = connection.fetch(card_manager.GET_CPLC.encode()).data  # old chips refuse
    return Told(number, person, chip, more[:length])


def _contents(subject: Subject, *processors: Processor) -> CardContents | None:
    """All that programs read of a card, photo and rights included; None where it cannot be read."""
    with subject.terminal() as terminal:
        try:
            return CardClient(terminal, processors=processors).read_all()
        except (CardRefused, CardNonsense, SpecError):
            return None


def _in_two_parts(apdu: bytes, send: Send) -> bytes:
    """Sends READ as two READs, the first of some 3/7 of the length: offsets and lengths that no program has."""
    if apdu[:2] not in READ.headers:
        return send(apdu)
    asked = BLOCK.parse(apdu[HEADER_LENGTH + 1 :])
    length = asked.length or MAX_ANSWER
    parts = [each for each in (length * 3 // 7, length - length * 3 // 7) if each]
    at, data, answer = int.from_bytes(apdu[2:HEADER_LENGTH], "big"), b"", b""
    for part in parts:
        answer = send(
            READ.encode({"block": asked.block, "length": part % MAX_ANSWER}, p1=at >> 8, p2=at & 0xFF)
        )
        at, data = at + part, data + answer[:-SW_LENGTH]
    return data + answer[-SW_LENGTH:]


def _read(connection: Connection, block: int, offset: int, length: int) -> bytes:
    """What was told; empty if the card refused."""
    apdu = READ.encode({"block": block, "length": length}, p1=offset >> 8, p2=offset & 0xFF)
    data, sw = connection.fetch(apdu)
    return data if sw == StatusWord.OK else b""


@declare(
    "TH-6",
    "After another person's card each card tells of its own holder",
    "เมื่อสลับกับบัตรของบุคคลอื่น บัตรแต่ละใบให้ข้อมูลของเจ้าของบัตรเอง",
    basis=proposed("the next patient must not get the data of the one before"),
    needs=(Need.THAI_CARD, Need.ACTUATOR),
)
def own_holder(subject: Subject) -> Measurement:
    """Another holder's card in the place of the campaign's, and back: citizen number, first of all, person, chip, and
    everything with photo and rights, of the other card also in commands that nobody has sent before."""
    if OddCard.ANOTHER not in subject.actuator.odd_cards:
        lacking = OddCard.ANOTHER.text
        raise DoesNotApply(Text(f"Needs {lacking.en}.", f"ต้องมี{lacking.th}"))
    visit = subject.once(another_came)
    own, other, back = visit.own, visit.other, visit.back
    back_contents = _contents(subject)
    if None in (visit.own_contents, visit.other_contents, visit.other_in_parts, back_contents):
        raise CannotMeasure(Text("Not all of the cards could be read.", "อ่านข้อมูลในบัตรได้ไม่ครบ"))
    wrong = [
        text
        for text, right in (
            (
                Text("the other card told of the one before", "บัตรของบุคคลอื่นให้ข้อมูลของบัตรใบก่อน"),
                _differ(own, other) and not _same_photo(visit.own_contents, visit.other_contents),
            ),
            (
                Text(
                    "the other card told of the one before in some commands",
                    "บัตรของบุคคลอื่นให้ข้อมูลของบัตรใบก่อนในบางคำสั่ง",
                ),
                visit.other_contents == visit.other_in_parts,
            ),
            (
                Text("the card that came back told otherwise than before", "บัตรที่เสียบกลับให้ข้อมูลต่างจากเดิม"),
                own == back and visit.own_contents == back_contents,
            ),
        )
        if not right
    ]
    return Measurement(not wrong, Text(*_joined(wrong)) if wrong else None)


def _differ(own: Told, other: Told) -> bool:
    """Whether nothing is the same, and the number is the same each time. A chip that tells nothing tells nothing wrong."""
    alike = (
        other.number == own.number,
        other.person == own.person,
        bool(own.chip) and other.chip == own.chip,
    )
    return not any(alike) and len(other.number) == len(own.number) and other.number == other.again


def _same_photo(one: CardContents | None, other: CardContents | None) -> bool:
    """Whether both have it; a blank one may well be on two cards."""
    photo = one and one.person.photo
    return bool(photo and other and photo.strip(b"\x00 ") and photo == other.person.photo)


def _joined(texts: list[Text]) -> tuple[str, str]:
    return ", ".join(each.en for each in texts), ", ".join(each.th for each in texts)

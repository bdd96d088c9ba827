"""NHSO's regional office: receives letters, decides on each officer, and tells every officer by e-mail.

Source: manual, pages 2 and 3. How the office works inside is ``assumed``.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from apdu_specs import replies
from apdu_specs.bangkok import BANGKOK
from apdu_specs.language import Text
from apdu_specs.values import BUDDHIST_ERA
from emulator.offices.audit import AuditLog
from emulator.offices.clock import Clock
from emulator.offices.errors import Fault, Refused
from emulator.offices.levels import Levels
from emulator.offices.mail.outbox import Outbox
from emulator.offices.nhso import Nhso, RevokedBecause, unknown_level
from emulator.offices.rights import words
from emulator.offices.rights.letter import Letter, OfficerEntry, faults, tidied
from emulator.offices.rights.sentences import NEWEST
from emulator.offices.sixty_days import IDLE_DAYS_ALLOWED
from emulator.offices.storage import Storage, digest
from emulator.offices.tables.officers import Officer
from emulator.offices.tables.requests import OfficerContact, RequestedOfficer, RequestLetter

LONGEST_WHY = 300
MOST_NAMED = 5
"""How many other requests of an officer a note names."""

_RECEIPT_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_RECEIPT_LENGTH = 12


class Decision(StrEnum):
    """What became of an officer's request."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the organisation gets for its letter: a reference, and a code to ask with how it stands."""

    reference: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """What who decides on an officer should know. ``requests``: some of those meant, newest first; ``within_reach``: of the region."""

    text: Text
    requests: tuple[str, ...] = ()
    within_reach: frozenset[str] = frozenset()

    @property
    def sentence(self) -> Text:
        """All of it as text."""
        if not self.requests:
            return self.text
        named = ", ".join(self.requests)
        return Text(f"{self.text.en} {NEWEST.en} {named}.", f"{self.text.th} {NEWEST.th} {named}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One officer of a letter that was received. ``position`` counts from 1; ``notes`` are for who decides."""

    position: int
    entry: OfficerEntry
    decision: Decision | None
    decided_at: datetime | None
    why: str | None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A letter that was received."""

    reference: str
    received_at: datetime
    letter: Letter
    asked: tuple[Asked, ...]

    @property
    def waiting(self) -> int:
        """How many officers are not decided on."""
        return sum(each.decision is None for each in self.asked)


@dataclass(frozen=True, slots=True)
class Holder:
    """An officer with a right that stands on paper, or one that ended."""

    citizen_id: str = field(repr=False)
    name: str = field(repr=False)
    organisation: str
    level: str
    granted_at: datetime
    last_login_at: datetime | None
    ended_at: datetime | None
    because: str | None


class RightsOffice:
    """All regional offices; ``region`` None means every region."""

    def __init__(self, storage: Storage, clock: Clock, audit: AuditLog, nhso: Nhso, outbox: Outbox) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._nhso = nhso
        self._outbox = outbox

    @property
    def levels(self) -> Levels:
        """The levels that can be asked for."""
        return self._nhso.levels

    # --- letters ------------------------------------------------------------------------------------------------------

    def receive(self, letter: Letter) -> Receipt:
        """Receive a letter. Raises Refused (request-not-valid, with every fault); then nothing is stored."""
        letter = tidied(letter)
        wrong = faults(letter, self.levels)
        if wrong:
            raise Refused(replies.REQUEST_NOT_VALID, faults=wrong)
        code = "".join(secrets.choice(_RECEIPT_ALPHABET) for _ in range(_RECEIPT_LENGTH))
        now = self._clock.now()
        details: dict[str, str | int | bool | None] = {"officers": len(letter.officers)}
        with self._audit.judged("rights-requested", details=details) as session:
            row = _letter_row(letter, now, digest(code))
            session.add(row)
            session.flush()
            year = now.astimezone(BANGKOK).year + BUDDHIST_ERA
            row.reference = details["reference"] = f"R{year}-{row.number:06}"
            session.add_all(_officer_row(row.number, n, each) for n, each in enumerate(letter.officers, 1))
        return Receipt(row.reference, code)

    def letters(self, region: int | None = None, *, waiting: bool = True) -> tuple[Received, ...]:
        """The letters in which officers wait (or, else, all), oldest first."""
        chosen = select(RequestLetter).order_by(RequestLetter.number)
        if region is not None:
            chosen = chosen.where(RequestLetter.region == region)
        if waiting:
            open_ones = select(RequestedOfficer.letter).where(RequestedOfficer.decision.is_(None))
            chosen = chosen.where(RequestLetter.number.in_(open_ones))
        with self._storage.reading() as session:
            return tuple(self._received(session, row) for row in session.scalars(chosen).all())

    def letter(self, reference: str, region: int | None = None) -> Received:
        """One letter, with notes for who decides. Raises Refused (request-unknown)."""
        with self._storage.reading() as session:
            return self._received(session, _letter(session, reference, region), notes=True, region=region)

    def status(self, reference: str, code: str) -> Received:
        """A letter for the organisation that shows its code. Raises Refused (request-unknown)."""
        with self._storage.reading() as session:
            row = session.scalar(
                select(RequestLetter).where(RequestLetter.reference == reference.strip().upper())
            )
            shown = digest(code.strip().lower().replace("-", "").replace(" ", ""))
            if not hmac.compare_digest(b"" if row is None else row.receipt_digest, shown) or row is None:
                raise Refused(replies.REQUEST_UNKNOWN)
            return self._received(session, row)

    # --- decisions ----------------------------------------------------------------------------------------------------

    def approve(self, reference: str, position: int, *, by: str, region: int | None = None) -> None:
        """Grant an officer the right that the letter asks for; whom the officer replaces loses theirs.

        Raises Refused (request-unknown, request-decided, replaced-officer-elsewhere, request-not-valid when the level is
        not offered any more).
        """
        details: dict[str, str | int | bool | None] = {"reference": reference[:16], "position": position}
        with self._audit.judged("request-approved", actor=by, details=details) as session:
            letter, asked = _undecided(session, reference, position, region)
            level = self.levels.get(asked.level)
            if level is None:
                raise unknown_level(self.levels)
            old = _replaced(session, letter, asked)
            before = session.get(Officer, asked.citizen_id)
            had = None if before is None or before.revoked_at else self.levels.get(before.level or "")
            left = None
            if had is not None and before is not None and before.organisation != letter.organisation:
                left = session.get(OfficerContact, asked.citizen_id)
            if left is not None and left.email != asked.email:
                self._tell(session, asked.citizen_id, words.moved(asked.name, letter.organisation_name))
            left_name = None if left is None else left.organisation_name
            self._decide(asked, Decision.APPROVED, by)
            self._nhso.grant_in(
                session,
                asked.citizen_id,
                name=asked.name,
                organisation=letter.organisation,
                level=asked.level,
                by=by,
            )
            _note_contact(session, letter, asked)
            told = words.approved(
                asked.name,
                letter.organisation_name,
                level.title,
                letter.reference,
                None if had is None else had.title,
                left_name,
            )
            self._outbox.put(session, asked.email, told.subject, told.body)
            if old is not None and old.revoked_at is None:
                self._nhso.revoke_in(session, old.citizen_id, RevokedBecause.RESPONSIBLE_CHANGED, by=by)
                self._tell(session, old.citizen_id, words.handed_over(old.name, letter.organisation_name))

    def refuse(self, reference: str, position: int, why: str, *, by: str, region: int | None = None) -> None:
        """Refuse an officer's request, with the reason that the officer is told.

        Raises Refused (request-unknown, request-decided, request-not-valid without a reason).
        """
        why = _reason(why)
        details: dict[str, str | int | bool | None] = {"reference": reference[:16], "position": position}
        with self._audit.judged("request-refused", actor=by, details=details) as session:
            letter, asked = _undecided(session, reference, position, region)
            self._decide(asked, Decision.REFUSED, by)
            asked.why = why
            told = words.refused(asked.name, letter.organisation_name, letter.reference, why)
            self._outbox.put(session, asked.email, told.subject, told.body)

    def revoke(self, citizen_id: str, why: str, *, by: str, region: int | None = None) -> None:
        """End an officer's right and log the officer out.

        Raises Refused (officer-unknown, also for an officer of another region; request-not-valid).
        """
        why = _reason(why)
        with self._storage.transaction() as session:
            if region is not None and _region_of(session, citizen_id) != region:
                raise Refused(replies.OFFICER_UNKNOWN)
            self._nhso.revoke_in(session, citizen_id, RevokedBecause.ORGANISATION_ASKED, by=by)
            officer = session.get_one(Officer, citizen_id)
            self._tell(session, citizen_id, words.revoked(officer.name, why))

    def holders(self, region: int | None = None) -> tuple[Holder, ...]:
        """Officers who were ever granted a right, by name.

        An officer is of the region whose letter granted the right; who was granted one without a letter is of none,
        and only whoever sees every region sees them.
        """
        granted = select(Officer).where(Officer.level.is_not(None)).order_by(Officer.name, Officer.citizen_id)
        if region is not None:
            granted = granted.where(Officer.citizen_id.in_(_officers_of(region)))
        with self._storage.reading() as session:
            rows = session.scalars(granted).all()
        return tuple(
            Holder(
                row.citizen_id,
                row.name,
                row.organisation,
                row.level or "",
                row.granted_at,
                row.last_login_at,
                row.revoked_at,
                row.revoked_because,
            )
            for row in rows
            if row.granted_at is not None
        )

    def sweep(self, region: int | None = None) -> int:
        """End every right that was not used within 60 days, and tell who was not told; gives how many were told."""
        theirs = () if region is None else (Officer.citizen_id.in_(_officers_of(region)),)
        now = self._clock.now()
        last_used = func.coalesce(Officer.last_login_at, Officer.granted_at)
        idle = (
            Officer.revoked_at.is_(None),
            Officer.level.is_not(None),
            last_used < now - timedelta(days=IDLE_DAYS_ALLOWED),
            *theirs,
        )
        with self._storage.reading() as session:
            lapsing = session.scalars(select(Officer.citizen_id).where(*idle)).all()
        for citizen_id in lapsing:
            with self._storage.transaction() as session:
                self._nhso.lapse_in(session, citizen_id)
        untold = (
            select(Officer.citizen_id)
            .join(OfficerContact, OfficerContact.citizen_id == Officer.citizen_id)
            .where(
                Officer.revoked_because == RevokedBecause.SIXTY_DAYS,
                OfficerContact.lapse_told_at.is_(None),
                *theirs,
            )
        )
        with self._storage.reading() as session:
            to_tell = session.scalars(untold).all()
        return sum(self._tell_lapse(citizen_id, now) for citizen_id in to_tell)

    def _tell_lapse(self, citizen_id: str, now: datetime) -> bool:
        with self._storage.transaction() as session:
            contact = session.get_one(OfficerContact, citizen_id, with_for_update=True)
            if contact.lapse_told_at is not None:  # somebody else's sweep did
                return False
            contact.lapse_told_at = now
            officer = session.get_one(Officer, citizen_id)
            told = words.lapsed(officer.name)
            self._outbox.put(session, contact.email, told.subject, told.body)
        return True

    def _decide(self, asked: RequestedOfficer, decision: Decision, by: str) -> None:
        asked.decision, asked.decided_at, asked.decided_by = decision.value, self._clock.now(), by

    def _tell(self, session: Session, citizen_id: str, told: words.Message) -> None:
        contact = session.get(OfficerContact, citizen_id)
        if contact is not None:
            self._outbox.put(session, contact.email, told.subject, told.body)

    def _received(
        self, session: Session, row: RequestLetter, *, notes: bool = False, region: int | None = None
    ) -> Received:
        """``notes``: with those for the staff of ``region``."""
        theirs = select(RequestedOfficer).where(RequestedOfficer.letter == row.number)
        officers = session.scalars(theirs.order_by(RequestedOfficer.position)).all()
        asked = tuple(
            Asked(
                each.position,
                _entry(each),
                None if each.decision is None else Decision(each.decision),
                each.decided_at,
                each.why,
                self._notes(session, row, each, region) if notes and each.decision is None else (),
            )
            for each in officers
        )
        letter = Letter(
            organisation_name=row.organisation_name,
            organisation=row.organisation,
            address=row.address,
            phone=row.phone,
            fax=row.fax,
            letter_number=row.letter_number,
            letter_date=row.letter_date,
            region=str(row.region),
            officers=tuple(each.entry for each in asked),
            superior_name=row.superior_name,
            superior_position=row.superior_position,
        )
        return Received(row.reference, row.received_at, letter, asked)

    def _notes(
        self, session: Session, letter: RequestLetter, asked: RequestedOfficer, region: int | None
    ) -> tuple[Note, ...]:
        found = []
        now = session.get(Officer, asked.citizen_id)
        if now is not None and now.level is not None and now.revoked_at is None:
            level = self.levels.get(now.level)
            title = Text(now.level, now.level) if level is None else level.title
            found.append(
                Text(
                    f"Has a right already, from organisation {now.organisation}: {title.en}. Approval replaces it.",
                    f"มีสิทธิอยู่แล้วในนามของหน่วยงาน {now.organisation}: {title.th} การอนุมัติจะแทนที่สิทธิเดิม",
                )
            )
        if asked.replaces is not None:
            old = session.get(Officer, asked.replaces)
            if old is None or old.organisation != letter.organisation:
                found.append(
                    Text(
                        "The officer to be replaced has no right from this organisation.",
                        "เจ้าหน้าที่รายเดิมที่ระบุไม่มีสิทธิในนามของหน่วยงานนี้",
                    )
                )
            else:
                found.append(
                    Text(
                        f"Replaces {old.name}, whose right ends with the approval.",
                        f"แทน {old.name} ซึ่งสิทธิจะถูกยกเลิกเมื่ออนุมัติ",
                    )
                )
        others = _note_of_others(session, letter, asked, region)
        return (*(Note(each) for each in found), *(() if others is None else (others,)))


def _note_of_others(
    session: Session, letter: RequestLetter, asked: RequestedOfficer, region: int | None
) -> Note | None:
    """In which other requests the officer waits: how many, and the newest few."""
    others = (
        select(RequestLetter.reference, RequestLetter.region, func.count().over().label("number"))
        .join(RequestedOfficer, RequestedOfficer.letter == RequestLetter.number)
        .where(RequestedOfficer.citizen_id == asked.citizen_id, RequestedOfficer.decision.is_(None))
        .where(RequestLetter.number != letter.number)
        .order_by(RequestLetter.number.desc())
        .limit(MOST_NAMED)
    )
    newest = session.execute(others).all()
    if not newest:
        return None
    number = newest[0].number
    return Note(
        Text(
            f"Also waits in {number} other request{'' if number == 1 else 's'}; what is approved last counts.",
            f"มีคำขออื่นที่รอพิจารณาอยู่ด้วยอีก {number} ฉบับ สิทธิที่อนุมัติหลังสุดจะมีผล",
        ),
        tuple(each.reference for each in newest),
        frozenset(each.reference for each in newest if region in (None, each.region)),
    )


def _letter(session: Session, reference: str, region: int | None) -> RequestLetter:
    found = session.scalar(select(RequestLetter).where(RequestLetter.reference == reference))
    if found is None or region not in (None, found.region):
        raise Refused(replies.REQUEST_UNKNOWN)
    return found


def _undecided(
    session: Session, reference: str, position: int, region: int | None
) -> tuple[RequestLetter, RequestedOfficer]:
    letter = _letter(session, reference, region)
    asked = session.get(RequestedOfficer, (letter.number, position), with_for_update=True)
    if asked is None:
        raise Refused(replies.REQUEST_UNKNOWN)
    if asked.decision is not None:
        raise Refused(replies.REQUEST_DECIDED)
    return letter, asked


def _replaced(session: Session, letter: RequestLetter, asked: RequestedOfficer) -> Officer | None:
    if asked.replaces is None:
        return None
    old = session.get(Officer, asked.replaces)
    elsewhere = _region_of(session, asked.replaces) not in (None, letter.region)
    if old is None or old.organisation != letter.organisation or elsewhere:
        raise Refused(replies.REPLACED_ELSEWHERE)
    return old


def _officers_of(region: int) -> Select[str]:
    return select(OfficerContact.citizen_id).where(OfficerContact.region == region)


def _region_of(session: Session, citizen_id: str) -> int | None:
    """Which region's letter granted an officer's right; None without a letter."""
    contact = session.get(OfficerContact, citizen_id)
    return None if contact is None else contact.region


def _note_contact(session: Session, letter: RequestLetter, asked: RequestedOfficer) -> None:
    session.merge(
        OfficerContact(
            citizen_id=asked.citizen_id,
            organisation_name=letter.organisation_name,
            region=letter.region,
            email=asked.email,
            office_phone=asked.office_phone,
            mobile=asked.mobile,
            lapse_told_at=None,
        )
    )


def _letter_row(letter: Letter, now: datetime, receipt: bytes) -> RequestLetter:
    return RequestLetter(
        reference=secrets.token_hex(8),  # until the row has its number
        receipt_digest=receipt,
        received_at=now,
        region=int(letter.region),
        letter_number=letter.letter_number,
        letter_date=letter.letter_date,
        organisation_name=letter.organisation_name,
        organisation=letter.organisation,
        address=letter.address,
        phone=letter.phone,
        fax=letter.fax,
        superior_name=letter.superior_name,
        superior_position=letter.superior_position,
    )


def _officer_row(letter: int, position: int, entry: OfficerEntry) -> RequestedOfficer:
    return RequestedOfficer(
        letter=letter,
        position=position,
        citizen_id=entry.pid,
        name=entry.name,
        level=entry.level,
        office_phone=entry.office_phone,
        mobile=entry.mobile,
        email=entry.email,
        replaces=entry.replaces or None,
    )


def _entry(row: RequestedOfficer) -> OfficerEntry:
    return OfficerEntry(
        row.name, row.level, row.citizen_id, row.office_phone, row.mobile, row.email, row.replaces or ""
    )


def _reason(why: str) -> str:
    tidy = " ".join(why.split())
    if tidy and len(tidy) <= LONGEST_WHY and tidy.isprintable():
        return tidy
    told = Text(
        f"must be a reason of 1 to {LONGEST_WHY} printable characters",
        f"ต้องระบุเหตุผล 1 ถึง {LONGEST_WHY} ตัวอักษรที่พิมพ์ได้",
    )
    raise Refused(replies.REQUEST_NOT_VALID, faults=(Fault("reason", told),))

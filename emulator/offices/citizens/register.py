"""NHSO's register of citizens: who is entitled to what, where; and registering them to a hospital."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from apdu_specs import replies
from apdu_specs.bangkok import next_midnight
from emulator.holders.holder import Holder
from emulator.offices.audit import AuditLog
from emulator.offices.citizens import population
from emulator.offices.citizens.admission import citizen_of_holder
from emulator.offices.citizens.citizen import Citizen, Entitlement, Hospital, today_in_bangkok
from emulator.offices.citizens.hospitals import NEWCOMERS_FROM, hospitals, hospitals_of
from emulator.offices.citizens.rows import citizen_in, entitlement_rows, person_row
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.storage import Storage, table_of
from emulator.offices.tables.citizens import CitizenRow, EntitlementRow, HospitalRow

_PIECE = 5_000
_ADMISSIONS_AT_ONCE = 10
_LAST_CODE = 99_998  # 99999 is an organisation's code elsewhere
# Of the tables: rows in their thousands need no objects.
_INSERT_PERSON = insert(table_of(CitizenRow))
_INSERT_RIGHT = insert(table_of(EntitlementRow))


class Citizens:
    """Everybody whom NHSO can be asked about."""

    def __init__(self, storage: Storage, clock: Clock, audit: AuditLog) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit

    def search(self, citizen_id: str) -> Citizen | None:
        """The citizen with the rights of this moment; None when nobody has this id."""
        with self._storage.reading() as session:
            return self.search_in(session, citizen_id)

    def search_in(self, session: Session, citizen_id: str) -> Citizen | None:
        """As ``search``, within somebody's transaction."""
        found = citizen_in(session, citizen_id, lambda code: _hospital(session, code))
        return None if found is None else found.as_of(self._clock.now())

    def hospital(self, code: str) -> Hospital | None:
        """The hospital with a code (five digits)."""
        with self._storage.reading() as session:
            return _hospital(session, code)

    def populate(self, seed: int, count: int, on: date | None = None) -> int:
        """Add the first ``count`` people of a seed's population; gives how many were new.

        ``on`` is the day whose ages decide the rights: today when None. Who is known already stays as known.
        Raises ValueError for a seed or a count out of range.
        """
        return populate(self._storage, seed, count, on or today_in_bangkok(self._clock.now()))

    def admit(self, citizen: Citizen) -> None:
        """Put a citizen on file, in place of whoever had the same id."""
        with self._storage.transaction() as session:
            _remove(session, citizen.citizen_id)
            _add(session, (citizen,))

    def admit_holder(self, holder: Holder) -> None:
        """Put a virtual card's holder on file. Rights that NHSO changed since stay as NHSO has them."""
        for _ in range(_ADMISSIONS_AT_ONCE):
            try:
                return self._admit_holder(holder)
            except (
                IntegrityError
            ):  # another server admitted them, or gave out the same hospital's code, just now
                continue
        self._admit_holder(holder)

    def _admit_holder(self, holder: Holder) -> None:
        with self._storage.transaction() as session:
            known = session.get(CitizenRow, holder.citizen_id)
            citizen = citizen_of_holder(
                holder, lambda name, province: _hospital_called(session, name, province), self._clock.now()
            )
            if known is not None and _same_person(known, citizen):
                return
            session.expunge_all()
            _remove(session, citizen.citizen_id)
            _add(session, (citizen,))

    def register(self, citizen_id: str, hospital_code: str, *, by: str) -> Citizen:
        """Register somebody to a hospital from the next midnight on (``assumed``); gives them as they now are.

        Only universal coverage is NHSO's to register; who has no right gets the one of their age. ``by`` is the
        officer's citizen id. Raises Refused (citizen-unknown, citizen-deceased, hospital-unknown,
        not-registrable, already-registered).
        """
        details: dict[str, str | int | bool | None] = {"hospital": hospital_code}
        with self._audit.judged(
            "citizen-registered", actor=by, subject=citizen_id, details=details
        ) as session:
            session.get(CitizenRow, citizen_id, with_for_update=True)
            citizen = self.search_in(session, citizen_id)
            if citizen is None:
                raise Refused(replies.CITIZEN_UNKNOWN)
            if citizen.deceased_at is not None:
                raise Refused(replies.CITIZEN_DECEASED)
            hospital = _hospital(session, hospital_code)
            if hospital is None:
                raise Refused(replies.HOSPITAL_UNKNOWN)
            registered = replace(citizen, pending=self._registration(citizen, hospital))
            session.execute(delete(EntitlementRow).where(EntitlementRow.citizen_id == citizen_id))
            session.execute(insert(EntitlementRow), entitlement_rows(registered))
        return registered

    def _registration(self, citizen: Citizen, hospital: Hospital) -> Entitlement:
        """The entitlement that will stand from the next midnight on."""
        now = self._clock.now()
        current = citizen.entitlement
        if current is not None and not current.right.is_universal:
            raise Refused(replies.NOT_REGISTRABLE)
        latest = citizen.pending or current
        if latest is not None and latest.sub_hospital == hospital:
            raise Refused(replies.ALREADY_REGISTERED)
        main, district = (*hospitals_of(hospital.province), hospital, hospital)[:2]
        share = population.universal_share(citizen.age_on(today_in_bangkok(now))[0])
        return Entitlement(
            main=current.main if current else share.right.code,
            sub=current.sub if current else share.sub_code,
            card_number=f"{secrets.randbelow(10**10):010d}",
            since=next_midnight(now),
            until=current.until if current else population.outgrown(share, citizen.birth_date),
            registered_at=now,
            main_hospital=main,
            outpatient_hospital=district,
            sub_hospital=hospital,
            province=hospital.province,
            paid_model="1",
        )


def populate(storage: Storage, seed: int, count: int, on: date) -> int:
    """As ``Citizens.populate``, for who has no offices around the database."""
    added = 0
    for piece in population.pieces(population.citizens(seed, count, on), _PIECE):
        for last_try in (False, True):
            try:
                with storage.filled(), storage.transaction() as session:
                    new = _add(session, piece)
                break
            except IntegrityError:  # another server adds the same people just now; then they are known
                if last_try:
                    raise
        added += new
    return added


def _same_person(known: CitizenRow, citizen: Citizen) -> bool:
    row = person_row(citizen)
    return all(getattr(known, column) == value for column, value in row.items() if column != "deceased_at")


def _remove(session: Session, citizen_id: str) -> None:
    session.execute(delete(CitizenRow).where(CitizenRow.citizen_id == citizen_id))
    session.execute(delete(EntitlementRow).where(EntitlementRow.citizen_id == citizen_id))


def _add(session: Session, people: Iterable[Citizen]) -> int:
    """Insert those who are not known; gives their number."""
    by_id = {each.citizen_id: each for each in people}
    known = set(session.scalars(select(CitizenRow.citizen_id).where(CitizenRow.citizen_id.in_(by_id))))
    new = [each for each in by_id.values() if each.citizen_id not in known]
    if new:
        session.execute(_INSERT_PERSON, [person_row(each) for each in new])
    rights = [row for each in new for row in entitlement_rows(each)]
    if rights:
        session.execute(_INSERT_RIGHT, rights)
    return len(new)


@cache
def _listed() -> dict[str, Hospital]:
    return {each.code: each for each in hospitals()}


@cache
def _listed_by_name() -> dict[str, Hospital]:
    return {each.name: each for each in hospitals()}


def _hospital(session: Session, code: str) -> Hospital | None:
    listed = _listed().get(code)
    if listed is not None:
        return listed
    row = session.get(HospitalRow, code)
    return None if row is None else Hospital(row.code, row.name, row.province)


def _hospital_called(session: Session, name: str, province: str) -> Hospital | None:
    """The hospital of that name, which gets a code if it is new; None without a name or when codes have run out."""
    if not name or name in _listed_by_name():
        return _listed_by_name().get(name)
    row = session.scalar(select(HospitalRow).where(HospitalRow.name == name))
    if row is None:
        last = session.scalar(select(func.max(HospitalRow.code)))
        code = NEWCOMERS_FROM if last is None else int(last) + 1
        if code > _LAST_CODE:
            return None
        row = HospitalRow(code=f"{code:05d}", name=name, province=province)
        session.add(row)
        session.flush()
    return Hospital(row.code, row.name, row.province)

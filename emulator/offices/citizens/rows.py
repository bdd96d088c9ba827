"""Citizens as the database keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from apdu_specs.values import BuddhistDate, Sex
from emulator.offices.citizens.citizen import Citizen, Entitlement, Home, Hospital
from emulator.offices.storage import table_of
from emulator.offices.tables.citizens import CitizenRow, EntitlementRow

FindHospital = Callable[[str], Hospital | None]


def person_row(citizen: Citizen) -> dict[str, Any]:
    """The row of the person, without the entitlements."""
    return {
        "citizen_id": citizen.citizen_id,
        "title": citizen.title,
        "first_name": citizen.first_name,
        "last_name": citizen.last_name,
        "birth_date": citizen.birth_date.digits(),
        "sex": citizen.sex.value,
        "moo": citizen.home.moo,
        "tambon": citizen.home.tambon,
        "amphoe": citizen.home.amphoe,
        "province": citizen.home.province,
        "deceased_at": citizen.deceased_at,
    }


def entitlement_rows(citizen: Citizen) -> list[dict[str, Any]]:
    """The rows of what stands and what waits."""
    both = ((False, citizen.entitlement), (True, citizen.pending))
    return [_entitlement_row(citizen.citizen_id, pending, each) for pending, each in both if each is not None]


def _entitlement_row(citizen_id: str, pending: bool, right: Entitlement) -> dict[str, Any]:
    return {
        "citizen_id": citizen_id,
        "pending": pending,
        "main": right.main,
        "sub": right.sub,
        "card_number": right.card_number,
        "since": right.since,
        "until": right.until,
        "registered_at": right.registered_at,
        "main_hospital": _code(right.main_hospital),
        "outpatient_hospital": _code(right.outpatient_hospital),
        "sub_hospital": _code(right.sub_hospital),
        "province": right.province,
        "paid_model": right.paid_model,
    }


def _code(hospital: Hospital | None) -> str | None:
    return hospital.code if hospital else None


def citizen_in(session: Session, citizen_id: str, find: FindHospital) -> Citizen | None:
    """The citizen on file under an id; ``find`` gives the hospital of a code."""
    rows = session.execute(_SEARCH, {"citizen_id": citizen_id}).all()
    if not rows:
        return None
    person = rows[0]
    by_state = {
        row.right_pending: _entitlement_of(row, find) for row in rows if row.right_pending is not None
    }
    return Citizen(
        citizen_id=person.citizen_id,
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=BuddhistDate.from_digits(person.birth_date),
        sex=Sex(person.sex),
        home=Home(person.moo, person.tambon, person.amphoe, person.province),
        entitlement=by_state.get(False),
        pending=by_state.get(True),
        deceased_at=person.deceased_at,
    )


def _entitlement_of(row: Row[Any], find: FindHospital) -> Entitlement:
    return Entitlement(
        main=row.right_main,
        sub=row.right_sub,
        card_number=row.right_card_number,
        since=row.right_since,
        until=row.right_until,
        registered_at=row.right_registered_at,
        main_hospital=find(row.right_main_hospital) if row.right_main_hospital else None,
        outpatient_hospital=find(row.right_outpatient_hospital) if row.right_outpatient_hospital else None,
        sub_hospital=find(row.right_sub_hospital) if row.right_sub_hospital else None,
        province=row.right_province,
        paid_model=row.right_paid_model,
    )


# One statement, built once and of the tables' columns: a search is what is asked most.
_PERSON = table_of(CitizenRow)
_RIGHT = table_of(EntitlementRow)
_SEARCH = (
    select(*_PERSON.c, *(column.label(f"right_{column.name}") for column in _RIGHT.c))
    .select_from(_PERSON.outerjoin(_RIGHT, _PERSON.c.citizen_id == _RIGHT.c.citizen_id))
    .where(_PERSON.c.citizen_id == bindparam("citizen_id"))
)

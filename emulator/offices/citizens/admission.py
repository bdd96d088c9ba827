"""The citizen that a virtual card's holder is, so that whoever has a card can be asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from hashlib import sha256

from apdu_specs import entitlements
from apdu_specs.bangkok import BANGKOK as BANGKOK_TIME
from apdu_specs.values import BuddhistDate
from emulator.holders.holder import Holder
from emulator.offices.citizens.citizen import Citizen, Entitlement, Home, Hospital
from emulator.offices.citizens.provinces import BANGKOK, province_code

HospitalCalled = Callable[[str, str], Hospital | None]
"""The hospital with a name in a province (its code); it is made known when nobody knew it."""


def citizen_of_holder(holder: Holder, hospital_called: HospitalCalled, now: datetime) -> Citizen:
    """What the card says of its holder. A province that does not exist counts as Bangkok."""
    home = Home(
        moo=_clean(holder.address.moo),
        tambon=_clean(holder.address.tambon),
        amphoe=_clean(holder.address.amphoe),
        province=province_code(holder.address.changwat) or BANGKOK,
    )
    name = holder.thai_name
    return Citizen(
        citizen_id=holder.citizen_id,
        title=_clean(name.title),
        first_name=_clean(" ".join(part for part in (name.first, name.middle) if part)),
        last_name=_clean(name.last),
        birth_date=holder.birth_date,
        sex=holder.sex,
        home=home,
        entitlement=_entitlement(holder, home.province, hospital_called, now),
    )


def _entitlement(
    holder: Holder, province: str, hospital_called: HospitalCalled, now: datetime
) -> Entitlement | None:
    rights = holder.rights
    if rights is None:
        return None
    main, sub = entitlements.code_of(rights.main_inscl), entitlements.code_of(rights.sub_inscl)
    if not main:
        return None
    since = _midnight(rights.issue_date) or now
    main_hospital = hospital_called(_clean(rights.main_hospital), province)
    return Entitlement(
        main=main if main in entitlements.MAIN_RIGHTS else entitlements.OTH.code,
        sub=sub if sub in entitlements.SUB_RIGHTS else "",
        card_number=_card_number(holder.citizen_id),
        since=since,
        until=_midnight_after(rights.expiry_date),
        registered_at=_midnight(rights.update_date) or since,
        main_hospital=main_hospital,
        outpatient_hospital=main_hospital,
        sub_hospital=hospital_called(_clean(rights.sub_hospital), province),
        province=province,
        paid_model=rights.paid_type[:1].strip(),
    )


def _midnight(day: BuddhistDate | None) -> datetime | None:
    christian = day and day.to_christian()
    return datetime.combine(christian, time.min, BANGKOK_TIME) if christian else None


def _midnight_after(last: BuddhistDate | None) -> datetime | None:
    """The first instant after the last day that a card tells."""
    midnight = _midnight(last)
    return None if midnight is None else midnight + timedelta(days=1)


def _card_number(citizen_id: str) -> str:
    """Ten digits, the same whenever this person is admitted: a chip does not tell the entitlement card's number."""
    return f"{int.from_bytes(sha256(citizen_id.encode()).digest()[:8], 'big') % 10**10:010d}"


def _clean(text: str) -> str:
    """Without what no database keeps as text."""
    return text.replace("\0", "").strip()

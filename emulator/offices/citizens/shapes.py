"""How NHSO's JSON services write citizens: hospitals, instants, ages. Public: replies that programs quote."""

from __future__ import annotations

from datetime import datetime

from apdu_specs.entitlements import ClaimType
from emulator.offices.citizens.citizen import Citizen, Entitlement, Hospital, today_in_bangkok


def hospital(each: Hospital) -> dict[str, str]:
    """``{"hcode", "hname"}``."""
    return {"hcode": each.code, "hname": each.name}


def hospitals(right: Entitlement) -> dict[str, dict[str, str]]:
    """``hospSub``, ``hospMainOp``, ``hospMain``; absent where there is none."""
    named = {
        "hospSub": right.sub_hospital,
        "hospMainOp": right.outpatient_hospital,
        "hospMain": right.main_hospital,
    }
    return {name: hospital(each) for name, each in named.items() if each is not None}


def claim_type(claim: ClaimType) -> dict[str, str]:
    """``{"claimType", "claimTypeName"}``."""
    return {"claimType": claim.code, "claimTypeName": claim.name.th}


def age_in_words(citizen: Citizen, now: datetime) -> str:
    """``20 ปี 7 เดือน 18 วัน``."""
    years, months, days = citizen.age_on(today_in_bangkok(now))
    return f"{years} ปี {months} เดือน {days} วัน"

"""What UCWS answers: the data set of a citizen, as XML in the schema's order, and faults."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from apdu_specs import entitlements, ucws
from apdu_specs.bangkok import BANGKOK
from apdu_specs.language import Text
from apdu_specs.values import BuddhistDate
from emulator.offices.citizens.citizen import Citizen, Entitlement, today_in_bangkok
from emulator.offices.citizens.provinces import PROVINCES, four_digits

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>"
# Some programs look for the prefixes S: and ns2: literally.
_BEFORE = (
    f'{_DECLARATION}<S:Envelope xmlns:S="{ucws.ENVELOPE}"><S:Body>'
    f'<ns2:{ucws.RESPONSE} xmlns:ns2="{ucws.NAMESPACE}"><return>'
)
_AFTER = f"</return></ns2:{ucws.RESPONSE}></S:Body></S:Envelope>"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECEASED = "เสียชีวิต"
_COUNT = {"count_select": "0"}
"""Public: 0 in both replies that programs have kept, though a right is in each."""

Values = Mapping[str, str]


def response(values: Values) -> bytes:
    """The whole envelope. Only declared fields, in the schema's order; an empty value is left out."""
    if undeclared := values.keys() - ucws.FIELDS.keys():
        raise KeyError(f"no fields of the data set: {sorted(undeclared)}")
    elements = (
        f"<{field.name}>{text(values[field.name])}</{field.name}>"
        for field in ucws.DATA_SET
        if values.get(field.name)
    )
    return f"{_BEFORE}{''.join(elements)}{_AFTER}".encode()


def fault(code: str, reason: Text) -> bytes:
    """A SOAP 1.1 fault whose sentence is there in both languages."""
    return (
        f'{_DECLARATION}<S:Envelope xmlns:S="{ucws.ENVELOPE}"><S:Body><S:Fault>'
        f'<faultcode>S:{code}</faultcode><faultstring xml:lang="en">{text(reason.en)}</faultstring>'
        f'<detail><reason xmlns="{ucws.NAMESPACE}" xml:lang="th">{text(reason.th)}</reason></detail>'
        "</S:Fault></S:Body></S:Envelope>"
    ).encode()


def text(value: str) -> str:
    """Escaped, and without the characters that XML cannot carry."""
    return escape(_NO_XML.sub("", value))


def token_not_valid(reason: Text, now: datetime) -> dict[str, str]:
    """The answer to a token that opens nothing: HTTP 200 and ``NHSO-00003``, as published."""
    return {**_COUNT, **_service(ucws.TOKEN_NOT_VALID, reason.th, now)}


def unknown(now: datetime) -> dict[str, str]:
    """The answer when nobody has the id: no ``fname``."""
    return {**_COUNT, **_service(ucws.OK, "ok", now)}


def of_citizen(citizen: Citizen, now: datetime) -> dict[str, str]:
    """The answer about a citizen."""
    current, pending = citizen.entitlement, citizen.pending
    return {
        **_COUNT,
        **_person(citizen),
        **(_current(current) if current else {}),
        **(_pending(pending) if pending else {}),
        **_service(ucws.OK, "ok", now),
    }


def _service(status: str, description: str, now: datetime) -> dict[str, str]:
    return {
        "ws_data_source": ucws.DATA_SOURCE,
        "ws_date_request": _date_time(now),
        "ws_status": status,
        "ws_status_desc": description,
        "wsid": f"WS{secrets.randbelow(10**15):015d}",
        "wsid_batch": f"WSB{secrets.randbelow(10**14):014d}",
    }


def _person(citizen: Citizen) -> dict[str, str]:
    home, deceased = citizen.home, citizen.deceased_at is not None
    moo = home.moo.removeprefix("หมู่ที่").strip()
    tambon = home.tambon.removeprefix("ตำบล").removeprefix("แขวง")
    return {
        "birthdate": citizen.birth_date.digits(),
        "chat": entitlements.THAI_NATIONAL,
        "fname": citizen.first_name,
        "lname": citizen.last_name,
        "nation": entitlements.THAI_NATIONAL,
        "person_id": citizen.citizen_id,
        "primary_amphur_name": home.amphoe.removeprefix("อำเภอ").removeprefix("เขต"),
        "primary_moo": moo.zfill(2) if moo else "",
        "primary_mooban_name": tambon
        if moo
        else "",  # assumed: a village of its subdistrict's name, as many are
        "primary_province_name": home.province_name,
        "primary_tumbon_name": tambon,
        "primaryprovince": four_digits(home.province),
        "sex": citizen.sex.value,
        "status": ucws.DECEASED if deceased else ucws.LIVING,
        "status_desc": _DECEASED if deceased else "",
        "title": citizen.title_code,
        "title_name": citizen.title,
    }


def _current(right: Entitlement) -> dict[str, str]:
    return {
        **_hospitals(right, ""),
        "cardid": right.card_number if right.right.is_universal else "",  # public: none for social security
        "expdate": _last_day(right),
        "maininscl": right.main,
        "maininscl_main": right.right.group,
        "maininscl_name": right.right.name.th,
        "paid_model": right.paid_model,
        "purchaseprovince": four_digits(right.province),
        "purchaseprovince_name": PROVINCES.get(right.province, ""),
        "startdate": _buddhist(right.since),
        "startdate_sss": _buddhist(right.since) if right.main == entitlements.SSS.code else "",
        "subinscl": right.sub,
        "subinscl_name": right.sub_name,
    }


def _pending(right: Entitlement) -> dict[str, str]:
    return {
        **_hospitals(right, "new_"),
        "new_date_register": _date_time(right.registered_at),
        "new_expdate": _last_day(right),
        "new_maininscl": right.main,
        "new_maininscl_name": right.right.name.th,
        "new_paid_model": right.paid_model,
        "new_purchaseprovince": four_digits(right.province),
        "new_purchaseprovince_name": PROVINCES.get(right.province, ""),
        "new_startdate": _buddhist(right.since),
        "new_subinscl": right.sub,
        "new_subinscl_name": right.sub_name,
        "new_type_register": "1",  # assumed, as its words are
        "new_type_register_desc": "เปลี่ยนหน่วยบริการ",
    }


def _hospitals(right: Entitlement, prefix: str) -> dict[str, str]:
    named = {"hmain": right.main_hospital, "hmain_op": right.outpatient_hospital, "hsub": right.sub_hospital}
    values: dict[str, str] = {}
    for name, hospital in named.items():
        if hospital is not None:
            values |= {f"{prefix}{name}": hospital.code, f"{prefix}{name}_name": hospital.name}
    if right.outpatient_hospital is not None:
        values[f"{prefix}mastercup_id"] = f"{right.province}0121{right.outpatient_hospital.code}"
    return values


def _last_day(right: Entitlement) -> str:
    return _buddhist(right.last_second) if right.last_second else ucws.NEVER_EXPIRES


def _buddhist(instant: datetime) -> str:
    return BuddhistDate.from_christian(today_in_bangkok(instant)).digits()


def _date_time(instant: datetime) -> str:
    return instant.astimezone(BANGKOK).isoformat(timespec="seconds")

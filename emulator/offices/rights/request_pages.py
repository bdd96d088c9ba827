"""The organisation's pages: the letter that asks for officers' rights, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from apdu_specs.digits import plain_digits
from apdu_specs.language import Language, Text
from emulator.offices.attempts import Attempts
from emulator.offices.doors import address_of
from emulator.offices.errors import Refused
from emulator.offices.rights.letter import MOST_OFFICERS, OFFICER_FIELDS, REGIONS, Letter, OfficerEntry
from emulator.offices.rights.office import Receipt, Received, RightsOffice
from emulator.offices.rights.sentences import BY_EMAIL, ONE_LEVEL
from emulator.offices.web.kit import Form, Kit, Visit, see_other

LABELS = {
    "organisation_name": Text("Organisation's name", "ชื่อหน่วยงาน"),
    "organisation": Text("Organisation's code", "รหัสหน่วยงาน"),
    "region": Text("NHSO regional office", "สำนักงานหลักประกันสุขภาพแห่งชาติ เขต"),
    "letter_number": Text("Letter's number", "ที่ (เลขที่หนังสือ)"),
    "letter_date": Text("Letter's date", "วันที่ (ตามหนังสือ)"),
    "address": Text("Address", "ที่อยู่"),
    "phone": Text("Telephone", "หมายเลขโทรศัพท์"),
    "fax": Text("Fax", "หมายเลขโทรสาร"),
    "superior_name": Text("Superior's name", "ชื่อผู้บังคับบัญชา (ตัวบรรจง)"),
    "superior_position": Text("Superior's position", "ตำแหน่งผู้บังคับบัญชา"),
    "officers": Text("Officers", "เจ้าหน้าที่"),
}
OFFICER_LABELS = {
    "name": Text("Name and surname", "ชื่อ-สกุล ผู้ขอสิทธิเข้าใช้งาน"),
    "level": Text("Level of the right", "ระดับสิทธิการเข้าใช้งาน"),
    "pid": Text("Citizen id, 13 digits", "เลขประจำตัวประชาชน 13 หลัก"),
    "office_phone": Text("Office telephone", "โทรศัพท์ ที่ทำงาน"),
    "mobile": Text("Mobile telephone", "โทรศัพท์เคลื่อนที่"),
    "email": Text("E-mail (private)", "อีเมล (ส่วนตัว)"),
    "replaces": Text(
        "Citizen id of the officer who is replaced", "เลขประจำตัวประชาชนของเจ้าหน้าที่รายเดิมที่ให้ยกเลิกสิทธิ"
    ),
}
RECEIVED = "/nhso/requests/received"
_TRACK = "/nhso/requests/track"
_RECEIPT_COOKIE = "thnid_receipt"
_RECEIPT_SHOWN_S = 600
_LETTER_FIELDS = tuple(each.name for each in fields(Letter) if each.name != "officers")


def request_pages(kit: Kit, rights: RightsOffice, attempts: Attempts) -> APIRouter:
    """``/nhso/requests/new`` and ``/track``: for organisations, who do not log in."""
    pages = APIRouter(route_class=kit.route_class(), include_in_schema=False)
    visiting, sent = Depends(kit.visit), Depends(kit.form)
    counter = _LetterCounter(kit, rights, attempts)

    @pages.get("/nhso/requests/new")
    def new(visit: Visit = visiting) -> Response:
        return counter.letter_page(visit, Letter())

    @pages.post("/nhso/requests/new")
    def receive(request: Request, visit: Visit = visiting, form: Form = sent) -> Response:
        return counter.filled_in(request, visit, _letter(form), form.get("action", "send"))

    @pages.get(RECEIVED)
    def received(request: Request, visit: Visit = visiting) -> Response:
        return counter.received(request, visit)

    @pages.get(_TRACK)
    def track(visit: Visit = visiting) -> Response:
        return kit.page(visit, "request_track.html", reference="", reason=None)

    @pages.post(_TRACK)
    def status(request: Request, visit: Visit = visiting, form: Form = sent) -> Response:
        return counter.status(request, visit, form)

    return pages


@dataclass(frozen=True, slots=True)
class _LetterCounter:
    """What an organisation's pages do."""

    kit: Kit
    rights: RightsOffice
    attempts: Attempts

    def letter_page(self, visit: Visit, letter: Letter, refused: Refused | None = None) -> Response:
        return self.kit.page(
            visit,
            "request_new.html",
            status=200 if refused is None else refused.reason.http,
            faults=() if refused is None else refused.faults,
            retry_after=None if refused is None else refused.retry_after,
            reason=None if refused is None or refused.faults else refused.reason,
            labels=_said(LABELS, visit),
            officer_labels=_said(OFFICER_LABELS, visit),
            label_of=lambda name: _label(name, visit),
            letter=letter if letter.officers else replace(letter, officers=(OfficerEntry(),)),
            levels=self.rights.levels,
            regions=REGIONS,
            may_add=len(letter.officers) < MOST_OFFICERS,
            one_level=ONE_LEVEL,
        )

    def filled_in(self, request: Request, visit: Visit, letter: Letter, action: str) -> Response:
        """The form came back, by one of its buttons."""
        if action.startswith("language-"):
            # The page is shown again in the other language, with all that was filled in.
            language: Language = "en" if action == "language-en" else "th"
            answer = self.letter_page(replace(visit, language=language), letter)
            self.kit.speak(answer, visit, language)
            return answer
        if action == "add" and len(letter.officers) < MOST_OFFICERS:
            return self.letter_page(visit, replace(letter, officers=(*letter.officers, OfficerEntry())))
        if action.startswith("remove-"):
            kept = tuple(o for n, o in enumerate(letter.officers) if action != f"remove-{n}")
            return self.letter_page(visit, replace(letter, officers=kept))
        # Officers of whom nothing was filled in are left out before faults are counted, so that the fields agree.
        letter = replace(letter, officers=tuple(each for each in letter.officers if not each.blank))
        try:
            with self.attempts.letter(address_of(request)):
                receipt = self.rights.receive(letter)
        except Refused as refused:
            return self.letter_page(visit, letter, refused)
        return _to_receipt(receipt, visit)

    def received(self, request: Request, visit: Visit) -> Response:
        reference, _, code = request.cookies.get(_RECEIPT_COOKIE, "")[:64].partition(".")
        try:
            with self.attempts.counted(f"request {reference}", address_of(request)):
                found = self.rights.status(reference, code)
        except Refused:
            return see_other(_TRACK)
        return self.kit.page(
            visit,
            "request_received.html",
            receipt=Receipt(found.reference, code),
            officers=len(found.asked),
            sentences=(BY_EMAIL, ONE_LEVEL),
        )

    def status(self, request: Request, visit: Visit, form: Form) -> Response:
        reference = plain_digits(form.get("reference", "").strip()[:16])
        try:
            with self.attempts.counted(f"request {reference}", address_of(request)):
                received = self.rights.status(reference, plain_digits(form.get("receipt", "")))
        except Refused as refused:
            return self.kit.page(
                visit,
                "request_track.html",
                status=refused.reason.http,
                retry_after=refused.retry_after,
                reference=reference,
                reason=refused.reason,
            )
        if form.get("action") == "again":
            return self.letter_page(visit, _to_correct(received))
        return self.kit.page(
            visit,
            "request_status.html",
            received=received,
            levels=self.rights.levels,
            receipt=form.get("receipt", ""),
        )


def _to_receipt(receipt: Receipt, visit: Visit) -> Response:
    """By redirection: whoever reloads what comes next sends no second letter. The code is in no address."""
    answer = see_other(RECEIVED)
    answer.set_cookie(
        _RECEIPT_COOKIE,
        f"{receipt.reference}.{receipt.code}",
        path=RECEIVED,
        max_age=_RECEIPT_SHOWN_S,
        httponly=True,
        samesite="strict",
        secure=visit.secure,
    )
    return answer


def _said(labels: dict[str, Text], visit: Visit) -> dict[str, str]:
    return {name: visit.say(text) for name, text in labels.items()}


def _label(name: str, visit: Visit) -> str:
    """What a field is called in the list of what is wrong."""
    if not name.startswith("officers."):
        return visit.say(LABELS[name])
    _, position, part = name.split(".")
    number = int(position) + 1
    label = visit.say(OFFICER_LABELS[part])
    return visit.say(Text(f"Officer {number}, {label}:", f"เจ้าหน้าที่รายที่ {number} {label}:"))


def _letter(form: Form) -> Letter:
    """What was filled in, as it was: rows of officers are ``officers-0-name`` and so on."""

    def filled_in(names: tuple[str, ...], name_of: Callable[[str], str]) -> dict[str, str]:
        return {name: form.get(name_of(name), "")[:1000] for name in names}

    rows: list[OfficerEntry] = []
    while len(rows) <= MOST_OFFICERS and f"officers-{len(rows)}-name" in form:
        row = f"officers-{len(rows)}-"
        rows.append(OfficerEntry(**filled_in(OFFICER_FIELDS, lambda name, row=row: row + name)))  # type: ignore[misc]
    return Letter(**filled_in(_LETTER_FIELDS, lambda name: name), officers=tuple(rows))


def _to_correct(received: Received) -> Letter:
    """The letter with the officers who were refused, to be corrected and sent again."""
    refused = tuple(each.entry for each in received.asked if each.decision == "refused")
    return replace(received.letter, officers=refused or tuple(each.entry for each in received.asked))

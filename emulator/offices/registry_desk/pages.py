"""The registry office's pages: look a card up, see what helps it, replace it."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from apdu_specs.language import Text
from emulator.offices.errors import Refused
from emulator.offices.registry_desk.desk import Found, RegistryDesk
from emulator.offices.staff.accounts import Desk
from emulator.offices.web.kit import Form, Kit, Visit

_REPLACED = Text(
    "The new card is on file. The old one is refused everywhere from now on.",
    "บันทึกบัตรใหม่แล้ว บัตรเดิมใช้ยืนยันตัวบุคคลไม่ได้อีกตั้งแต่บัดนี้",
)


def registry_pages(kit: Kit, desk: RegistryDesk) -> APIRouter:
    """``/registry/desk``: for the registry office's staff."""
    pages = APIRouter(prefix="/registry/desk", route_class=kit.route_class(), include_in_schema=False)
    staff, sent = Depends(kit.staff_only(Desk.REGISTRY)), Depends(kit.form)

    def show(
        visit: Visit,
        query: str = "",
        found: Found | None = None,
        refused: Refused | None = None,
        said: Text | None = None,
    ) -> Response:
        labels = {
            "query": Text("Citizen id or card serial", "เลขประจำตัวประชาชนหรือหมายเลขบัตร"),
            "old_serial": Text("Old serial", "หมายเลขบัตรเดิม"),
            "new_serial": Text("New card's serial", "หมายเลขบัตรใหม่"),
        }
        return kit.page(
            visit,
            "registry_desk.html",
            status=200 if refused is None else refused.reason.http,
            faults=() if refused is None else refused.faults,
            refused=refused,
            query=query,
            found=found,
            said=said,
            label_of=lambda name: visit.say(labels[name]),
            label=visit.say(labels["query"]),
            new_label=visit.say(labels["new_serial"]),
        )

    @pages.get("")
    def first(visit: Visit = staff) -> Response:
        return show(visit)

    @pages.post("")
    def look_up(visit: Visit = staff, form: Form = sent) -> Response:
        query = form.get("query", "").strip()[:40]
        assert visit.member is not None
        try:
            return show(visit, query, desk.look_up(query, by=visit.member.user))
        except Refused as refused:
            return show(visit, query, refused=refused)

    @pages.post("/replacements")
    def replace(visit: Visit = staff, form: Form = sent) -> Response:
        person, old = form.get("pid", "")[:13], form.get("old_serial", "")
        assert visit.member is not None
        refused = said = None
        try:
            desk.replace(person, old, form.get("new_serial", "")[:40])
            said = _REPLACED
        except Refused as error:
            refused = error
        try:
            found = desk.look_up(person, by=visit.member.user)
        except Refused as error:
            return show(visit, refused=refused or error)
        return show(visit, person, found, refused, said)

    return pages

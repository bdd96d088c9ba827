"""The registry office's pages: look a card up, see what helps it, replace it, take the new card's file along."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from apdu_specs.digits import plain_digits
from apdu_specs.language import Text
from emulator.offices.errors import Refused
from emulator.offices.registry_desk.desk import Found, NewCard, Order, RegistryDesk
from emulator.offices.staff.accounts import Desk
from emulator.offices.web.kit import Form, Kit, Upload, Visit
from emulator.offices.web.neighbours import Neighbours

_REPLACED = Text(
    "The new card is on file. The old one is refused everywhere from now on.",
    "บันทึกบัตรใหม่แล้ว บัตรเดิมใช้ยืนยันตัวบุคคลไม่ได้อีกตั้งแต่บัดนี้",
)

_LABELS = {
    "query": Text("Citizen id or card serial", "เลขประจำตัวประชาชนหรือหมายเลขบัตร"),
    "old_serial": Text("Old serial", "หมายเลขบัตรเดิม"),
    "new_serial": Text("New card's serial", "หมายเลขบัตรใหม่"),
    "card_file": Text("The old card's file", "แฟ้มของบัตรเดิม"),
    "pin": Text("New PIN", "รหัส PIN ใหม่"),
    "pin_again": Text("New PIN once more", "ยืนยันรหัส PIN ใหม่อีกครั้ง"),
}


def registry_pages(kit: Kit, desk: RegistryDesk, neighbours: Neighbours) -> APIRouter:
    """``/registry/desk``: for the registry office's staff. Its PIN counter, where this machine has one, is led to."""
    pages = APIRouter(prefix="/registry/desk", route_class=kit.route_class(), include_in_schema=False)
    staff, sent = Depends(kit.staff_only(Desk.REGISTRY)), Depends(kit.form)
    sent_with_file = Depends(kit.upload)

    def show(
        request: Request,
        visit: Visit,
        query: str = "",
        found: Found | None = None,
        refused: Refused | None = None,
        said: Text | None = None,
        card: NewCard | None = None,
        kept_file: bytes = b"",
    ) -> Response:
        labels = {name: visit.say(text) for name, text in _LABELS.items()}
        return kit.page(
            visit,
            "registry_desk.html",
            status=200 if refused is None else refused.reason.http,
            faults=() if refused is None else refused.faults,
            refused=refused,
            query=query,
            found=found,
            said=said,
            labels=labels,
            label_of=labels.__getitem__,
            card=card,
            card_file=None if card is None else b64encode(card.content).decode(),
            kept_file=b64encode(kept_file).decode(),
            counter=neighbours.told(request).get("counter"),
        )

    def after(
        request: Request,
        visit: Visit,
        person: str,
        refused: Refused | None = None,
        said: Text | None = None,
        card: NewCard | None = None,
        kept_file: bytes = b"",
    ) -> Response:
        """The citizen's cards as they are now."""
        assert visit.member is not None
        try:
            found = desk.look_up(person, by=visit.member.user)
        except Refused as error:
            return show(request, visit, refused=refused or error)
        return show(request, visit, person, found, refused, said, card, kept_file)

    @pages.get("")
    def first(request: Request, visit: Visit = staff) -> Response:
        return show(request, visit)

    @pages.post("")
    def look_up(request: Request, visit: Visit = staff, form: Form = sent) -> Response:
        query = form.get("query", "").strip()[:40]
        assert visit.member is not None
        try:
            return show(request, visit, query, desk.look_up(query, by=visit.member.user))
        except Refused as refused:
            return show(request, visit, query, refused=refused)

    @pages.post("/replacements")
    def replace(request: Request, visit: Visit = staff, form: Form = sent) -> Response:
        person, old = form.get("pid", "")[:13], form.get("old_serial", "")
        assert visit.member is not None
        try:
            desk.replace(person, old, form.get("new_serial", "")[:40], by=visit.member.user)
        except Refused as refused:
            return after(request, visit, person, refused)
        return after(request, visit, person, said=_REPLACED)

    @pages.post("/cards")
    def reissue(request: Request, visit: Visit = staff, sent: Upload = sent_with_file) -> Response:
        assert visit.member is not None
        form = {name: value.decode("utf-8", "replace") for name, value in sent.items() if name != "card_file"}
        person, content = form.get("pid", "")[:13], sent.get("card_file", b"") or _kept(form)
        pin, again = (plain_digits(form.get(name, "")) for name in ("pin", "pin_again"))
        order = Order(content, pin, again, insist=form.get("insist") == "yes")
        try:
            card = desk.reissue(person, form.get("old_serial", "")[:40], order, by=visit.member.user)
        except Refused as refused:
            good = bool(content) and not any(fault.field == "card_file" for fault in refused.faults)
            return after(request, visit, person, refused, kept_file=content if good else b"")
        return after(request, visit, person, said=_REPLACED, card=card)

    return pages


def _kept(form: Mapping[str, str]) -> bytes:
    """The file that was sent before and that the page brought along; whatever it is, it is looked at as a new one."""
    try:
        return b64decode(form.get("kept_file", ""), validate=True)
    except ValueError:
        return b""

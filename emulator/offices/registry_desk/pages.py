"""The registry office's pages: look a card up, see what helps it, replace it, take the new card's file along."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

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
    counter = _CardCounter(kit, desk, neighbours)

    @pages.get("")
    def first(request: Request, visit: Visit = staff) -> Response:
        return counter.page(request, visit)

    @pages.post("")
    def look_up(request: Request, visit: Visit = staff, form: Form = sent) -> Response:
        return counter.looked_up(request, visit, form.get("query", "").strip()[:40])

    @pages.post("/replacements")
    def replace(request: Request, visit: Visit = staff, form: Form = sent) -> Response:
        return counter.replaced(request, visit, form)

    @pages.post("/cards")
    def reissue(request: Request, visit: Visit = staff, sent: Upload = sent_with_file) -> Response:
        return counter.reissued(request, visit, sent)

    return pages


@dataclass(frozen=True, slots=True)
class _CardCounter:
    """What the staff's page does."""

    kit: Kit
    desk: RegistryDesk
    neighbours: Neighbours

    def page(
        self,
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
        return self.kit.page(
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
            counter=self.neighbours.told(request).get("counter"),
        )

    def _after(
        self,
        request: Request,
        visit: Visit,
        person: str,
        refused: Refused | None = None,
        said: Text | None = None,
        card: NewCard | None = None,
        kept_file: bytes = b"",
    ) -> Response:
        """The citizen's cards as they are now."""
        try:
            found = self.desk.look_up(person, by=_user(visit))
        except Refused as error:
            return self.page(request, visit, refused=refused or error)
        return self.page(request, visit, person, found, refused, said, card, kept_file)

    def looked_up(self, request: Request, visit: Visit, query: str) -> Response:
        try:
            return self.page(request, visit, query, self.desk.look_up(query, by=_user(visit)))
        except Refused as refused:
            return self.page(request, visit, query, refused=refused)

    def replaced(self, request: Request, visit: Visit, form: Form) -> Response:
        person, old = form.get("pid", "")[:13], form.get("old_serial", "")
        try:
            self.desk.replace(person, old, form.get("new_serial", "")[:40], by=_user(visit))
        except Refused as refused:
            return self._after(request, visit, person, refused)
        return self._after(request, visit, person, said=_REPLACED)

    def reissued(self, request: Request, visit: Visit, sent: Upload) -> Response:
        form = {name: value.decode("utf-8", "replace") for name, value in sent.items() if name != "card_file"}
        person, content = form.get("pid", "")[:13], sent.get("card_file", b"") or _kept(form)
        pin, again = (plain_digits(form.get(name, "")) for name in ("pin", "pin_again"))
        order = Order(content, pin, again, insist=form.get("insist") == "yes")
        try:
            card = self.desk.reissue(person, form.get("old_serial", "")[:40], order, by=_user(visit))
        except Refused as refused:
            good = bool(content) and not any(fault.field == "card_file" for fault in refused.faults)
            return self._after(request, visit, person, refused, kept_file=content if good else b"")
        return self._after(request, visit, person, said=_REPLACED, card=card)


def _user(visit: Visit) -> str:
    assert visit.member is not None
    return visit.member.user


def _kept(form: Mapping[str, str]) -> bytes:
    """The file that was sent before and that the page brought along; whatever it is, it is looked at as a new one."""
    try:
        return b64decode(form.get("kept_file", ""), validate=True)
    except ValueError:
        return b""

"""The regional office's pages: queue, decisions, rights."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from apdu_specs import replies
from emulator.offices.errors import Refused
from emulator.offices.rights.office import RightsOffice
from emulator.offices.rights.sentences import NEWEST
from emulator.offices.staff.accounts import Desk, Member
from emulator.offices.web.kit import Form, Kit, Visit, see_other

_RIGHTS = "/nhso/desk/rights"


def desk_pages(kit: Kit, rights: RightsOffice) -> APIRouter:
    """``/nhso/desk``: for the staff of the regional offices, each their own region's letters."""
    pages = APIRouter(prefix="/nhso/desk", route_class=kit.route_class(), include_in_schema=False)
    staff, sent = Depends(kit.staff_only(Desk.NHSO_REGION)), Depends(kit.form)
    desk = _RegionalDesk(kit, rights)

    @pages.get("")
    def queue(visit: Visit = staff) -> Response:
        return kit.page(visit, "desk_queue.html", letters=rights.letters(_member(visit).region), all=False)

    @pages.get("/all")
    def everything(visit: Visit = staff) -> Response:
        letters = rights.letters(_member(visit).region, waiting=False)
        return kit.page(visit, "desk_queue.html", letters=letters[::-1], all=True)

    @pages.get("/requests/{reference}")
    def letter(reference: str, visit: Visit = staff) -> Response:
        return desk.letter_page(visit, reference)

    @pages.post("/requests/{reference}")
    def decide(reference: str, visit: Visit = staff, form: Form = sent) -> Response:
        return desk.decided(reference, visit, form)

    @pages.get("/rights")
    def holders(visit: Visit = staff) -> Response:
        return desk.rights_page(visit)

    @pages.post("/rights")
    def revoke(visit: Visit = staff, form: Form = sent) -> Response:
        return desk.revoked(visit, form)

    return pages


@dataclass(frozen=True, slots=True)
class _RegionalDesk:
    """What the staff's pages do."""

    kit: Kit
    rights: RightsOffice

    def letter_page(
        self, visit: Visit, reference: str, refused: Refused | None = None, at: int = 0
    ) -> Response:
        return self.kit.page(
            visit,
            "desk_letter.html",
            status=200 if refused is None else refused.reason.http,
            received=self.rights.letter(reference, _member(visit).region),
            levels=self.rights.levels,
            refused=refused,
            at=at,
            newest=NEWEST,
        )

    def decided(self, reference: str, visit: Visit, form: Form) -> Response:
        member, action = _member(visit), form.get("action", "")
        verb, _, number = action.partition("-")
        position = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
        try:
            if verb == "approve":
                self.rights.approve(reference, position, by=member.user, region=member.region)
            elif verb == "refuse":
                why = form.get(f"reason-{position}", "")
                self.rights.refuse(reference, position, why, by=member.user, region=member.region)
            else:
                raise Refused(replies.REQUEST_UNKNOWN)
        except Refused as refused:
            return self.letter_page(visit, reference, refused, position)
        return see_other(f"/nhso/desk/requests/{reference}")

    def rights_page(self, visit: Visit, refused: Refused | None = None) -> Response:
        return self.kit.page(
            visit,
            "desk_rights.html",
            status=200 if refused is None else refused.reason.http,
            faults=() if refused is None else refused.faults,
            holders=self.rights.holders(_member(visit).region),
            levels=self.rights.levels,
            refused=refused,
            label_of=lambda _name: visit.say("Reason", "เหตุผล"),
        )

    def revoked(self, visit: Visit, form: Form) -> Response:
        member = _member(visit)
        if form.get("action") == "sweep":
            self.rights.sweep(region=member.region)
            return see_other(_RIGHTS)
        try:
            pid, why = form.get("pid", "")[:13], form.get("reason", "")
            self.rights.revoke(pid, why, by=member.user, region=member.region)
        except Refused as refused:
            return self.rights_page(visit, refused)
        return see_other(_RIGHTS)


def _member(visit: Visit) -> Member:
    assert visit.member is not None
    return visit.member

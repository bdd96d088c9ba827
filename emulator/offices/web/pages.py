"""The pages that belong to no office: the first page, language, staff logins and logout, and what they look like."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, Response

from apdu_specs import replies
from apdu_specs.language import Text
from emulator.offices.attempts import Attempts
from emulator.offices.doors import address_of
from emulator.offices.errors import Refused
from emulator.offices.mail.door import MailDoor
from emulator.offices.staff.accounts import Desk, Staff
from emulator.offices.web.kit import HEADERS, HOME_PATHS, LOGIN_PATHS, Form, Kit, Visit, local_path, see_other
from emulator.offices.web.neighbours import Neighbours

_STATIC = Path(__file__).with_name("static")
_TITLES = {
    Desk.NHSO_REGION: Text("NHSO, regional office", "สำนักงานหลักประกันสุขภาพแห่งชาติเขต"),
    Desk.REGISTRY: Text("Registry office", "สำนักทะเบียน"),
}
_ASSETS = {"offices.css": "text/css"}


def site_pages(
    kit: Kit,
    staff: Staff,
    attempts: Attempts,
    *,
    mail: MailDoor | None,
    neighbours: Neighbours,
) -> APIRouter:
    """``/``, ``/language``, ``/logout``, ``/static``.

    ``mail``: who may see caught e-mail at ``/mail``; None: there is none. ``neighbours``: what the first page leads to on
    this machine.
    """
    pages = APIRouter(route_class=kit.route_class(), include_in_schema=False)
    visiting = Depends(kit.visit)
    sent = Depends(kit.form)

    @pages.get("/")
    def home(request: Request, visit: Visit = visiting) -> Response:
        shows_mail = mail is not None and mail.lets_in(request)
        return kit.page(visit, "home.html", mail=shows_mail, neighbours=neighbours.told(request))

    @pages.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _ASSETS:
            raise Refused(replies.NO_SUCH_SERVICE)
        kept = {**HEADERS, "Cache-Control": "max-age=3600"}
        return FileResponse(_STATIC / name, media_type=_ASSETS[name], headers=kept)

    @pages.post("/language")
    def language(visit: Visit = visiting, form: Form = sent) -> Response:
        answer = see_other(local_path(form.get("back"), "/"))
        kit.speak(answer, visit, form.get("language", "th"))
        return answer

    @pages.post("/logout")
    def log_out(visit: Visit = visiting, form: Form = sent) -> Response:
        del form
        staff.log_out(visit.token)
        answer = see_other("/")
        answer.delete_cookie("thnid_session", path="/", httponly=True, samesite="strict", secure=visit.secure)
        return answer

    for desk, path in LOGIN_PATHS.items():
        _add_login(pages, kit, staff, attempts, desk, path)
    return pages


def _add_login(pages: APIRouter, kit: Kit, staff: Staff, attempts: Attempts, desk: Desk, path: str) -> None:
    visiting, sent = Depends(kit.visit), Depends(kit.form)

    def form_page(visit: Visit, next_path: str, user: str = "", refused: Refused | None = None) -> Response:
        reason = None if refused is None else refused.reason
        status = 200 if reason is None else reason.http
        title = visit.say(_TITLES[desk])
        return kit.page(
            visit,
            "login.html",
            status=status,
            retry_after=None if refused is None else refused.retry_after,
            title=title,
            next=next_path,
            user=user,
            reason=reason,
        )

    @pages.get(path)
    def show(request: Request, visit: Visit = visiting) -> Response:
        return form_page(visit, local_path(request.query_params.get("next"), HOME_PATHS[desk]))

    @pages.post(path)
    def log_in(
        request: Request,
        visit: Visit = visiting,
        form: Form = sent,
    ) -> Response:
        user, after = form.get("user", "").strip(), local_path(form.get("next"), HOME_PATHS[desk])
        try:
            with attempts.counted(f"staff {user}", address_of(request)):
                token = staff.log_in(user, form.get("password", ""), desk)
        except Refused as refused:
            return form_page(visit, after, user, refused)
        staff.log_out(visit.token)  # whoever knew the cookie of before knows nothing now
        answer = see_other(after)
        kit.remember(answer, visit, token)
        return answer

"""Authentication codes: one for a person, a service and a hospital a day; drafts; the history of codes.

Public: the code's form, the fields, that a second request of one day is refused. That the rule counts by service and
by hospital, and that a draft waits for a confirmation with its correlation id, is ``assumed``.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from apdu_specs import entitlements, replies
from apdu_specs.entitlements import CLAIM_TYPES, ClaimType
from emulator.offices.audit import AuditLog
from emulator.offices.citizens.citizen import Citizen, today_in_bangkok
from emulator.offices.citizens.provinces import BANGKOK
from emulator.offices.citizens.register import Citizens
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.storage import Storage
from emulator.offices.tables.authen_codes import AuthenCode, AuthenDraft

A_DAY = 1
"""How many codes a day for the same person, service and hospital."""
_ATTEMPTS = 5  # two requests at once, or a code that exists: both are settled by trying again


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Who asks for what: citizen id, claim type, hospital (five digits), mobile (ten digits or empty)."""

    citizen_id: str = field(repr=False)
    claim_type: str
    hospital: str
    mobile: str = field(repr=False)
    correlation_id: str
    hn: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class GivenCode:
    """A code that was given: ``PP`` and ten digits."""

    code: str
    claim_type: str
    hospital: str
    created_at: datetime


def open_claim_types(citizen: Citizen) -> tuple[ClaimType, ...]:
    """The services somebody may ask a code for (``assumed``): none for the deceased, general care without a right."""
    if citizen.deceased_at is not None:
        return ()
    if citizen.entitlement is None:
        return (entitlements.GENERAL_CARE,)
    in_bangkok = citizen.home.province == BANGKOK
    return tuple(claim for claim in CLAIM_TYPES.values() if in_bangkok or not claim.bangkok_only)


class AuthenCodes:
    """Gives authentication codes and remembers them."""

    def __init__(
        self, storage: Storage, clock: Clock, audit: AuditLog, citizens: Citizens, *, a_day: int = A_DAY
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._citizens = citizens
        self._a_day = a_day

    def request(self, asked: CodeRequest, *, by: str) -> GivenCode:
        """Give a code. ``by`` is the officer's citizen id, or ``hospital NNNNN``.

        Raises Refused (citizen-unknown, citizen-deceased, claim-type-not-open, authenticated-today).
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._request(asked, by)
            except IntegrityError:
                continue
        raise Refused(replies.AUTHENTICATED_TODAY)

    def _request(self, asked: CodeRequest, by: str) -> GivenCode:
        details: dict[str, str | int | bool | None] = {
            "claim_type": asked.claim_type,
            "hospital": asked.hospital,
        }
        with self._audit.judged(
            "authen-code-requested", actor=by, subject=asked.citizen_id, details=details
        ) as session:
            self._insist_on_open(session, asked)
            now = self._clock.now()
            day = f"{today_in_bangkok(now):%Y%m%d}"
            before = session.scalar(
                select(func.count())
                .select_from(AuthenCode)
                .where(
                    AuthenCode.citizen_id == asked.citizen_id,
                    AuthenCode.claim_type == asked.claim_type,
                    AuthenCode.hospital == asked.hospital,
                    AuthenCode.day == day,
                )
            )
            assert before is not None
            if before >= self._a_day:
                raise Refused(replies.AUTHENTICATED_TODAY)
            number = secrets.randbelow(10**entitlements.CLAIM_CODE_DIGITS)
            code = f"{entitlements.CLAIM_CODE_PREFIX}{number:0{entitlements.CLAIM_CODE_DIGITS}d}"
            session.add(
                AuthenCode(
                    code=code,
                    citizen_id=asked.citizen_id,
                    claim_type=asked.claim_type,
                    hospital=asked.hospital,
                    day=day,
                    nth=before + 1,
                    created_at=now,
                    mobile=asked.mobile,
                    hn=asked.hn,
                    correlation_id=asked.correlation_id,
                )
            )
            session.execute(
                delete(AuthenDraft).where(
                    AuthenDraft.correlation_id == asked.correlation_id, AuthenDraft.hospital == asked.hospital
                )
            )
            session.flush()
        return GivenCode(code, asked.claim_type, asked.hospital, now)

    def draft(self, asked: CodeRequest) -> datetime:
        """Keep a request for later, in place of an earlier one with its correlation id; gives when.

        Raises Refused (citizen-unknown, citizen-deceased, claim-type-not-open).
        """
        now = self._clock.now()
        with self._storage.transaction() as session:
            self._insist_on_open(session, asked)
            session.merge(
                AuthenDraft(
                    correlation_id=asked.correlation_id,
                    hospital=asked.hospital,
                    citizen_id=asked.citizen_id,
                    claim_type=asked.claim_type,
                    mobile=asked.mobile,
                    hn=asked.hn,
                    created_at=now,
                )
            )
        return now

    def history(self, citizen_id: str, *, limit: int, hospital: str | None = None) -> Sequence[GivenCode]:
        """The latest codes, newest first, of all hospitals or of one."""
        latest = select(AuthenCode).where(AuthenCode.citizen_id == citizen_id)
        if hospital is not None:
            latest = latest.where(AuthenCode.hospital == hospital)
        latest = latest.order_by(AuthenCode.created_at.desc(), AuthenCode.nth.desc(), AuthenCode.code).limit(
            limit
        )
        with self._storage.reading() as session:
            rows = session.scalars(latest).all()
        return [GivenCode(row.code, row.claim_type, row.hospital, row.created_at) for row in rows]

    def _insist_on_open(self, session: Session, asked: CodeRequest) -> None:
        citizen = self._citizens.search_in(session, asked.citizen_id)
        if citizen is None:
            raise Refused(replies.CITIZEN_UNKNOWN)
        if citizen.deceased_at is not None:
            raise Refused(replies.CITIZEN_DECEASED)
        if asked.claim_type not in {claim.code for claim in open_claim_types(citizen)}:
            raise Refused(replies.CLAIM_TYPE_NOT_OPEN)

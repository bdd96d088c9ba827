"""Requests for rights over HTTP: anybody may hand in a letter; deciding is for the counter only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from emulator.offices import messages as m
from emulator.offices.answers import both
from emulator.offices.attempts import Attempts
from emulator.offices.doors import address_of, counter_only
from emulator.offices.levels import Levels
from emulator.offices.rights import messages as r
from emulator.offices.rights.office import Asked, Received, RightsOffice
from emulator.offices.rights.sentences import ONE_LEVEL

COUNTER = "counter"
"""Who decided, in log and letters, when a program did with the counter's key."""

Reference = Annotated[str, Path(pattern=r"^R[0-9]{4}-[0-9]{6,9}$", examples=["R2569-000001"])]


def request_routes(rights: RightsOffice, attempts: Attempts, counter_key: str) -> APIRouter:
    """``/nhso/requests``."""
    routes = APIRouter(prefix="/nhso/requests", tags=["requests for rights"])
    counter = [counter_only(counter_key)]

    @routes.post("", status_code=201)
    def receive(body: r.LetterBody, request: Request) -> r.ReceiptReply:
        with attempts.letter(address_of(request)):
            receipt = rights.receive(body.letter())
        return r.ReceiptReply(reference=receipt.reference, receipt=receipt.code, note=both(ONE_LEVEL))

    @routes.post("/status")
    def status(body: r.StatusRequest, request: Request) -> r.ReceivedReply:
        with attempts.counted(f"request {body.reference}", address_of(request)):
            return _reply(rights.status(body.reference, body.receipt), rights.levels)

    @routes.get("", dependencies=counter)
    def queue(everything: bool = False) -> r.QueueReply:
        found = rights.letters(waiting=not everything)
        return r.QueueReply(requests=[_reply(each, rights.levels, counter=True) for each in found])

    @routes.post("/revocations", dependencies=counter)
    def revoke(body: r.RevocationBody) -> m.RightReply:
        rights.revoke(body.pid, body.reason, by=COUNTER)
        return m.RightReply(level=None)

    @routes.post("/sweeps", dependencies=counter)
    def sweep() -> r.SweepReply:
        return r.SweepReply(told=rights.sweep())

    @routes.get("/{reference}", dependencies=counter)
    def letter(reference: Reference) -> r.ReceivedReply:
        return _reply(rights.letter(reference), rights.levels, counter=True)

    @routes.post("/{reference}/approvals", dependencies=counter)
    def approve(reference: Reference, body: r.Position) -> r.ReceivedReply:
        rights.approve(reference, body.officer, by=COUNTER)
        return _reply(rights.letter(reference), rights.levels, counter=True)

    @routes.post("/{reference}/refusals", dependencies=counter)
    def refuse(reference: Reference, body: r.RefusalBody) -> r.ReceivedReply:
        rights.refuse(reference, body.officer, body.reason, by=COUNTER)
        return _reply(rights.letter(reference), rights.levels, counter=True)

    return routes


def _reply(received: Received, levels: Levels, *, counter: bool = False) -> r.ReceivedReply:
    return r.ReceivedReply(
        reference=received.reference,
        received_at=received.received_at.isoformat(),
        organisation_name=received.letter.organisation_name,
        organisation=received.letter.organisation,
        region=int(received.letter.region),
        waiting=received.waiting,
        officers=[_asked(each, levels, counter) for each in received.asked],
    )


def _asked(asked: Asked, levels: Levels, counter: bool) -> r.AskedReply:
    level = levels.get(asked.entry.level)
    return r.AskedReply(
        officer=asked.position,
        name=asked.entry.name,
        level=m.Titled(id=asked.entry.level, title={} if level is None else both(level.title)),
        pid=asked.entry.pid if counter else None,
        decision=asked.decision,
        decided_at=None if asked.decided_at is None else asked.decided_at.isoformat(),
        reason=asked.why,
        notes=[both(note.sentence) for note in asked.notes],
    )

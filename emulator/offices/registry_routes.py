"""The registry office's counter over HTTP: which card is whose, and proofs for cards."""

from __future__ import annotations

from fastapi import APIRouter

from emulator.offices import messages as m
from emulator.offices.doors import counter_only
from emulator.offices.offices import Offices


def registry_routes(offices: Offices) -> APIRouter:
    """All for the counter only."""
    registry = offices.registry
    routes = APIRouter(tags=["registry office"], dependencies=[counter_only(offices.counter_key)])

    @routes.post("/cards")
    def know_card(body: m.CardRequest) -> m.CardReply:
        registry.know_card(body.pid, bytes.fromhex(body.serial))
        return m.CardReply(latest_serial=body.serial.upper())

    @routes.post("/standings")
    def judge_card(body: m.CardRequest) -> m.CardReply:
        registry.insist_on_latest(body.pid, bytes.fromhex(body.serial))
        return m.CardReply(latest_serial=body.serial.upper())

    @routes.post("/replacements")
    def replace_card(body: m.ReplacementRequest) -> m.CardReply:
        registry.replace_card(body.pid, bytes.fromhex(body.old_serial), bytes.fromhex(body.new_serial))
        return m.CardReply(latest_serial=body.new_serial.upper())

    @routes.post("/proofs")
    def prove(body: m.ProofRequest) -> m.ProofReply:
        proof = registry.prove(body.pid, bytes.fromhex(body.serial), bytes.fromhex(body.challenge))
        return m.ProofReply(proof=proof.hex().upper())

    return routes

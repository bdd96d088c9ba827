"""The clock over HTTP, for tests: only there when the offices were opened in test mode."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from emulator.offices import messages as m
from emulator.offices.clock import MovableClock


def clock_routes(clock: MovableClock) -> APIRouter:
    """Let days pass."""
    routes = APIRouter(tags=["test mode"])

    @routes.post("/clock")
    def advance(body: m.ClockRequest) -> m.ClockReply:
        clock.advance(timedelta(days=body.advance_days))
        return m.ClockReply(now=clock.now().isoformat())

    return routes

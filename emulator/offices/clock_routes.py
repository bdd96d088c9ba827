"""The clock over HTTP, for tests: only there when the offices were opened in test mode."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from emulator.offices import messages as m
from emulator.offices.clock import MovableClock


def clock_routes(clock: MovableClock) -> APIRouter:
    """``/test/clock``: let days pass. ``/nhso/clock``: what time it is, for programs that keep to the offices' day."""
    routes = APIRouter(tags=["test mode"])

    @routes.get("/nhso/clock")
    def tell() -> m.ClockReply:
        return m.ClockReply(now=clock.now().isoformat())

    @routes.post("/test/clock")
    def advance(body: m.ClockRequest) -> m.ClockReply:
        clock.advance(timedelta(days=body.advance_days))
        return m.ClockReply(now=clock.now().isoformat())

    return routes

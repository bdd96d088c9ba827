"""What the offices answer over HTTP to what they refuse."""

from __future__ import annotations

import re

import httpx


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """HTTP status and the refusal's own code, of an answer that says why and what to do in both languages."""
    told = answer.json()
    for sentence in ("message", "what_to_do"):
        assert told[sentence]["en"] and re.search("[ก-๙]", told[sentence]["th"])
    return answer.status_code, told["status"]

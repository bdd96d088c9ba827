"""The client of NHSO's desk for agents: rights, confirmations, drafts, history. A hospital shows its token.

The addresses between the agent and NHSO are not public and ``assumed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apdu_specs.language import Text
from harness.agent import shapes
from harness.officer import errors
from harness.officer.offices import OfficeClient

LATEST = 5


class NhsoDesk(OfficeClient):
    """NHSO at ``url`` (with ``/nhso``), asked for a hospital. Raises BadServiceAddress; nothing is sent yet.

    Errors of all methods: ServiceUnreachable, ServiceSilent, ServiceNonsense, NhsoRefused.
    """

    service = Text("NHSO", "ระบบของ สปสช.")
    refused = errors.NhsoRefused

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url)
        self._bearer = {"Authorization": f"Bearer {token}"}

    def rights(self, citizen_id: str) -> dict[str, Any]:
        """Who somebody is and what they are entitled to: the keys of ``read`` beyond the card's."""
        return self._asked("rights", {"pid": citizen_id})

    def confirm(self, asked: Mapping[str, object]) -> dict[str, str]:
        """An authentication code."""
        return shapes.confirmed(self._asked("confirmations", asked))

    def draft(self, asked: Mapping[str, object]) -> dict[str, str]:
        """Keep a confirmation for later."""
        return shapes.confirmed(self._asked("drafts", asked))

    def history(self, citizen_id: str, *, limit: int, all_hospitals: bool) -> list[dict[str, str]]:
        """The newest codes of somebody, newest first; of the asking hospital or of all."""
        body = {"pid": citizen_id, "limit": limit, "all_hospitals": all_hospitals}
        found = self._found("POST", "agent/history", json=body, headers=self._bearer)
        if not isinstance(found, list):
            raise errors.ServiceNonsense(self.service)
        return [shapes.given_before(each) for each in found]

    def _asked(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._ask("POST", f"agent/{path}", json=body, headers=self._bearer).found

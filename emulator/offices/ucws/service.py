"""UCWS: whose token asks, and what it is told."""

from __future__ import annotations

from apdu_specs import replies
from emulator.offices.audit import AuditLog
from emulator.offices.citizens.register import Citizens
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.nhso import Nhso
from emulator.offices.ucws import answer
from emulator.offices.ucws.envelope import Search


class Ucws:
    """Answers searches; every answer is an envelope."""

    def __init__(self, nhso: Nhso, citizens: Citizens, audit: AuditLog, clock: Clock) -> None:
        self._nhso = nhso
        self._citizens = citizens
        self._audit = audit
        self._clock = clock

    def search(self, asked: Search) -> bytes:
        """The envelope that answers a search: the citizen, nobody, or a token that opens nothing."""
        now = self._clock.now()
        try:
            self._insist_on_token(asked)
        except Refused as refused:
            return answer.response(answer.token_not_valid(refused.message, now))
        citizen = self._citizens.search(asked.person_id)
        return answer.response(answer.unknown(now) if citizen is None else answer.of_citizen(citizen, now))

    def _insist_on_token(self, asked: Search) -> None:
        """The token is valid, and it is the officer's own."""
        holder = self._nhso.holder_of_token(asked.smctoken)
        if holder.citizen_id != asked.user_person_id:
            refused = Refused(replies.TOKEN_NOT_VALID)
            self._audit.refuse(
                "token-refused", refused, actor=asked.user_person_id, details={"service": "UCWS"}
            )
            raise refused

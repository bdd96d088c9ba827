"""The rule that a right which is not used within 60 days ends by itself.

Source: manual, "right to enter" section, point 6: an officer who does not enter the system *within 60 days*
loses the right automatically and the organisation has to ask for it again. The manual does not say how the
days are counted; ``assumed``: calendar days in Thailand with the day of the last use not counted, as the
Civil and Commercial Code counts periods given in days. So on the 60th idle day the right still stands, on the
61st it is gone.
"""

from __future__ import annotations

from datetime import datetime

from apdu_specs.bangkok import BANGKOK

IDLE_DAYS_ALLOWED = 60


def idle_days(last_used: datetime, now: datetime) -> int:
    """Calendar days in Bangkok since ``last_used``; 0 on the same day and if the clock went backwards."""
    return max(0, (now.astimezone(BANGKOK).date() - last_used.astimezone(BANGKOK).date()).days)


def has_lapsed(last_used: datetime, now: datetime) -> bool:
    """True from the 61st idle day on."""
    return idle_days(last_used, now) > IDLE_DAYS_ALLOWED

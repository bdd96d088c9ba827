"""The eleven steps of the officer login as people and scripts read them, written down by hand."""

from __future__ import annotations

STEP_NAMES = [
    "reader connected",
    "officer's card inserted",
    "E-Form Agent started",
    "UC Authentication opened",
    '"login by ID card" pressed, card read',
    "PIN of 4 digits, OK",
    "authority: 9080 challenge, match status, 9081 token",
    "NHSO: officer known, has a right with one level, used within 60 days",
    '"enter the program"',
    "menu ERM",
    'module "entitlement check and registration"',
]

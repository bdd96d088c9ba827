"""Holders: the synthetic people on virtual cards."""

from __future__ import annotations

from emulator.holders.holder import Holder, Rights
from emulator.holders.specimen import specimen_photo
from emulator.holders.synthesis import holder_from_seed

__all__ = ["Holder", "Rights", "holder_from_seed", "specimen_photo"]

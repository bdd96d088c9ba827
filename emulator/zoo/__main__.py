"""``python -m emulator.zoo > docs/faults.md``."""

from __future__ import annotations

import sys

from emulator.zoo.page import page

sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
sys.stdout.write(page())

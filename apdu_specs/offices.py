"""What programs write to the offices over HTTP, whoever serves them and whoever asks."""

from __future__ import annotations

COUNTER_KEY_HEADER = "X-Counter-Key"
"""Shows that an office's own counter asks. Assumed: how the real ones do it is not public."""

NO_OFFICE = " " * 5
"""The published 9080 message carries an office of 5 digits, or five spaces."""

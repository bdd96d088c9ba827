"""Traces: what was said to a card, recorded, shown, replayed. Redacted by default, from the declarations.

A trace is JSON Lines. The first line tells what it is; then one line for every command, answer and event:

* ``time`` (ISO 8601, null if unknown), ``ms`` (milliseconds since the start), ``direction``: command, answer or event
* ``bytes``: hex, a hidden byte is ``**``, so that lengths stay
* command: ``command``, ``applet``, ``fields``, for READ also ``block``, ``offset`` and ``length``
* answer: ``status``, ``meaning``, ``fields``
* event: ``event`` (connect, disconnect, power on, power off, reset, error ...) and ``atr`` or ``error``
"""

from __future__ import annotations

from harness.trace.recorder import Recorder, TracedCard, TracedTerminal

__all__ = ["Recorder", "TracedCard", "TracedTerminal"]
"""What a program records with. The other modules are imported by name."""

"""The test station: reader qualification on OpenHTF, for a desk where one reader after the other is qualified.

The criteria are those of ``harness.qualify``, judged by its campaign; here they become OpenHTF's phases and measurements.
Needs the extra ``station``.
"""

from __future__ import annotations

import signal

import openhtf

# Importing OpenHTF takes Ctrl-C for good; the station takes it only while a test runs.
if signal.getsignal(signal.SIGINT) == openhtf.Test.handle_sig_int:
    signal.signal(signal.SIGINT, openhtf.Test.DEFAULT_SIGINT_HANDLER)

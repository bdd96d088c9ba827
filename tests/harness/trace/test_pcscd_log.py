"""What pcscd --apdu logs becomes a trace, redacted on the way."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from harness.trace.pcscd_log import Imported, convert

# As pcsc-lite 1.9.9 writes it; bytes of a card that does not exist.
LOG = """00000000 pcscdaemon.c:701:main() cannot create /run/pcscd/pcscd.pid: Permission denied
00000018 Card ATR: 3B 79 96 00 00 54 48 20 4E 49 44 20 31 38 
00478261 APDU: 00 A4 04 00 08 A0 00 00 00 54 48 00 01 
00000238 SW: 61 0A 
00000002 winscard.c:1596:SCardTransmit() Send Protocol: T=0
00000002 APDU: 80 B0 00 00 02 00 11 
00000083 SW: 61 11 
00000135 APDU: 00 C0 00 00 11 
00000079 SW: 30 30 30 33 31 39 39 39 39 30 30 30 30 30 30 31 39 90 00 
00000079 APDU: 00 A4 04 00 08 A0 00 00 00 84 06 00 02 
00000079 SW: 61 0A 
00000079 APDU: 00 20 00 01 04 37 33 39 31 
00000079 SW: 90 00 
"""  # noqa: W291
EXPECTED = [
    "00A4040008A000000054480001",
    "610A",
    "80B00000020011",
    "6111",
    "00C0000011",
    "30303033" + "**" * 13 + "9000",
    "00A4040008A000000084060002",
    "610A",
    "0020000104********",
    "9000",
]


def converted(log: str) -> tuple[Imported, list[dict[str, Any]], str]:
    out = io.StringIO()
    result = convert(log.splitlines(keepends=True), lambda: out)
    return result, [json.loads(line) for line in out.getvalue().splitlines()], out.getvalue()


def coloured(log: str) -> str:
    return "".join(
        f"\x1b[36m{line[:8]}\x1b[0m [139767542732480] \x1b[34m{line[9:]}\x1b[0m\n"
        for line in log.splitlines()
    )


def by_journald(log: str) -> str:
    return "".join(f"Nov 23 03:45:11 host pcscd[12]: {line}\n" for line in log.splitlines())


@pytest.mark.parametrize("form", [str, coloured, by_journald])
def test_a_log_becomes_a_trace(form: Any) -> None:
    result, found, text = converted(form(LOG))
    assert result == Imported(5, ())
    assert [line["bytes"] for line in found if "bytes" in line] == EXPECTED
    assert found[0]["source"] == "pcscd log"
    assert found[1] | {"ms": 0} == {
        "time": None,
        "ms": 0,
        "direction": "event",
        "event": "reset",
        "atr": "3B799600005448204E4944203138",
    }
    assert found[1]["ms"] == 0.018
    assert found[2]["ms"] == 478.279
    assert found[4]["fields"] == ["version", "citizen_id"]
    assert "37333931" not in text


def test_half_lines_are_flagged_and_not_copied() -> None:
    log = "00000001 APDU: 00 20 00 01 04 37 33 39 3\n00000001 SW: 90 00\n00000001 APDU: \n00000001 SW: zz\n"
    result, found, text = converted(log)
    assert result == Imported(0, (1, 2, 3, 4))
    assert [line.get("log_line") for line in found[1:]] == [1, 2, 3, 4]
    assert "37" not in text.replace("trace", "")


def test_an_applet_selected_before_the_log_began_is_not_guessed() -> None:
    _, found, _ = converted(
        "00000001 APDU: 80 B0 00 00 02 00 04\n00000001 SW: 61 04\n00000001 APDU: 00 C0 00 00 04\n00000001 SW: 30 30 30 33 90 00\n"
    )
    assert found[-1]["bytes"] == "********9000"

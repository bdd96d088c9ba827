"""A whole quick run with a card that is neither Thai nor ours: what needs another card does not apply, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.test_card import TestCard
from harness.bench import Bench
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Need
from harness.stack import Stack
from tests.harness.cli.program import one_object, thnid

ATR = bytes.fromhex("3B 68 00 00 00 73 C8 40 13 00 90 00")
"""T=0 without TA1, as bank cards give."""


class ForeignCard(TestCard):
    """A card with one file system of its own: SELECT without a name answers, every applet is unknown."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """Literal answers, by the header alone."""
        if apdu[:1] not in (b"\x00", b"\x80"):
            return bytes.fromhex("6E00")
        if apdu[1:2] == b"\xa4":
            return bytes.fromhex("6A82" if len(apdu) > 5 else "9000")
        return bytes.fromhex("6D00")


@pytest.mark.pcsc
def test_a_foreign_card(tmp_path: Path) -> None:
    with Stack() as stack, Bench(stack) as bench:
        bench.insert(ForeignCard(ATR))
        done = thnid(
            "qualify",
            "run",
            "--json",
            "--report",
            "r",
            "--serial",
            "A-1",
            "--firmware",
            "2.03",
            "--driver",
            "libccid 1.5.2",
            cwd=tmp_path,
            env={**stack.environment, "THNID_PIN": "1234"},
        )
    document = one_object(done.stdout)
    found = {each["criterion"]: each for each in document["results"]}
    bad = {name: each for name, each in found.items() if each["verdict"] not in ("pass", "not applicable")}
    assert (bad, document["verdict"], done.returncode, document["remaining"]) == ({}, "pass", 0, [])
    for name, each in found.items():
        if Need.THAI_CARD in CRITERIA[name].needs:
            assert (each["verdict"], each["reason"]) == (
                "not applicable",
                {"en": "Needs a Thai ID card.", "th": "ต้องมีบัตรประจำตัวประชาชน"},
            )
    assert {found[name]["verdict"] for name in ("TX-1", "SH-1", "RS-1", "LT-1", "BF-1")} == {"pass"}
    assert found["AT-2"]["reason"]["en"].startswith("What this card's answer should be is not known")
    assert document["card"]["generation"] is None and document["card"]["virtual"] is False
    stated = {name: document["reader"][name] for name in ("serial", "firmware", "driver")}
    assert stated == {"serial": "A-1", "firmware": "2.03", "driver": "libccid 1.5.2"}
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "A-1" in page and "not stated" in page and "Needs a Thai ID card." in page
    assert (
        json.loads((tmp_path / "r" / "record.json").read_text(encoding="utf-8"))["digest"]
        == document["digest"]
    )

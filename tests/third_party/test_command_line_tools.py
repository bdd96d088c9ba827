"""pcsc_scan and opensc-tool see a Thai national ID card and talk to it."""

from __future__ import annotations

import re

import pytest

from tests.third_party.conftest import Run, program
from tests.third_party.expected import ATRS, CITIZEN_ID, GENERATIONS

pytestmark = pytest.mark.pcsc


def plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("generation", ["TH NID 6", "TH NID 9", "TH NID 10", "TH NID 17", "TH NID 18"])
def test_pcsc_scan_identifies_the_card(thnid_run: Run, generation: str) -> None:
    # Without a terminal and with -c it looks once; without -n it looks the ATR up in the list that it brings.
    seen = plain(thnid_run([program("pcsc_scan", "pcsc-tools"), "-c"], generation=generation).stdout)
    atr = bytes.fromhex(ATRS[generation]).hex(" ").upper()
    assert "Card inserted" in seen
    assert f"ATR: {atr}" in seen


def test_pcsc_scan_explains_the_atr_as_a_thai_national_id_card(thnid_run: Run) -> None:
    seen = plain(thnid_run([program("pcsc_scan", "pcsc-tools"), "-t", "1"]).stdout)
    assert "Fi=512, Di=32" in seen
    assert "Thai National ID Card" in seen


@pytest.mark.parametrize("generation", [each for each in GENERATIONS if each not in ("3B 67", "0002")])
def test_opensc_tool_sends_apdus(thnid_run: Run, generation: str) -> None:
    """It fetches what 61 announces by itself, if the command says with a trailing Le that it wants data."""
    commands = ("00A4040008A00000005448000100", "80B0000402000D00", "80CA9F7F2D")
    sent = [word for command in commands for word in ("--send-apdu", command)]
    said = thnid_run([program("opensc-tool", "opensc"), "--atr", *sent], generation=generation).stdout
    if generation in ATRS:
        assert bytes.fromhex(ATRS[generation]).hex(":") in said
    assert "84 08 A0 00 00 00 54 48 00 01" in said
    assert CITIZEN_ID in said
    assert "Received (SW1=0x6D, SW2=0x00)" in said  # CPLC belongs to the card manager


def test_opensc_tool_without_le_drops_the_answer_but_not_the_card(thnid_run: Run) -> None:
    """To a command without Le it reports 61 xx as 9000 and fetches nothing; GET RESPONSE by hand does."""
    commands = ("00A4040008A000000054480001", "80B0000402000D", "00C000010D")
    sent = [word for command in commands for word in ("-s", command)]
    said = thnid_run([program("opensc-tool", "opensc"), *sent], generation="3B 67").stdout
    assert said.count("Received (SW1=0x90, SW2=0x00)") == 3
    assert said.count(CITIZEN_ID) == 1


def test_opensc_tool_lists_the_reader(thnid_run: Run) -> None:
    assert "Virtual PCD 00 00" in thnid_run([program("opensc-tool", "opensc"), "--list-readers"]).stdout

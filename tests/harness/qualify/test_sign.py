"""``thnid qualify sign`` and ``verify``: a name under a record, evidence beside it, and no change that goes unseen."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.qualify_report import report
from harness.cli.qualify_sign import sign, verify
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Measurement
from harness.qualify.record import Record, result
from harness.qualify.verdict import Verdict
from tests.harness.qualify.records import HEADER, edited, record_in

TODAY = datetime.now().astimezone().date().isoformat()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record for which a photo of the mark was shown."""
    photo = tmp_path / "ฉลาก label.png"
    photo.write_bytes(PICTURE)
    record = Record.begin(tmp_path / "r", HEADER)
    shown = Measurement("shown", attachments=[str(photo)])
    record.add(result(CRITERIA["PA-1"], Verdict.PASS, shown, None, 1.0))
    record.finish()
    return tmp_path / "r"


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def signed(folder: Path, *more: object) -> Result:
    return run(sign, folder, "--operator", "สมศรี ใจดี", "--date", TODAY, "--lang", "en", *more)


def test_what_was_shown_is_copied_with_its_digest(folder: Path) -> None:
    (result,) = record_in(folder)["results"]
    assert result["attachments"] == [
        {
            "path": "evidence/PA-1-ฉลาก_label.png",
            "sha256": hashlib.sha256(PICTURE).hexdigest(),
            "bytes": len(PICTURE),
        }
    ]
    assert (folder / "evidence" / "PA-1-ฉลาก_label.png").read_bytes() == PICTURE
    assert Record.resume(folder).results["PA-1"]["attachments"] == result["attachments"]


def test_a_signature_leaves_what_was_measured_as_it_is(folder: Path) -> None:
    before = record_in(folder)
    done = signed(folder, "--serial", "RR123", "--firmware", "1.08", "--driver", "libccid 1.5.2")
    assert (done.exit_code, done.stdout.strip().endswith("writes the page anew.")) == (0, True)
    after = record_in(folder)
    assert {**after, "signature": None} == before
    assert after["signature"]["seal"].startswith("sha256:")
    told = json.loads(run(verify, folder, "--json").stdout)
    assert (told["digest"], told["evidence"]) == (before["digest"], 1)
    assert told["signature"]["operator"] == "สมศรี ใจดี" and told["signature"]["serial"] == "RR123"


def test_the_page_shows_signature_and_photo(folder: Path) -> None:
    paper = folder.parent / "certificate.pdf"
    paper.write_bytes(b"%PDF-1.7")
    signed(folder, "--serial", "RR-9", "--evidence", paper)
    assert run(report, folder).exit_code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "RR-9" in page and TODAY in page and "signed-certificate.pdf" in page
    assert 'src="data:image/png;base64,' in page and "img-src data:;" in page
    assert hashlib.sha256(b"%PDF-1.7").hexdigest() in page


def test_verify_says_so_in_both_languages(folder: Path) -> None:
    assert "Not signed." in run(verify, folder, "--lang", "en").stdout
    assert "ยังไม่ได้ลงนาม" in run(verify, folder / "record.json", "--lang", "th").stdout
    signed(folder)
    assert f"Signed by สมศรี ใจดี on {TODAY}." in run(verify, folder, "--lang", "en").stdout


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('"shown"', '"none"', "RecordAltered"),
        ('"R 00 00"', '"S 00 00"', "RecordAltered"),
        ("สมศรี", "สมชาย", "SignatureBroken"),
        (f'"date": "{TODAY}"', '"date": "2026-11-21"', "SignatureBroken"),
        ('"seal"', '"serial"', "SignatureBroken"),
    ],
)
def test_a_changed_record_is_refused(folder: Path, before: str, after: str, code: str) -> None:
    signed(folder)
    edited(folder / "record.json", before, after)
    for command in (verify, report):
        done = run(command, folder, "--json")
        assert (done.exit_code, json.loads(done.stdout)["error"]) == (1, code)
    assert signed(folder, "--again").exit_code == 1


def test_changed_or_missing_evidence_is_refused(folder: Path) -> None:
    photo = folder / "evidence" / "PA-1-ฉลาก_label.png"
    photo.write_bytes(PICTURE + b"\0")
    assert json.loads(run(verify, folder, "--json").stdout)["error"] == "EvidenceAltered"
    photo.unlink()
    assert json.loads(run(report, folder, "--json").stdout)["error"] == "EvidenceAltered"


def test_a_second_signature_is_asked_for(folder: Path) -> None:
    signed(folder)
    again = signed(folder)
    assert again.exit_code == 1 and "--again" in again.stderr
    assert signed(folder, "--again").exit_code == 0


@pytest.mark.parametrize("wrong", [("--date", "20/11/2026"), ("--operator", " "), ("--evidence", "nowhere")])
def test_what_cannot_be_signed_is_a_usage_error(folder: Path, wrong: tuple[str, str]) -> None:
    assert signed(folder, *wrong).exit_code == 2
    assert record_in(folder)["signature"] is None


@pytest.mark.parametrize(("days", "why"), [(2, "yet to come"), (-2, "measured until")])
def test_nobody_signs_tomorrow_or_what_was_not_yet_measured(folder: Path, days: int, why: str) -> None:
    day = (datetime.now().astimezone() + timedelta(days=days)).date().isoformat()
    done = run(sign, folder, "--operator", "S", "--date", day, "--lang", "en")
    assert done.exit_code == 2 and why in done.stderr
    assert record_in(folder)["signature"] is None
    assert "ลงนามวันที่" in run(sign, folder, "--operator", "S", "--date", day, "--lang", "th").stderr


def test_a_record_of_another_version_is_verified_without_its_limits(folder: Path) -> None:
    assert "Its limits were not compared" in run(verify, folder, "--lang", "en").stdout
    assert json.loads(run(verify, folder, "--json").stdout)["limits_compared"] is False


def test_a_full_disk_leaves_the_record_as_it_was(folder: Path, full_disk: None) -> None:  # in this order
    before, names = (folder / "record.json").read_bytes(), sorted(folder.iterdir())
    done = signed(folder)
    assert done.exit_code == 2 and str(folder / "record.json") in done.stderr
    assert (folder / "record.json").read_bytes() == before
    assert sorted(folder.iterdir()) == names

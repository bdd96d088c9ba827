"""``thnid qualify report`` and ``compare``: files, JSON, exit statuses, sentences."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from harness.cli.qualify import command
from harness.cli.qualify_report import compare, report
from harness.qualify.report.schema import SCHEMA
from tests.harness.qualify.report.synthetic import sealed, short, written


def run_report(*arguments: object) -> Result:
    return CliRunner().invoke(report, [str(each) for each in arguments])


def run_compare(*arguments: object) -> Result:
    return CliRunner().invoke(compare, [str(each) for each in arguments])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(short(), tmp_path / "record.json")


def test_report_writes_the_page_beside_the_record(path: Path) -> None:
    done = run_report(path, "--lang", "th", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told == {
        "html": str(path.with_name("report.html")),
        "verdict": "pass",
        "digest": short()["digest"],
    }
    assert (
        path.with_name("report.html")
        .read_text(encoding="utf-8")
        .startswith('<!DOCTYPE html>\n<html lang="th">')
    )


def test_report_takes_a_folder_and_makes_one(path: Path, tmp_path: Path) -> None:
    done = run_report(path.parent, "--out", tmp_path / "new" / "folder", "--lang", "en")
    assert done.exit_code == 0
    assert (tmp_path / "new" / "folder" / "report.html").exists()
    assert done.stdout.strip().endswith("report.html written.")


def test_a_changed_record_is_refused_in_one_sentence(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("RR123", "RR124"), encoding="utf-8")
    done = run_report(path, "--lang", "en")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"thnid: {path}: the record was changed after it was written;")
    assert not path.with_name("report.html").exists()


def test_a_newer_record_is_refused(path: Path) -> None:
    written(sealed({**short(), "format": 9}), path)
    done = run_report(path, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"] == "RecordTooNew"


def test_the_schema_that_records_are_held_against_is_printed() -> None:
    told = CliRunner().invoke(command, ["schema"])
    assert (told.exit_code, json.loads(told.stdout)) == (0, SCHEMA)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_no_record_is_a_usage_error(tmp_path: Path) -> None:
    assert run_report(tmp_path / "none.json").exit_code == 2
    assert run_report(tmp_path).exit_code == 2


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_a_missing_package_is_told_with_what_to_install(
    package: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("harness.qualify.report.html", "harness.qualify.report.plots"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delattr("harness.qualify.report.html", raising=False)
    monkeypatch.delattr("harness.qualify.report.plots", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    done = run_report(path, "--lang", "en")
    assert done.exit_code == 2
    assert (
        f"the package {package}, which is not installed. Install it: pip install 'thnid[qualify]'."
        in done.stderr
    )


def test_compare_for_people_and_for_scripts(path: Path, tmp_path: Path) -> None:
    slow = written(short(2, slower=2.0), tmp_path / "slow.json")
    done = run_compare(path, slow, "--lang", "en", "--html", tmp_path / "c.html")
    assert done.exit_code == 0, done.output
    assert (
        "Verdicts differ: –. Another value: –. More than noise: PR-3, LT-1, PT-5. Large, not certain: –."
        in " ".join(done.stdout.split())
    )
    assert (tmp_path / "c.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    told = json.loads(run_compare(path, slow, "--json").stdout)
    assert [model["serial"] for model in told["models"]] == ["RR123-004567"] * 2
    assert told["criteria"][0]["contrasts"]
    assert told["method"]["seed"] == 1


def test_compare_needs_two_and_refuses_a_changed_one(path: Path, tmp_path: Path) -> None:
    assert run_compare(path).exit_code == 2
    changed = written({**short(), "operator": "X"}, tmp_path / "changed.json")
    assert run_compare(path, changed).exit_code == 1


def test_compare_refuses_a_record_without_its_evidence(path: Path, tmp_path: Path) -> None:
    shown = {"path": "evidence/label.png", "sha256": "0" * 64, "bytes": 1}
    whole = short()
    whole["results"][0]["attachments"] = [shown]
    other = written(sealed(whole), tmp_path / "other.json")
    done = run_compare(path, other, "--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]) == (1, "EvidenceAltered")


def test_compare_without_scipy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "harness.qualify.compare", raising=False)
    monkeypatch.delattr("harness.qualify.compare", raising=False)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    done = run_compare(path, path, "--lang", "th")
    assert done.exit_code == 2
    assert "แพ็กเกจ scipy ซึ่งยังไม่ได้ติดตั้ง" in done.stderr

"""What ``thnid login --srm-dir`` does where NHSO gives no SRM tokens, or gives nonsense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apdu_specs.language import Language, Text
from harness.cli.login import with_srm_tokens
from harness.cli.output import Output
from harness.errors import NoReader
from harness.officer.login import LoginResult
from harness.officer.offices import NhsoClient, NhsoSession, Titled
from harness.officer.screen.midnight import OfficesClock
from tests.harness.officer.answering_server import answering

LEVEL = Titled("search", Text("search", "ค้นหา"))
SESSION = NhsoSession("abcdefgh12345678", "2026-03-11T00:00:00+07:00", LEVEL)
NOT_OFFERED = json.dumps(
    {
        "status": "no-such-service",
        "message": {"en": "none", "th": "ไม่มี"},
        "what_to_do": {"en": "x", "th": "x"},
    }
).encode()


def told(url: str, home: Path, language: Language = "en", result: LoginResult | None = None) -> LoginResult:
    with NhsoClient(url) as nhso:
        asked = LoginResult((), session=SESSION) if result is None else result
        return with_srm_tokens(Output(json=True, language=language), asked, nhso, home, OfficesClock(nhso))


@pytest.mark.parametrize(
    ("language", "note"), [("en", "NHSO does not offer SRM here"), ("th", "ไม่ได้เปิด SRM")]
)
def test_where_srm_is_not_offered_that_is_said_and_the_login_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: Language, note: str
) -> None:
    with answering(404, NOT_OFFERED, {"Content-Type": "application/json"}) as url:
        assert told(url, tmp_path, language).logged_in
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), note in err) == ("", 1, True)
    assert not list(tmp_path.iterdir())


def test_tokens_that_are_none_fail_the_login_by_name(tmp_path: Path) -> None:
    for nonsense in (b"[]", b"{}", b'{"access-token": "a b", "refresh-token": "\\n"}'):
        with answering(200, nonsense, {"Content-Type": "application/json"}) as url:
            result = told(url, tmp_path)
        assert (result.logged_in, result.to_json()["error"]) == (False, "ServiceNonsense")
    assert not list(tmp_path.iterdir())


def test_what_failed_before_stays_the_reason(tmp_path: Path) -> None:
    failed = LoginResult((), error=NoReader(""), session=SESSION)
    assert told("http://127.0.0.1:9/nhso", tmp_path, result=failed).error is failed.error
    nobody = LoginResult((), error=NoReader(""))
    assert told("http://127.0.0.1:9/nhso", tmp_path, result=nobody) is nobody

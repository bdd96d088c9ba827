"""Token files that come and go: midnight in Bangkok, yesterday's file, SRM's file."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness.officer import srm_file, token_file
from harness.officer.errors import SrmFileNotWritten, TokenFileNotWritten
from harness.officer.offices import SrmTokens

TOKEN = token_file.OfficerToken("1999900000013", "abcdefgh12345678")
UTC_7 = timezone(timedelta(hours=7))


def test_the_published_folders() -> None:
    assert list(token_file.PROGRAMS) == ["UCAuthentication4.x", "UCAuthenticationMX", "NHSOAuthen4.2018"]


def written_at(folder: Path, moment: datetime) -> Path:
    path = token_file.write(folder, TOKEN)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path


def test_a_file_of_yesterday_is_cleared(tmp_path: Path) -> None:
    just_before = datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC_7)
    path = written_at(tmp_path, just_before)
    assert not token_file.clear_if_stale(tmp_path, just_before)
    assert path.exists()
    # 17:00 UTC is midnight in Bangkok, wherever this machine is.
    assert token_file.clear_if_stale(tmp_path, datetime(2026, 3, 10, 17, 0, tzinfo=UTC))
    assert not path.exists()
    assert not token_file.clear_if_stale(tmp_path, just_before + timedelta(days=9))


def test_a_file_tells_the_offices_time(tmp_path: Path) -> None:
    moment = datetime(2031, 3, 10, 12, 0, tzinfo=UTC_7)
    path = token_file.write(tmp_path, TOKEN, at=moment)
    assert path.stat().st_mtime == moment.timestamp()
    assert not token_file.clear_if_stale(tmp_path, moment)
    assert token_file.clear_if_stale(tmp_path, moment + timedelta(days=1))


def test_clearing(tmp_path: Path) -> None:
    token_file.write(tmp_path, TOKEN)
    token_file.clear(tmp_path)
    token_file.clear(tmp_path)
    token_file.clear(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / token_file.FILE_NAME).mkdir()
    with pytest.raises(TokenFileNotWritten):
        token_file.clear(tmp_path)


def test_srm_file(tmp_path: Path) -> None:
    path = srm_file.write(tmp_path, SrmTokens("a.b.c", "d.e.f"))
    assert path == tmp_path / "SRM Smart Card Single Sign-On" / "token.txt"
    assert path.read_bytes() == b"access-token=a.b.c\nrefresh-token=d.e.f\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    srm_file.write(tmp_path, SrmTokens("g.h.i", "j.k.l"))
    assert path.read_text().startswith("access-token=g.h.i\n")
    assert [each.name for each in path.parent.iterdir()] == ["token.txt"]
    srm_file.clear(tmp_path)
    srm_file.clear(tmp_path)
    assert list(path.parent.iterdir()) == []
    assert "a.b.c" not in repr(SrmTokens("a.b.c", "d.e.f"))


def test_srm_file_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / srm_file.FOLDER).write_text("")
    with pytest.raises(SrmFileNotWritten) as caught:
        srm_file.write(tmp_path, SrmTokens("a.b.c", "d.e.f"))
    assert caught.value.message.th and "a.b.c" not in str(caught.value)
    with pytest.raises(SrmFileNotWritten):
        srm_file.write(tmp_path / "nowhere", SrmTokens("a.b.c", "d.e.f"))

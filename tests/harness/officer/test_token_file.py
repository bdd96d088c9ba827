"""nhso_token.txt: what is written can be read, by us and as the hospital programs read it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.officer import token_file
from harness.officer.errors import TokenFileNotWritten, TokenFileUnreadable
from harness.officer.token_file import OfficerToken

TOKEN = OfficerToken("1999900000013", "abcdef0123456789")
LINE = b"1999900000013#abcdef0123456789"

tokens = st.builds(
    OfficerToken, st.from_regex(r"[0-9]{13}", fullmatch=True), st.from_regex(r"[a-z0-9]{16}", fullmatch=True)
)


@given(token=tokens, bom=st.booleans())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, token: OfficerToken, bom: bool) -> None:
    folder = tmp_path_factory.mktemp("token")
    path = token_file.write(folder, token, bom=bom)
    assert token_file.read(folder) == token
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_the_bytes_that_hospital_programs_expect(tmp_path: Path) -> None:
    path = token_file.write(tmp_path, TOKEN)
    assert path.name == "nhso_token.txt"
    assert path.read_bytes() == LINE
    text = path.read_text()
    assert text.split("#") == [TOKEN.citizen_id, TOKEN.smctoken]
    assert (text[0:13], text[14:]) == (TOKEN.citizen_id, TOKEN.smctoken)
    assert re.fullmatch(r"(\d{13})#([A-Za-z0-9]+)", text)
    token_file.write(tmp_path, TOKEN, bom=True)
    content = path.read_bytes()
    assert content == b"\xef\xbb\xbf" + LINE
    assert content[17:33] == TOKEN.smctoken.encode()


def test_only_the_owner_may_read_it_also_when_it_replaces_an_open_one(tmp_path: Path) -> None:
    (tmp_path / "nhso_token.txt").write_text("old")
    (tmp_path / "nhso_token.txt").chmod(0o666)
    path = token_file.write(tmp_path, TOKEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_end_is_read_over(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "nhso_token.txt").write_bytes(LINE + end)
    assert token_file.read(tmp_path) == TOKEN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#",
        LINE[:-1],
        LINE + b"x",
        LINE.upper(),
        LINE + b"\n\n",
        b" " + LINE,
        b"\xff" * 30,
        LINE.replace(b"#", b","),
    ],
)
def test_what_is_no_token_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "nhso_token.txt").write_bytes(content)
    with pytest.raises(TokenFileUnreadable):
        token_file.read(tmp_path)


def test_a_missing_file_or_folder(tmp_path: Path) -> None:
    with pytest.raises(TokenFileUnreadable):
        token_file.read(tmp_path)
    with pytest.raises(TokenFileNotWritten) as caught:
        token_file.write(tmp_path / "nowhere", TOKEN)
    assert caught.value.message.th
    assert TOKEN.smctoken not in str(caught.value)


def test_a_failed_write_leaves_nothing_and_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "nhso_token.txt").mkdir()  # a rename onto a folder fails
    with pytest.raises(TokenFileNotWritten):
        token_file.write(tmp_path, TOKEN)
    assert [entry.name for entry in tmp_path.iterdir()] == ["nhso_token.txt"]


@pytest.mark.parametrize("token", [OfficerToken("1", "a" * 16), OfficerToken("1" * 13, "A" * 16)])
def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, token: OfficerToken) -> None:
    with pytest.raises(ValueError, match="13 digits"):
        token_file.write(tmp_path, token)
    assert list(tmp_path.iterdir()) == []


def test_tokens_are_not_shown(tmp_path: Path) -> None:
    assert TOKEN.smctoken not in repr(TOKEN)
    assert TOKEN.citizen_id not in repr(TOKEN)

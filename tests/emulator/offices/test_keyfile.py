"""The key file: made for its owner only, and refused when it is not."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from apdu_specs import keys
from emulator.offices.keyfile import KeyFileUnusable, make_key_file, master_key, read_key_file


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_new_key_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = make_key_file(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path) == master_key(path) == key
    with pytest.raises(KeyFileUnusable):
        make_key_file(path)
    assert read_key_file(path) == key


def test_without_a_file_it_is_the_specimen_key() -> None:
    assert master_key(None) == keys.SPECIMEN_MASTER_KEY


@pytest.mark.parametrize(
    "form", [bytes(range(32)).hex().encode(), base64.b64encode(bytes(range(32))) + b"\n"]
)
def test_both_forms(tmp_path: Path, form: bytes) -> None:
    assert read_key_file(written(tmp_path / "key", form)) == bytes(range(32))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyFileUnusable) as caught:
        read_key_file(written(tmp_path / "key", bytes(32).hex().encode(), mode))
    assert "chmod 600" in caught.value.what_to_do.en


@pytest.mark.parametrize(
    "content", [b"", b"secret", b"00" * 31, b"00" * 33, bytes(32), b"\xff" * 64, b"0" * 5000]
)
def test_a_file_without_a_key_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(KeyFileUnusable) as caught:
        read_key_file(written(tmp_path / "key", content))
    assert "secret" not in caught.value.message.en + caught.value.what_to_do.en


def test_an_absent_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(KeyFileUnusable):
            read_key_file(path)

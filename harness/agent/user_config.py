"""``userconfig.properties``: where the original keeps the hospital's token. Public: one line, ``nhso.service.token=<UUID>``."""

from __future__ import annotations

import re
from pathlib import Path

from apdu_specs.language import Text
from harness.errors import HarnessError

FILE_NAME = "userconfig.properties"
KEY = "nhso.service.token"
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST = 64 * 1024


class HospitalTokenMissing(HarnessError):
    """There is no hospital's token, or what is given is none; ``why`` says which."""

    exit_status = 2

    def __init__(self, why: Text) -> None:
        super().__init__(
            why,
            Text(
                f"Give --token, THNID_HOSPITAL_TOKEN or a {FILE_NAME} with the line {KEY}=<UUID>.",
                f"ระบุด้วย --token, THNID_HOSPITAL_TOKEN หรือแฟ้ม {FILE_NAME} ที่มีบรรทัด {KEY}=<UUID>",
            ),
        )


def checked_token(text: str) -> str:
    """A token as NHSO gives it, a UUID of 36 characters. Raises HospitalTokenMissing."""
    token = text.strip()
    if UUID_FORM.fullmatch(token) is None:
        raise HospitalTokenMissing(
            Text(
                "A hospital's token is a UUID of 36 characters.",
                "Token ของหน่วยบริการต้องเป็น UUID ยาว 36 ตัวอักษร",
            )
        )
    return token


def token_in(path: Path) -> str:
    """The token of a file. Raises HospitalTokenMissing; OSError when the file cannot be read."""
    with path.open("rb") as file:
        content = file.read(_LONGEST).decode("utf-8-sig", "replace")
    for line in content.splitlines():
        key, *value = re.split(r"\s*[=:]\s*", line.strip(), maxsplit=1)
        if key == KEY and value:
            return checked_token(value[0])
    raise HospitalTokenMissing(Text(f"{path} has no line {KEY}=.", f"แฟ้ม {path} ไม่มีบรรทัด {KEY}="))

"""Every wrong call: one sentence, the promised exit status, JSON if asked for, nothing left behind."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.harness.cli.program import one_object, thnid


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good card file and everything that is not one."""
    folder = tmp_path_factory.mktemp("cards")
    assert thnid("card", "create", "good.card", cwd=folder).returncode == 0
    whole = (folder / "good.card").read_bytes()
    (folder / "short.card").write_bytes(whole[:2000])
    (folder / "other.card").write_text("not a card")
    (folder / "newer.card").write_bytes(whole[:8] + b"\x00\xff" + whole[10:])
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    script = folder / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["nonsense"], 2, "No such command 'nonsense'."),
        (["card", "create"], 2, "Missing argument 'FILE'."),
        (["card", "create", "new.card", "--pin", "12345"], 2, "A PIN is 4 digits."),
        (["card", "create", "new.card", "--pin", "๑๒๓๔"], 2, "A PIN is 4 digits."),
        (["card", "create", "new.card", "--failures", "6"], 2, "0 to 5, not 6."),
        (["card", "create", "new.card", "--failures", "many"], 2, "'many' is not a valid integer."),
        (["card", "create", "new.card", "--seed", "-1"], 2, "A seed is 0 to 9999999, not -1."),
        (["card", "create", "new.card", "--generation", "XP"], 2, "There is no generation 'XP'."),
        (["card", "create", "good.card"], 2, "good.card exists already."),
        (["card", "create", "nowhere/new.card"], 2, "nowhere/new.card: No such file or directory."),
        (["card", "show", "absent.card"], 2, "absent.card: there is no such file."),
        (["card", "show", "short.card"], 2, "short.card: the card file is truncated."),
        (["card", "show", "other.card"], 2, "other.card: this is not a card file."),
        (["card", "show", "newer.card"], 2, "newer than this program's"),
        (["card", "show", "folder"], 2, "folder: this is a folder, not a card file."),
        (["card", "show", "pipe"], 2, "pipe: this is not a card file."),
        (["card", "insert", "good.card"], 3, "There is no virtual reader here"),
        (["readers"], 3, "no PC/SC service (pcscd) answers."),
        (["read"], 3, "no PC/SC service (pcscd) answers."),
        (["serve", "--card", "good.card", "--connect", "nonsense"], 2, "'nonsense' is not HOST:PORT."),
        (["serve", "--card", "good.card", "--connect", "192.0.2.1:99999"], 2, "is not HOST:PORT."),
        (["serve", "--card", "good.card", "--connect", "[::1]:9", "--reader-name", "A"], 2, "private stack"),
        (["serve", "--card", "short.card"], 2, "short.card: the card file is truncated."),
        (["login", "--authority-url", "http://192.0.2.1"], 2, "Give both --authority-url and --nhso-url"),
        (["office", "renew-pin", "--card", "good.card", "--pin", "12"], 2, "A PIN is exactly 4 digits."),
        (["office", "renew-pin", "--card", "good.card"], 2, "A PIN is needed and none was given."),
        (["office", "serve", "--port", "70000"], 2, "70000 is not in the range"),
        (["office", "serve", "--card", "absent.card"], 2, "absent.card: there is no such file."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_one_sentence(folder: Path, arguments: list[str], status: int, sentence: str) -> None:
    before = sorted(path.name for path in folder.iterdir())
    done = thnid(*arguments, "--json", cwd=folder, env={"PCSCLITE_CSOCK_NAME": str(folder / "none")})
    assert done.returncode == status
    assert done.stderr.startswith("thnid: ") and done.stderr.count("\n") == 1
    assert sentence in done.stderr
    document = one_object(done.stdout)
    assert re.fullmatch("[A-Z][A-Za-z]+", document["error"])
    assert done.stderr == f"thnid: {document['message']} {document['what_to_do']}\n"
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say which program to run"),
        (["--", "no-such-program"], "There is no program 'no-such-program'."),
        (["--", "./folder"], "'./folder' cannot be run: Is a directory."),
        (["--", "./good.card"], "'./good.card' cannot be run: Permission denied."),
        (["--", "./script"], "'./script' cannot be run: No such file or directory."),
        (["--fault", "bogus", "--", "true"], "There is no fault 'bogus'. There are: silent, removed"),
        (["--fault", "slow=x", "--", "true"], "slow=x: this is not a number from 0"),
        (["--card", "good.card", "--pin", "1111", "--", "true"], "--pin cannot change it."),
        (["--card", "short.card", "--", "true"], "short.card: the card file is truncated."),
        (["--generation", "XP", "--", "true"], "There is no generation 'XP'."),
        (["--pin", "12", "--", "true"], "A PIN is 4 digits."),
        (["--reader-name", 'a"b', "--", "true"], "cannot be used."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_run_refuses(folder: Path, arguments: list[str], sentence: str) -> None:
    done = thnid("run", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("thnid: ") and done.stderr.count("\n") == 1
    assert sentence in done.stderr


def test_a_program_that_is_named_and_missing_is_not_replaced_by_another() -> None:
    for variable in ("THNID_PCSCD", "THNID_VPCD_DRIVER"):
        done = thnid("run", "--", "true", env={variable: "/nonexistent"})
        assert done.returncode == 3
        assert f"{variable} is /nonexistent, which is no file." in done.stderr


def test_doctor_on_a_crippled_machine() -> None:
    done = thnid("doctor", "--json", env={"THNID_PCSCD": "/nonexistent"})
    document = one_object(done.stdout)
    assert (done.returncode, document["healthy"]) == (3, False)
    lacking = [check for check in document["checks"] if check["needed"] and not check["ok"]]
    assert [check["name"] for check in lacking] == ["pcscd and vpcd driver"]
    assert "THNID_PCSCD" in lacking[0]["what_to_do"]


USAGE = [
    (["nonsense"], "ไม่มีคำสั่ง 'nonsense'"),
    (["card", "shwo"], "ไม่มีคำสั่ง 'shwo'"),
    (["card", "create"], "ยังไม่ได้ระบุ 'FILE'"),
    (["card", "create", "a", "b"], "มีส่วนเกินที่คำสั่งนี้ไม่รับ: b"),
    (["card", "create", "a", "--pni", "1"], "ไม่มีตัวเลือก --pni"),
    (["card", "create", "a", "--failures", "many"], "'many' ไม่ใช่จำนวนเต็ม"),
    (["card", "create", "a", "--json", "--pin"], "ตัวเลือก --pin ต้องมีค่าตามหลัง"),
    (["card", "create", "a", "--force=1"], "ตัวเลือก --force ไม่รับค่า"),
    (["card", "show"], "ยังไม่ได้ระบุ 'FILE'"),
    (["card", "set", "a"], "โปรดระบุ --failures"),
    (["lockout"], "เลือกได้จาก: suspended, locked"),
    (["lockout", "--to", "x"], "'x' ไม่อยู่ในค่าที่เลือกได้: 'suspended', 'locked'"),
    (["office", "serve", "--port", "70000"], "70000 ไม่อยู่ในช่วง"),
    (["office", "serve", "--port", "x"], "'x' ไม่ใช่จำนวนเต็ม"),
    (["office", "replace-card"], "ยังไม่ได้ระบุตัวเลือก"),
    (["trace", "show", "absent"], "ไม่พบแฟ้ม 'absent'"),
    (["trace", "show", "folder"], "'folder' เป็นโฟลเดอร์ ไม่ใช่แฟ้ม"),
    (["login", "--authority-url", "http://192.0.2.1"], "--authority-url และ --nhso-url"),
    (["read", "--json", "--format", "csv"], "อย่างใดอย่างหนึ่ง"),
    (["serve"], "ยังไม่ได้ระบุตัวเลือก '--card'"),
    (["serve", "--card", "good.card", "--connect", "[::1]:9", "--reader-name", "A"], "--reader-name ใช้กับ"),
    (["learn", "--in-process", "--reader", "x"], "--in-process เรียนรู้บัตรที่สร้างขึ้นเอง"),
    (["scenario", "run"], "อย่างน้อยหนึ่งรายการ"),
    (["trace", "import", "good.card", "--json"], "โปรดระบุ --out FILE ด้วย"),
    (["qualify", "run", "--profile", "x"], "'x' ไม่อยู่ในค่าที่เลือกได้"),
]
_NAMES = re.compile(
    r"'[^']*'|--?[a-z-]+|\b(?:PIN|PC/SC|APDU|URL|FILE|NAME|N|JSON|vpcd|thnid|x|b|suspended|locked|http)\b"
)


@pytest.mark.parametrize(("arguments", "sentence"), USAGE, ids=lambda value: " ".join(value)[:40])
@pytest.mark.parametrize("way", ["--lang", "LANG", "--json"])
def test_a_wrong_command_line_is_told_in_thai(
    folder: Path, arguments: list[str], sentence: str, way: str
) -> None:
    if way == "LANG":
        done = thnid(*arguments, cwd=folder, env={"LANG": "th_TH.UTF-8"})
    else:
        asked = ["--json"] if way == "--json" and "--json" not in arguments else []
        done = thnid("--lang", "th", *arguments, *asked, cwd=folder)
    assert done.returncode == 2 and sentence in done.stderr
    assert done.stderr.startswith("thnid: ใช้คำสั่งไม่ถูกต้อง: ") and done.stderr.count("\n") == 1
    told = done.stderr.removeprefix("thnid: ").split("ดูวิธีใช้ด้วย")[0]
    assert not re.findall("[A-Za-z]{2,}", _NAMES.sub("", told)), told
    if way == "--json":
        document = one_object(done.stdout)
        assert document["error"] == "UsageError" and sentence in document["message"]


def test_why_the_system_refused_is_told_in_thai(folder: Path) -> None:
    for arguments, sentence in (
        (["card", "create", "nowhere/new.card"], "nowhere/new.card: ไม่พบแฟ้มหรือโฟลเดอร์นี้"),
        (["run", "--", "./folder"], "เรียกใช้ './folder' ไม่ได้: เป็นโฟลเดอร์"),
        (["run", "--", "./good.card"], "เรียกใช้ './good.card' ไม่ได้: ไม่มีสิทธิใช้งาน"),
        (["run", "--", "./script"], "เรียกใช้ './script' ไม่ได้: ไม่พบแฟ้มหรือโฟลเดอร์นี้"),
    ):
        done = thnid(*arguments, cwd=folder, env={"LANG": "th_TH.UTF-8"})
        assert done.returncode == 2 and sentence in done.stderr


def test_thai_before_and_after_the_command(folder: Path) -> None:
    expected = "thnid: absent.card: ไม่พบแฟ้มนี้"
    assert thnid("--lang", "th", "card", "show", "absent.card").stderr.startswith(expected)
    assert thnid("card", "show", "absent.card", "--lang", "th").stderr.startswith(expected)
    assert thnid("card", "show", "absent.card", env={"LANG": "th_TH.UTF-8"}).stderr.startswith(expected)
    both = thnid("--lang", "th", "card", "show", "absent.card", "--lang", "en")
    assert both.stderr.startswith("thnid: absent.card: there is no such file.")
    assert thnid("card", "show", "--lang", "th").stderr.startswith("thnid: ใช้คำสั่งไม่ถูกต้อง")
    assert "บัตรหยุดตอบ" in thnid("run", "--fault", "list", "--lang", "th").stdout
    assert "the card stops answering" in thnid("run", "--fault", "list").stdout

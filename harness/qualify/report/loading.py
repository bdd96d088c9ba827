"""A finished record from its file, checked before anything is said of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePath
from typing import Any

from apdu_specs.language import Text
from apdu_specs.system_errors import reason_of
from harness.errors import HarnessError
from harness.qualify.consistency import missing, oddity
from harness.qualify.record import DOCUMENT, EVIDENCE, FORMAT, NoRecord, digest_of, seal_of
from harness.qualify.verdict import Verdict, overall

_NOT_A_RECORD = Text("this is not a qualification record", "ไม่ใช่บันทึกผลการทดสอบเครื่องอ่าน")


class RecordAltered(HarnessError):
    """The record is not as a campaign writes it; ``why``: its digest, its verdict, or a line does not follow."""

    def __init__(self, path: Path, why: Text) -> None:
        super().__init__(
            Text(
                f"{path}: the record was changed after it was written; {why.en}.",
                f"{path}: บันทึกผลถูกแก้ไขหลังจากเขียนแล้ว {why.th}",
            ),
            Text(
                "Use the original file, or measure again with 'thnid qualify run'.",
                "โปรดใช้แฟ้มต้นฉบับ หรือทดสอบใหม่ด้วย 'thnid qualify run'",
            ),
        )


class SignatureBroken(HarnessError):
    """The signature in the record was changed, or is of another record."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            Text(
                f"{path}: the signature was changed after it was made, or is of another record.",
                f"{path}: ลายมือชื่อถูกแก้ไขหลังลงนาม หรือเป็นของบันทึกฉบับอื่น",
            ),
            Text(
                "Sign the record again: 'thnid qualify sign'.", "โปรดลงนามในบันทึกใหม่ด้วย 'thnid qualify sign'"
            ),
        )


class EvidenceAltered(HarnessError):
    """A file that was shown as evidence is not there, or not what was shown."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            Text(
                f"{path}: this evidence is missing or was changed.",
                f"{path}: หลักฐานนี้หายไปหรือถูกแก้ไข",
            ),
            Text(
                "Put the file back that was shown, beside its record.",
                "โปรดนำแฟ้มที่ใช้แสดงกลับมาไว้ข้างบันทึกผล",
            ),
        )


class RecordTooNew(HarnessError):
    """The record is of a format that this version does not know."""

    def __init__(self, path: Path, found: int) -> None:
        super().__init__(
            Text(
                f"{path}: the record has format {found}; this version of thnid knows formats up to {FORMAT}.",
                f"{path}: บันทึกผลเป็นรูปแบบ {found} แต่ thnid รุ่นนี้รู้จักถึงรูปแบบ {FORMAT}",
            ),
            Text("Install a newer thnid.", "โปรดติดตั้ง thnid รุ่นใหม่กว่า"),
        )


class ExtraMissing(HarnessError):
    """The page and the comparison need packages that are not installed."""

    exit_status = 2

    def __init__(self, package: str) -> None:
        super().__init__(
            Text(
                f"Reports and comparisons need the package {package}, which is not installed.",
                f"การออกรายงานและการเปรียบเทียบต้องใช้แพ็กเกจ {package} ซึ่งยังไม่ได้ติดตั้ง",
            ),
            Text("Install it: pip install 'thnid[qualify]'.", "ติดตั้งด้วย pip install 'thnid[qualify]'"),
        )


def load(path: Path) -> dict[str, Any]:
    """The record in ``path``, a file or the folder that a run wrote.

    Raises NoRecord (unreadable, or no record), RecordTooNew, RecordAltered, SignatureBroken.
    """
    path = path / DOCUMENT if path.is_dir() else path
    try:
        record = json.loads(path.read_bytes())
    except OSError as error:
        raise NoRecord(
            path, Text(error.strerror or str(error), f"เปิดแฟ้มไม่ได้ ({reason_of(error).th})")
        ) from None
    except (ValueError, RecursionError):
        raise NoRecord(path, _NOT_A_RECORD) from None
    if not isinstance(record, dict) or type(record.get("format")) is not int:
        raise NoRecord(path, _NOT_A_RECORD)
    if record["format"] > FORMAT:
        raise RecordTooNew(path, record["format"])
    if not _has_shape(record):
        raise NoRecord(path, _NOT_A_RECORD)
    altered = _altered(record)
    if altered is not None:
        raise RecordAltered(path, altered)
    if not _is_sealed(record):
        raise SignatureBroken(path)
    return record


def beside(path: Path) -> Path:
    """The folder that a record's evidence is in: the record's own."""
    return path if path.is_dir() else path.parent


def evidence(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The files that were shown: ``path`` beside the record, ``sha256``, ``bytes``."""
    attached = [each for result in record["results"] for each in result.get("attachments") or ()]
    attached += (record.get("signature") or {}).get("evidence") or []
    return [each for each in attached if isinstance(each, dict)]


def shown(record: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """The contents of the record's evidence in ``folder``, by name. Raises EvidenceAltered."""
    contents: dict[str, bytes] = {}
    for each in evidence(record):
        path = (
            folder / EVIDENCE / PurePath(str(each.get("path"))).name
        )  # nowhere else, whatever a record says
        try:
            content = path.read_bytes()
        except OSError:
            raise EvidenceAltered(path) from None
        if hashlib.sha256(content).hexdigest() != each.get("sha256"):
            raise EvidenceAltered(path)
        contents[path.name] = content
    return contents


def _is_sealed(record: dict[str, Any]) -> bool:
    """Whether the signature, if there is one, is the one that was made for this record."""
    signature = record.get("signature")
    try:
        return signature is None or signature.get("seal") == seal_of(record, signature)
    except UnicodeEncodeError:
        return False


def _altered(record: dict[str, Any]) -> Text | None:
    """What shows that the record was changed; None if nothing does.

    Whoever changes a record can work out its digest, too: so verdicts must also follow from values, limits from what is
    declared, and the whole from its lines.
    """
    try:
        digest = digest_of(record)
    except UnicodeEncodeError:  # half a surrogate pair, which no record was ever written with
        digest = ""
    if record.get("digest") != digest:
        return Text("its digest does not match", "ค่าแฮชไม่ตรงกัน")
    odd = oddity(record, record["results"]) or missing(record)
    if odd is not None:
        return odd
    verdicts = [Verdict(result["verdict"]) for result in record["results"]]
    if record["verdict"] != overall(verdicts, finished=not record.get("remaining")).value:
        return Text("its verdict does not follow from its results", "ผลสรุปไม่เป็นไปตามผลของแต่ละเกณฑ์")
    return None


def _has_shape(record: dict[str, Any]) -> bool:
    """Whether the parts that everything else rests on are there, of the right kinds."""
    results, known = record.get("results"), {verdict.value for verdict in Verdict}
    parts = [record.get(name) or {} for name in ("tool", "reader", "host", "card", "signature")]
    return (
        isinstance(results, list)
        and all(isinstance(part, dict) for part in parts)
        and isinstance(record.get("remaining") or [], list)
        and record.get("verdict") in known - {Verdict.NOT_APPLICABLE.value}
        and all(isinstance(result, dict) and _result_has_shape(result, known) for result in results)
    )


def _result_has_shape(result: dict[str, Any], verdicts: set[str]) -> bool:
    series = result.get("series") or {}
    return (
        isinstance(result.get("criterion"), str)
        and isinstance(result.get("verdict"), str)
        and result["verdict"] in verdicts
        and isinstance(result.get("limits") or {}, dict)
        and isinstance(result.get("samples") or [], list)
        and isinstance(result.get("attachments") or [], list)
        and isinstance(series, dict)
        and all(isinstance(points, list) and all(map(_is_pair, points)) for points in series.values())
    )


def _is_pair(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2

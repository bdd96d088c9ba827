"""The record of a qualification: everything that was measured, written line by line while it runs.

A folder holds ``record.jsonl`` (grows; whatever ends the run, what was measured is there), ``record.json`` (the whole,
with verdict and digest) and ``evidence/`` (copies of the files that were shown). A run can be resumed from the folder.
Each line of ``record.jsonl`` ends with a seal: the digest of the line and of the seal before it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from apdu_specs.language import Text
from harness.errors import HarnessError
from harness.qualify.consistency import oddity
from harness.qualify.criterion import Criterion, Measurement
from harness.qualify.verdict import Verdict, overall
from harness.whole_file import replace_file

FORMAT = 1
JOURNAL = "record.jsonl"
DOCUMENT = "record.json"
EVIDENCE = "evidence"
"""Folder of the copies, beside the record."""
_OUTSIDE_DIGEST = ("digest", "signature")
_SEAL = "seal"


class NoRecord(HarnessError):
    """The folder or file holds no record that can be used; ``why``."""

    exit_status = 2

    def __init__(self, path: Path, why: Text) -> None:
        super().__init__(
            Text(f"{path}: {why.en}.", f"{path}: {why.th}"),
            Text(
                "Name the folder that 'thnid qualify run' wrote, or another one for a new run.",
                "โปรดระบุโฟลเดอร์ที่ 'thnid qualify run' สร้างไว้ หรือโฟลเดอร์อื่นสำหรับการทดสอบใหม่",
            ),
        )


def now() -> str:
    """ISO 8601 to the second: the time of this place, with its distance from UTC."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def result(
    criterion: Criterion, verdict: Verdict, measurement: Measurement | None, reason: Text | None, ms: float
) -> dict[str, Any]:
    """One criterion's line of a record."""
    measured = measurement or Measurement(None)
    told = reason or measured.reason
    return {
        "criterion": criterion.id,
        "verdict": verdict.value,
        "value": rounded(measured.value),
        "unit": criterion.unit,
        "limits": criterion.limits.to_json(),
        "reason": {"en": told.en, "th": told.th} if told else None,
        "samples": [rounded(each) for each in measured.samples],
        "series": {name: [[rounded(x), rounded(y)] for x, y in s] for name, s in measured.series.items()},
        "ms": round(ms, 1),
        "attachments": list(measured.attachments),
    }


def rounded(value: Any) -> Any:
    """A value as records keep it, and as it is judged."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


class Record:
    """A record in ``folder``. ``header`` is what is known before anything is measured (reader, host, card, profile...)."""

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        self.folder = folder
        self.header = dict(header)
        self.results: dict[str, dict[str, Any]] = {}
        self.remaining: tuple[str, ...] = ()
        self._seal = ""

    @classmethod
    def begin(cls, folder: Path, header: Mapping[str, Any]) -> Record:
        """A new record; NoRecord if ``folder`` holds one already."""
        if (folder / JOURNAL).exists() or (folder / DOCUMENT).exists():
            raise NoRecord(
                folder,
                Text(
                    "there is a record already; --resume continues it",
                    "มีบันทึกผลอยู่แล้ว ใช้ --resume เพื่อทำต่อ",
                ),
            )
        folder.mkdir(parents=True, exist_ok=True)
        record = cls(folder, {"format": FORMAT, **header})
        record._write({"header": record.header})
        return record

    @classmethod
    def resume(cls, folder: Path) -> Record:
        """The record in ``folder`` as far as it got. A last line that was torn is left out.

        Raises NoRecord, also where the record is signed or a line is not as it was written.
        """
        try:
            text = (folder / JOURNAL).read_text(encoding="utf-8", errors="replace")
        except OSError:
            raise NoRecord(folder, Text("there is no record in it", "ไม่มีบันทึกผล")) from None
        _require_unsigned(folder)
        record: Record | None = None
        for number, line in enumerate(text.split("\n"), 1):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue  # torn; a line that was whole once is missed by the seal of the next
            if record is None and isinstance(entry, dict) and isinstance(entry.get("header"), dict):
                record = cls(folder, entry["header"])
            if record is None:
                continue
            if not record._take(entry):
                raise NoRecord(
                    folder / JOURNAL,
                    Text(f"line {number} is not as it was written", f"บรรทัดที่ {number} ถูกแก้ไขหลังจากเขียนแล้ว"),
                )
        if record is None or record.header.get("format") != FORMAT:
            raise NoRecord(folder, Text("its record cannot be read", "อ่านบันทึกผลไม่ได้"))
        odd = oddity(record.header, list(record.results.values()))
        if odd is not None:
            raise NoRecord(folder / JOURNAL, odd)
        if not text.endswith("\n"):
            record._end_line()
        return record

    def _take(self, entry: Any) -> bool:
        """Take a line of the journal over; False if it is not the one that was written there."""
        if not isinstance(entry, dict):
            return False
        said = {name: each for name, each in entry.items() if name != _SEAL}
        try:
            seal = _seal_after(self._seal, said)
        except UnicodeEncodeError:  # half a surrogate pair, which was never written
            return False
        line = said.get("result")
        if entry.get(_SEAL) != seal or not (line is None or _is_line(line)):
            return False
        self._seal = seal
        if line is not None:
            self.results[line["criterion"]] = line
        return True

    def add(self, line: dict[str, Any]) -> None:
        """Keep one result, with copies of the files attached to it; it is on the disk when this returns."""
        attached = [self._kept(line["criterion"], each) for each in line["attachments"]]
        line = {**line, "attachments": attached}
        self.results[line["criterion"]] = line
        self._write({"result": line})

    def done(self) -> set[str]:
        """The criteria that need not be measured again: all but the incomplete ones."""
        return {name for name, each in self.results.items() if each["verdict"] != Verdict.INCOMPLETE.value}

    def finish(self, remaining: Iterable[str] = ()) -> dict[str, Any]:
        """Write ``record.json``; ``remaining`` are criteria that nobody got to. Returns the document."""
        self.remaining = tuple(remaining)
        document = self.document()
        write_document(document, self.folder / DOCUMENT)
        return document

    def document(self) -> dict[str, Any]:
        """The whole record as JSON, with its verdict and digest."""
        verdicts = [Verdict(each["verdict"]) for each in self.results.values()]
        document = {
            **self.header,
            "ended": now(),
            "results": list(self.results.values()),
            "remaining": list(self.remaining),
            "verdict": overall(verdicts, finished=not self.remaining).value,
            "signature": None,
        }
        return {**document, "digest": digest_of(document)}

    def _kept(self, criterion: str, attachment: Any) -> Any:
        """A file as its copy and digest; what is none as it is."""
        if not isinstance(attachment, str):
            return attachment
        try:
            content = Path(attachment).read_bytes()
        except OSError:
            return attachment
        return keep_evidence(self.folder, f"{criterion}-{Path(attachment).name}", content)

    def _write(self, entry: Mapping[str, Any]) -> None:
        seal = _seal_after(self._seal, entry)
        path = self.folder / JOURNAL
        with named(path), path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({**entry, _SEAL: seal}, ensure_ascii=False) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
        self._seal = seal

    def _end_line(self) -> None:
        path = self.folder / JOURNAL
        with named(path), path.open("a", encoding="utf-8") as journal:
            journal.write("\n")


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """A record's document in its file: the whole of it, or as it was before. Raises OSError, which names the file."""
    replace_file(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())


@contextmanager
def named(path: Path) -> Iterator[None]:
    """A full disk names no file by itself."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _require_unsigned(folder: Path) -> None:
    """Raises NoRecord where somebody has signed what was measured: nothing is added under a signature."""
    try:
        document = json.loads((folder / DOCUMENT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return
    if isinstance(document, dict) and document.get("signature") is not None:
        raise NoRecord(folder, Text("the record is signed and is not continued", "บันทึกผลลงนามแล้ว จึงทำต่อไม่ได้"))


def _is_line(line: Any) -> bool:
    known = {verdict.value for verdict in Verdict}
    return (
        isinstance(line, dict)
        and isinstance(line.get("criterion"), str)
        and isinstance(line.get("limits"), dict)
        and isinstance(line.get("verdict"), str)
        and line["verdict"] in known
    )


def _seal_after(before: str, entry: Mapping[str, Any]) -> str:
    """Of a line of the journal and, by the seal ``before`` it, of all lines above."""
    return digest_of({"after": before, "line": entry})


def digest_of(document: Mapping[str, Any]) -> str:
    """Of the canonical JSON (sorted keys, no blanks, UTF-8) without digest and signature."""
    signed = {name: value for name, value in document.items() if name not in _OUTSIDE_DIGEST}
    canonical = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def keep_evidence(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    """Copy a shown file into the record's folder: its path there, digest and size."""
    plain = re.sub(r"[^\w\u0e00-\u0e7f.-]+", "_", name).lstrip(".") or "file"
    kept = folder / EVIDENCE / plain
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)
    return {
        "path": f"{EVIDENCE}/{plain}",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }


def sign(document: Mapping[str, Any], operator: str, date: str, **stated: Any) -> dict[str, Any]:
    """The record with an operator's signature; the digest stays what it was.

    ``stated`` is what the operator states besides: serial, firmware, driver, evidence. The signature's ``seal`` is the
    digest of it all and of the record's digest: whoever changes one or moves it to another record breaks it.
    """
    signature = {"operator": operator, "date": date, **{name: each for name, each in stated.items() if each}}
    return {**document, "signature": {**signature, "seal": seal_of(document, signature)}}


def seal_of(document: Mapping[str, Any], signature: Mapping[str, Any]) -> str:
    """The digest of a signature (without its seal) and of the record it signs."""
    said = {name: each for name, each in signature.items() if name != "seal"}
    return digest_of({"of": document.get("digest"), "signed": said})

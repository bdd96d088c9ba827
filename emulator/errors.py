"""Errors of the emulator, in words for the person who runs it."""

from __future__ import annotations

from pathlib import Path

from apdu_specs.language import Text


class EmulatorError(Exception):
    """Root of the emulator's errors. ``message`` says what and why, ``what_to_do`` the way out, both bilingual.

    ``exit_status`` is what the command line ends with: 1 refused, 2 usage, 3 no reader or stack.
    """

    exit_status = 2

    def __init__(self, message: Text, what_to_do: Text) -> None:
        super().__init__(f"{message} {what_to_do}")
        self.message = message
        self.what_to_do = what_to_do


_ANOTHER_FILE = Text(
    "Give a file made by 'thnid card create', or make a new one.",
    "โปรดใช้แฟ้มที่สร้างด้วย 'thnid card create' หรือสร้างแฟ้มใหม่",
)


class CardFileError(EmulatorError):
    """A file that is not a usable card file."""

    def __init__(self, path: Path, why: Text, what_to_do: Text = _ANOTHER_FILE) -> None:
        self.path = path
        super().__init__(Text(f"{path}: {why.en}.", f"{path}: {why.th}"), what_to_do)


class SnapshotUnusable(CardFileError):
    """A file that should hold a card's state, and is missing or not usable for ``cause``."""

    def __init__(self, cause: CardFileError) -> None:
        self.path = cause.path
        EmulatorError.__init__(
            self,
            cause.message,
            Text(
                "Name a file that 'thnid card snapshot' made of this card; without one, 'thnid card set' changes its state.",
                "โปรดระบุแฟ้มที่เก็บจากบัตรนี้ด้วย 'thnid card snapshot' หากไม่มี ให้เปลี่ยนสถานะบัตรด้วย 'thnid card set'",
            ),
        )


class CardFileNotWritable(CardFileError):
    """A card file that can be read and not written, so that its card could not count wrong PINs."""

    def __init__(self, path: Path, reason: Text) -> None:
        super().__init__(
            path,
            Text(
                f"this card cannot be used, because its file cannot be written ({reason.en})",
                f"ใช้บัตรนี้ไม่ได้ เพราะเขียนแฟ้มไม่ได้ ({reason.th})",
            ),
            Text(
                "A card has to write down every wrong PIN: move it to where you may write.",
                "บัตรต้องบันทึกทุกครั้งที่ใส่ PIN ผิด โปรดย้ายแฟ้มไปไว้ในที่ที่เขียนได้",
            ),
        )


class CardFileExists(EmulatorError):
    """A card file would overwrite something."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            Text(f"{path} exists already.", f"มีแฟ้ม {path} อยู่แล้ว"),
            Text("Choose another name, or say --force to replace it.", "โปรดใช้ชื่ออื่น หรือใช้ --force เพื่อเขียนทับ"),
        )


class CardInUse(EmulatorError):
    """Another process has the card. ``pid`` is that process, None if it cannot be told."""

    def __init__(self, path: Path, pid: int | None) -> None:
        self.pid = pid
        owner_en = f"process {pid}" if pid else "another process"
        owner_th = f"โพรเซส {pid}" if pid else "โพรเซสอื่น"
        super().__init__(
            Text(f"The card {path} is in use by {owner_en}.", f"บัตร {path} กำลังถูกใช้โดย{owner_th}"),
            Text("End that process, or use another card file.", "โปรดปิดโพรเซสนั้น หรือใช้แฟ้มบัตรอื่น"),
        )


class BadCard(EmulatorError):
    """A card that was asked for cannot be made: no such generation or policy, a PIN or counter out of range."""


class WriteFailed(EmulatorError):
    """The card's memory could not be written durably. A card that is answering a command answers 65 81.

    What it had to remember may or may not be found when it is opened again; until then it is not what the card knows.
    """

    def __init__(self, reason: str | Text) -> None:
        why = reason if isinstance(reason, Text) else Text(reason, reason)
        super().__init__(
            Text(
                f"The card's memory could not be written: {why.en}.",
                f"บันทึกหน่วยความจำของบัตรไม่สำเร็จ: {why.th}",
            ),
            Text("Check the disk that the card file is on.", "โปรดตรวจสอบดิสก์ที่เก็บแฟ้มบัตร"),
        )

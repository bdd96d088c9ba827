"""What the client says of a card that answers, but not as a card does."""

from __future__ import annotations

from apdu_specs.language import Text
from harness.errors import HarnessError


class CardNonsense(HarnessError):
    """An answer without a status word, or shorter than what it has to hold."""

    def __init__(self) -> None:
        super().__init__(
            Text("The card's answer makes no sense.", "คำตอบของบัตรไม่ถูกต้องตามรูปแบบ"),
            Text(
                "Take the card out, clean its chip, insert it again and retry.",
                "ถอดบัตร เช็ดชิปให้สะอาด เสียบใหม่แล้วลองอีกครั้ง",
            ),
        )

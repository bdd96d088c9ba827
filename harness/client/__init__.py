"""The client: what a program does with a card through a terminal.

It works alike on our card and on a real one, in process, over a link or through a PC/SC reader.
"""

from __future__ import annotations

from harness.client.card import CardClient, MatchStatus
from harness.client.contents import CardContents

__all__ = ["CardClient", "CardContents", "MatchStatus"]

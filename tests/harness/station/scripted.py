"""An operator who reads the station's page and does what it says, as a browser and a hand would."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any, cast

from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import websocket_connect

LIMIT_S = 60.0


class ScriptedOperator:
    """Does ``follow(message)`` for each prompt on the page at ``address``; what that returns is the answer.

    ``asked`` are the prompts, ``ended`` OpenHTF's outcomes of the tests.
    """

    def __init__(self, address: str, follow: Callable[[str], str | None]) -> None:
        self.address = address
        self.asked: list[str] = []
        self.ended: list[str] = []
        self._follow = follow
        self._watching = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._sit()), daemon=True)

    def __enter__(self) -> ScriptedOperator:
        self._thread.start()
        assert self._watching.wait(LIMIT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(LIMIT_S)

    async def _sit(self) -> None:
        """Until the station closes the page."""
        page = await websocket_connect(
            self.address.replace("http:", "ws:") + "sub/station/websocket", max_message_size=1 << 26
        )
        self._watching.set()
        seen: set[str] = set()
        while (message := await page.read_message()) is not None:
            told = json.loads(message)
            if told["type"] == "record" and self.asked:  # not what is left of an earlier test
                self.ended.append(told["state"]["test_record"]["outcome"])
                return
            for plug, prompt in told["state"]["plugs"]["plug_states"].items():
                if prompt and prompt["id"] not in seen:
                    seen.add(prompt["id"])
                    await self._obey(f"tests/{told['test_uid']}/plugs/{plug}", prompt)

    async def _obey(self, path: str, prompt: dict[str, Any]) -> None:
        self.asked.append(prompt["message"])
        answer = self._follow(prompt["message"])
        if prompt["text-input"]:
            body = json.dumps({"method": "respond", "args": [prompt["id"], cast(str, answer)]})
            await AsyncHTTPClient().fetch(self.address + path, method="POST", body=body)

"""What the station asks of its operator: on its page, and at the terminal if there is one. Either may answer.

An instruction ("insert the card") stands there until the next one, and needs no answer: the reader tells when it was
followed. A question waits for its answer.
"""

from __future__ import annotations

import html
import threading
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from openhtf.plugs.user_input import UserInput

from apdu_specs.language import Language, Text
from harness.qualify.subject import Operator

_AGAIN_S = 0.5
# For an instruction, which stays while something is measured; a question is told until it is answered.
_MOST_AGAIN = 10


class Prompts(UserInput):  # type: ignore[misc]
    """OpenHTF's plug for user input, by which its page finds it, without its use of the terminal.

    OpenHTF makes one for each test; ``desk`` is where it is heard and answered.
    """

    desk: ClassVar[Desk]
    disable_remote_attrs: ClassVar[set[str]] = {
        "prompt", "start_prompt", "show", "ask", "clear", "remove_prompt", "tearDown", "wait_for_prompt", "notify_update",
        "asdict_with_event",
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._shown: dict[str, Any] | None = None
        self._answer: str | None = None
        self._ended = False
        self.desk.prompts = self

    def _asdict(self) -> dict[str, Any] | None:
        with self._changed:
            return self._shown

    def tearDown(self) -> None:
        """The test is over: nobody is asked any more, and who waits for an answer gets none."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self.clear()

    def show(self, message: str) -> None:
        """Put up an instruction."""
        self._put_up(message, text_input=False)

    def ask(self, message: str) -> str | None:
        """Ask, and wait for the answer; None when the test is ended meanwhile."""
        asked = self._put_up(message, text_input=True)
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._shown is not asked)
            return None if self._ended else self._answer

    def clear(self) -> None:
        """Take down what is shown."""
        with self._changed:
            self._shown = None
            self._changed.notify_all()
        self.notify_update()

    def respond(self, prompt_id: str, response: str) -> None:
        """Called by the page. An answer to another prompt than the one that is shown is too late, and ignored."""
        with self._changed:
            if self._shown is None or self._shown["id"] != prompt_id:
                return
            self._answer = str(response)
            self._shown = None
            self._changed.notify_all()
        self.notify_update()

    def typed(self, line: str) -> None:
        """Called by the terminal."""
        with self._changed:
            shown = self._shown
        if shown is not None:
            self.respond(shown["id"], line)

    def _put_up(self, message: str, *, text_input: bool) -> dict[str, Any]:
        # The page takes the message for HTML.
        lines = html.escape(message).replace("\n", "&#10;")
        shown = {"id": uuid.uuid4().hex, "message": lines, "text-input": text_input, "image-url": None}
        with self._changed:
            self._answer = None
            self._shown = shown
        self._tell(shown, 0)
        if self.desk.say is not None and not self._ended:
            self.desk.say(message)
        return shown

    def _tell(self, shown: dict[str, Any], times: int) -> None:
        """Tell the page, and again: it misses what changes between its look at the test and its look at the plugs."""
        self.notify_update()
        if times < _MOST_AGAIN or shown["text-input"]:
            again = threading.Timer(_AGAIN_S, self._tell_again, (shown, times + 1))
            again.daemon = True
            again.start()

    def _tell_again(self, shown: dict[str, Any], times: int) -> None:
        with self._changed:
            if self._ended or self._shown is not shown:
                return
        self._tell(shown, times)


class Desk:
    """Where the operator sits. ``say`` shows a line at the terminal; what is typed there comes to ``typed``."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self.say = say
        self.prompts: Prompts | None = None
        self.plug: type[Prompts] = type("Prompts", (Prompts,), {"desk": self})

    def typed(self, line: str) -> None:
        """A line was typed at the terminal: the answer to what is asked, if anything is."""
        if self.prompts is not None:
            self.prompts.typed(line.strip())


class StationOperator(Operator):
    """The person at the station's desk."""

    present = True

    def __init__(self, desk: Desk, language: Language, name: str | None = None) -> None:
        self._desk = desk
        self._language = language
        self.name = name

    def ask(self, what: Text) -> None:
        """Returns as soon as it is shown; the reader tells when it was done."""
        if self._desk.prompts is not None:
            self._desk.prompts.show(what.say(self._language))

    def answer(self, question: Text) -> str | None:
        """Waits for the answer; None when it is empty, or the test is ended."""
        prompts = self._desk.prompts
        return (prompts.ask(question.say(self._language)) or None) if prompts is not None else None

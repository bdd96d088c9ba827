"""From a file to a scenario, or to every mistake in the file with its line.

The file is walked as YAML's nodes, which know their lines; no YAML value is ever constructed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from errno import ENAMETOOLONG
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from apdu_specs.generations import DEFAULT
from apdu_specs.language import Text
from apdu_specs.pin_policy import NATIONAL, POLICIES, PinPolicy
from apdu_specs.system_errors import reason_of
from emulator.card.policy_file import read_policy
from emulator.errors import BadCard
from emulator.written_file import UnfitFile, read_written_file
from emulator.written_yaml import NotUtf8, NotYaml, composed
from harness.bench.scenario import kinds
from harness.bench.scenario.declared import (
    AFTERWARDS,
    GIVEN_CARD,
    GIVEN_OFFICER,
    OTHER_PROGRAM,
    PROGRAM_STEPS,
    STEPS,
    Options,
    StepKind,
)
from harness.bench.scenario.kinds import Kind
from harness.bench.scenario.model import GivenCard, GivenOfficer, Scenario, Step
from harness.errors import HarnessError

_NULL = "tag:yaml.org,2002:null"
_LONGEST_FILE = 1_000_000
_LONGEST_SHOWN = 40
_TOP = ("scenario", "about", "given", "steps")
_GIVEN = ("card", "officer")
_LANGUAGES = ("en", "th")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a scenario file: where it is, what is wrong and what is allowed there."""

    path: Path
    line: int
    what: Text

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


class ScenarioInvalid(HarnessError):
    """Files that are not scenarios. ``problems`` are all their mistakes; nothing was played."""

    exit_status = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first, more = self.problems[0], len(self.problems) - 1
        where = f"{first.path}:{first.line}"
        super().__init__(
            Text(
                f"{where}: {first.what.en}" + (f" (and {more} more)" if more else ""),
                f"{where}: {first.what.th}" + (f" (และอีก {more} แห่ง)" if more else ""),
            ),
            Text(
                "'thnid scenario schema' prints what a scenario file may hold; docs/scenarios.md explains it.",
                "ดูรูปแบบแฟ้มได้จาก 'thnid scenario schema' และ docs/scenarios.md",
            ),
        )


def load(path: Path) -> Scenario:
    """The scenario in a file. Raises ScenarioInvalid with every mistake, OSError if the file cannot be read."""
    try:
        raw = read_written_file(path, _LONGEST_FILE)
    except UnfitFile as error:
        raise ScenarioInvalid([Problem(path, 1, error.why)]) from None
    return load_bytes(raw, path)


def load_bytes(raw: bytes, path: Path) -> Scenario:
    """The scenario in ``raw``; ``path`` is its name in messages and where policy files are looked for."""
    loader = _Loader(path)
    root = loader.compose(raw)
    scenario = None if root is None else loader.scenario(root)
    if loader.problems or scenario is None:
        raise ScenarioInvalid(sorted(loader.problems, key=lambda problem: problem.line))
    return scenario


class _Loader:
    """Walks one file's nodes and collects what is wrong; what could not be read is None or left out."""

    def __init__(self, path: Path) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._cards = 1
        self._days = 0

    def compose(self, raw: bytes) -> Node | None:
        """The file's root node."""
        try:
            root = composed(raw)
        except NotUtf8 as error:
            self._add(
                error.line,
                "this is not UTF-8 text; save the file as UTF-8",
                "แฟ้มไม่ใช่ UTF-8 โปรดบันทึกเป็น UTF-8",
            )
        except NotYaml as error:
            self._not_yaml(error.line, error.reason)
        else:
            if root is None:
                self._add(1, "the file is empty", "แฟ้มว่างเปล่า")
            return root
        return None

    def _not_yaml(self, line: int, reason: str) -> None:
        if not reason:
            self._add(line, "this is not YAML that can be read", "อ่านรูปแบบ YAML นี้ไม่ได้")
            return
        # PyYAML gives its reasons in English only.
        where = "โปรดตรวจการย่อหน้า วงเล็บ และเครื่องหมายคำพูดที่บรรทัดนี้หรือก่อนหน้า"
        self._add(line, f"this is not YAML: {reason}", f"รูปแบบ YAML ไม่ถูกต้อง {where}")

    def scenario(self, root: Node) -> Scenario | None:
        """The whole file."""
        top = self._entries(root, Text("the file", "แฟ้ม"), _TOP, required=("scenario", "steps"))
        if top is None:
            return None
        name = self._value(top["scenario"], "scenario", kinds.LINE) if "scenario" in top else None
        about = self._about(top["about"]) if "about" in top else None
        card, officer = self._given(top.get("given"))
        steps = self._steps(top["steps"]) if "steps" in top else ()
        if self.problems or name is None or card is None or officer is None:
            return None
        return Scenario(name, about, self._path, card, officer, steps)

    # --- what is given ----------------------------------------------------------------------------------------------

    def _about(self, node: Node) -> Text | None:
        if isinstance(node, ScalarNode):
            prose = _prose(node)
            return Text(prose, prose)
        told_in = self._entries(node, Text("'about'", "'about'"), _LANGUAGES, required=_LANGUAGES)
        if told_in is None or len(told_in) < len(_LANGUAGES):
            return None
        told = []
        for language in _LANGUAGES:
            each = told_in[language]
            if not isinstance(each, ScalarNode):
                self._at(each, f"{language!r} is a text", f"{language!r} ต้องเป็นข้อความ")
                return None
            told.append(_prose(each))
        return Text(*told)

    def _given(self, node: Node | None) -> tuple[GivenCard | None, GivenOfficer | None]:
        parts: Mapping[str, Node] = {}
        if node is not None and not _is_null(node):
            parts = self._entries(node, Text("'given'", "'given'"), _GIVEN) or {}
        card = self._options(parts.get("card"), Text("'card'", "'card'"), GIVEN_CARD, node)
        officer = self._options(parts.get("officer"), Text("'officer'", "'officer'"), GIVEN_OFFICER, node)
        return (
            None if card is None else self._given_card(card, parts.get("card")),
            None
            if officer is None
            else GivenOfficer(officer["right"], officer["level"], officer["idle days"]),
        )

    def _given_card(self, values: Mapping[str, Any], node: Node | None) -> GivenCard | None:
        policy = NATIONAL
        if values["policy"] is not None:
            found = self._policy(values["policy"], _inside(node, "policy"))
            if found is None:
                return None
            policy = found
        most = policy.most_failures
        if values["failures"] > most:
            self._at(
                _inside(node, "failures"),
                f"a card with the policy {policy.name} can have seen 0 to {most} wrong PINs in a row",
                f"บัตรที่ใช้นโยบาย {policy.name} มีจำนวนครั้งที่ใส่ PIN ผิดติดต่อกันได้ 0 ถึง {most} ครั้ง",
            )
            return None
        generation = values["generation"] or DEFAULT
        return GivenCard(
            values["seed"], values["pin"], values["failures"], generation, policy, values["holder"]
        )

    def _policy(self, name: str, node: Node) -> PinPolicy | None:
        if name in POLICIES:
            return POLICIES[name]
        path = self._path.parent / name
        try:
            return read_policy(path)
        except BadCard as error:
            self._at(node, error.message.en, error.message.th)
        except OSError as error:
            if not isinstance(error, FileNotFoundError | NotADirectoryError) and error.errno != ENAMETOOLONG:
                reason = reason_of(error)
                self._at(node, f"{path} cannot be read: {reason.en}", f"อ่าน {path} ไม่ได้: {reason.th}")
            else:
                self._unknown(node, Text("PIN policy", "นโยบาย PIN"), name, POLICIES)
        except ValueError:  # a name that no file can have
            self._unknown(node, Text("PIN policy", "นโยบาย PIN"), name, POLICIES)
        return None

    # --- what happens -----------------------------------------------------------------------------------------------

    def _steps(self, node: Node) -> tuple[Step, ...]:
        if not isinstance(node, SequenceNode) or not node.value:
            self._at(
                node, "'steps' is a list with at least one step", "'steps' ต้องเป็นรายการขั้นตอนอย่างน้อยหนึ่งขั้น"
            )
            return ()
        steps = [self._step(each, STEPS) for each in node.value]
        return tuple(step for step in steps if step is not None)

    def _step(self, node: Node, known: Mapping[str, StepKind]) -> Step | None:
        """One step: a name, or a mapping of one name to a value or to options."""
        argument: Node | None = None
        name = node
        if isinstance(node, MappingNode) and len(node.value) == 1:
            name, argument = node.value[0]
        if not isinstance(name, ScalarNode):
            self._at(
                node,
                "a step is a name, or a name with its options: {name: {option: value}}",
                "ขั้นตอนคือชื่อ หรือชื่อพร้อมตัวเลือก {ชื่อ: {ตัวเลือก: ค่า}}",
            )
            return None
        kind = known.get(name.value)
        if kind is None:
            self._unknown(name, Text("step", "ขั้นตอน"), name.value, known)
            return None
        if kind is OTHER_PROGRAM:
            return self._other_program(name, argument)
        values = self._step_values(kind, name, argument)
        return None if values is None else Step(kind, _line(name), values)

    def _other_program(self, name: Node, argument: Node | None) -> Step | None:
        if argument is None or _is_null(argument):
            example = OTHER_PROGRAM.example
            self._at(
                name, f"what does the other program do? for instance: {example}", f"ระบุขั้นตอน เช่น {example}"
            )
            return None
        inner = self._step(argument, PROGRAM_STEPS)
        values = dict.fromkeys(AFTERWARDS)
        return None if inner is None else Step(OTHER_PROGRAM, _line(name), values, inner)

    def _step_values(self, kind: StepKind, name: Node, argument: Node | None) -> dict[str, Any] | None:
        known = {**kind.options, **AFTERWARDS}
        what = Text(f"the step {kind.name!r}", f"ขั้นตอน {kind.name!r}")
        if argument is None or _is_null(argument) or isinstance(argument, MappingNode):
            values = self._options(argument, what, known, name)
        elif kind.main is None:
            listed = ", ".join(known)
            self._at(argument, f"{what.en} takes options: {listed}", f"{what.th} ต้องระบุตัวเลือก: {listed}")
            return None
        else:
            missing = [each for each, option in known.items() if option.required and each != kind.main]
            given = self._value(argument, kind.main, known[kind.main].kind)
            if missing:
                self._missing(argument, what, missing)
            if missing or given is None:
                return None
            values = {each: option.default for each, option in known.items()} | {kind.main: given}
        if values is None or not self._agree(kind, values, argument or name):
            return None
        return values

    def _agree(self, kind: StepKind, values: Mapping[str, Any], node: Node) -> bool:
        """What one option alone cannot tell."""
        wrong = kind.check(values)
        if wrong is None and kind.name == "office replaces card" and values["expect"] == kinds.OK:
            self._cards += 1
        if wrong is None and values.get("card") == kinds.OLD and self._cards == 1:
            wrong = Text(
                "there is no old card before 'office replaces card'",
                "ยังไม่มีบัตรเก่า ต้องมี 'office replaces card' ก่อน",
            )
        if wrong is None and kind.name == "days pass":
            self._days += values["days"]
            if self._days > kinds.MOST_DAYS:
                wrong = Text(
                    f"with this step {self._days} days pass in all; the most is {kinds.MOST_DAYS}",
                    f"เมื่อรวมขั้นตอนนี้เวลาผ่านไป {self._days} วัน มากที่สุดคือ {kinds.MOST_DAYS} วัน",
                )
        if wrong is not None:
            self._at(node, wrong.en, wrong.th)
        return wrong is None

    # --- nodes ------------------------------------------------------------------------------------------------------

    def _options(
        self, node: Node | None, what: Text, known: Options, owner: Node | None
    ) -> dict[str, Any] | None:
        """A mapping's values by option, with defaults; None if anything was wrong."""
        before = len(self.problems)
        found: Mapping[str, Node] = {}
        if node is not None and not _is_null(node):
            found = self._entries(node, what, known) or {}
        missing = [name for name, option in known.items() if option.required and name not in found]
        if missing and (found or len(self.problems) == before):
            self._missing(node or owner, what, missing)
        values = {name: option.default for name, option in known.items()}
        values |= {name: self._value(each, name, known[name].kind) for name, each in found.items()}
        return values if len(self.problems) == before else None

    def _entries(
        self, node: Node, what: Text, known: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, Node] | None:
        """A mapping's nodes by key, known ones only; None if it is no mapping."""
        known = tuple(known)
        if not isinstance(node, MappingNode):
            listed = ", ".join(known)
            self._at(node, f"{what.en} is a mapping with: {listed}", f"{what.th} ต้องประกอบด้วย: {listed}")
            return None
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if name not in known:
                self._unknown(key, Text(f"key in {what.en}", "คำ"), name, known, f"ใน{_spaced(what.th)}")
            elif name in found:
                self._at(key, f"{name!r} is there twice", f"มี {name!r} ซ้ำกัน")
            else:
                found[name] = value
        missing = [name for name in required if name not in found]
        if missing:
            self._missing(node, what, missing)
        return found

    def _value(self, node: Node, name: str, kind: Kind) -> Any:
        if kind.listed:
            items = node.value if isinstance(node, SequenceNode) else [node]
            if not items or len(items) > kinds.MOST_TIMES:
                self._at(
                    node,
                    f"{name!r} has 1 to {kinds.MOST_TIMES} entries",
                    f"{name!r} มีได้ 1 ถึง {kinds.MOST_TIMES} ค่า",
                )
                return None
            values = tuple(self._scalar(each, name, kind) for each in items)
            return None if None in values else values
        return self._scalar(node, name, kind)

    def _scalar(self, node: Node, name: str, kind: Kind) -> Any:
        try:
            if not isinstance(node, ScalarNode):
                raise ValueError
            return kind.parse(node.value)
        except ValueError:
            written = _shown(node)
            near = _nearest(written.en, kind.words)
            self._at(
                node,
                f"{name!r} cannot be {written.en!r}{near.en}; it is {kind.allowed.en}",
                f"{name!r} เป็น {written.th!r} ไม่ได้{near.th} ต้องเป็น{_spaced(kind.allowed.th)}",
            )
            return None

    def _unknown(self, node: Node, what: Text, name: str, known: Iterable[str], where_th: str = "") -> None:
        known = tuple(known)
        listed, near = ", ".join(known), _nearest(name, known)
        shown = _shown(node)
        en, th = (repr(name[:_LONGEST_SHOWN] or each) for each in (shown.en, shown.th))
        named = f"{what.th} " if what.th[-1:].isascii() else what.th  # a blank between other letters and Thai
        self._at(
            node,
            f"there is no {what.en} called {en}{near.en}; there are: {listed}",
            f"ไม่มี{named}ชื่อ {th} {where_th}{near.th} {named}ที่ใช้ได้คือ: {listed}".replace("  ", " "),
        )

    def _missing(self, node: Node | None, what: Text, names: Iterable[str]) -> None:
        listed = ", ".join(repr(name) for name in names)
        self._at(node, f"{what.en} needs {listed}", f"{what.th} ต้องมี {listed}")

    def _at(self, node: Node | None, en: str, th: str) -> None:
        self._add(1 if node is None else _line(node), en, th)

    def _add(self, line: int, en: str, th: str) -> None:
        self.problems.append(Problem(self._path, line, Text(_printable(en), _printable(th))))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL and node.style is None


def _inside(node: Node | None, name: str) -> Node:
    """The value under a key that is known to be there."""
    assert isinstance(node, MappingNode)
    found: Node = next(v for key, v in node.value if isinstance(key, ScalarNode) and key.value == name)
    return found


def _shown(node: Node) -> Text:
    if isinstance(node, ScalarNode):
        written = str(node.value)[:_LONGEST_SHOWN]
        return Text(written, written)
    return Text("a list", "รายการ") if isinstance(node, SequenceNode) else Text("a mapping", "กลุ่มของคำและค่า")


def _spaced(thai: str) -> str:
    """Thai goes on without a blank, other letters after one."""
    return f" {thai}" if thai[:1].isascii() else thai


def _nearest(written: str, known: Iterable[str]) -> Text:
    """Which of the known words a typing error may mean."""
    folded = {each.casefold(): each for each in known}
    wanted = written.casefold().replace("_", " ").replace("-", " ")
    found = get_close_matches(wanted, folded, 1, 0.6) or get_close_matches(written.casefold(), folded, 1, 0.6)
    if not found:
        return Text("", "")
    return Text(f" (did you mean {folded[found[0]]!r}?)", f" (หมายถึง {folded[found[0]]!r} หรือไม่)")


def _prose(node: ScalarNode) -> str:
    return _printable(" ".join(str(node.value).split()))


def _printable(text: str) -> str:
    # What is in a file must not be able to send escape sequences to somebody's terminal.
    return "".join(character if character.isprintable() else "?" for character in text)

"""The reference of scenario files, made from what is declared: ``python -m harness.bench.scenario.reference``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from harness.bench.scenario.declared import (
    AFTERWARDS,
    GIVEN_CARD,
    GIVEN_OFFICER,
    STEPS,
    Option,
    Options,
    StepKind,
)
from harness.bench.scenario.kinds import ERRORS
from harness.bench.scenario.loading import load
from harness.bench.scenario.shelf import shipped

_INTRODUCTION = """\
# Scenarios

A scenario is a YAML file: what is given, what happens, and what is expected of it. A hospital can write one for each
thing that must never go wrong, and run them all with every change.

<!-- Made from the declarations by: python -m harness.bench.scenario.reference > docs/scenarios.md -->

```yaml
scenario: three wrong PINs, then the right one is refused
about: {en: The PIN is suspended, th: PIN ถูกระงับ}      # may be left out
given:                                                 # may be left out
  card: {seed: 7, pin: "1234"}
  officer: {right: yes, idle days: 0}
steps:
  - insert
  - wrong pin: [63C2, 63C1, 63C0]
  - right pin: {expect: 6983, state: suspended, failures: 4}
  - office renews pin: "4321"
  - login: module
  - days pass: 61
  - login: {expect: RightLapsed, at step: 8}
```

```sh
thnid scenario run my.yaml three-wrong-then-right    # files, or names of those that come with thnid
thnid scenario run --shipped --junit report.xml      # all that come with thnid
thnid scenario run --in-process my.yaml              # without PC/SC, in milliseconds
thnid scenario list                                  # what comes with thnid
thnid scenario schema > scenario.schema.json         # for an editor that completes and checks while you write
```

All files are checked before anything runs. A mistake is told with its line, and what is allowed there:
`my.yaml:9: there is no step called 'wrong pn' (did you mean 'wrong pin'?); ...`. Exit status: 0 all passed, 1 some
failed, 2 a file is not valid, 3 no PC/SC stack. Should thnid itself go wrong in a scenario, that one is told as an error
(`error` in JSON, `<error>` in JUnit) and the others are played. By default a private PC/SC stack is started for the run, and the cards
are put into its readers, several scenarios at a time; each has cards, offices and a calendar of its own.

## How to read a step

- A step is its name, its name with one value, or its name with options: `insert`, `days pass: 61`,
  `wrong pin: {times: 2, expect: [63C2, 63C1]}`.
- Without `expect` a step must succeed; a wrong PIN must be refused.
- `ok`: done. `refused`: the card or an office says no. Four hexadecimal digits: that status word. A name such as `CardRemoved`:
  that error. A login ends in the `module`, or with an error.
- The right PIN is the one that the holder knows: from `given`, or from the last change or renewal that succeeded.
- PINs are best quoted: YAML editors take 0123 for the number 83. thnid itself reads the digits as they stand.
- Nothing is in the reader at the beginning. Every scenario begins on the same day, and its days pass only by
  `days pass`: for the offices, since the card has no clock.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield from _table("## Given: card", GIVEN_CARD)
    yield from _table("## Given: officer", GIVEN_OFFICER)
    yield from _table("## Any step may also expect", AFTERWARDS)
    yield "\nThey are asked of the card in the reader, or of the last one that was in it.\n"
    yield "## Steps"
    for kind in STEPS.values():
        yield from _step(kind)
    yield "\n## Errors by name\n"
    yield ", ".join(f"`{name}`" for name in ERRORS) + "."
    yield "\n## Scenarios that come with thnid\n"
    yield "| name | what it shows |"
    yield "|---|---|"
    for name, path in shipped().items():
        scenario = load(path)
        yield f"| `{name}` | {scenario.name[0].upper()}{scenario.name[1:]}. {scenario.about.en if scenario.about else ''} |"


def _step(kind: StepKind) -> Iterator[str]:
    yield f"\n### {kind.name}\n"
    yield kind.meaning.en
    yield f"\n```yaml\n- {kind.example}\n```"
    if kind.program:
        yield "\nThe other program can do it, too."
    if kind.main:
        yield f"\nA bare value is its `{kind.main}`."
    if kind.options:
        yield from _table("", kind.options)


def _table(heading: str, options: Options) -> Iterator[str]:
    yield f"\n{heading}\n" if heading else ""
    yield "| option | means | value | if left out |"
    yield "|---|---|---|---|"
    for name, option in options.items():
        yield f"| `{name}` | {option.meaning.en} | {option.kind.allowed.en} | {_left_out(option)} |"


def _left_out(option: Option) -> str:
    if option.required:
        return "must be there"
    default = option.default[0] if isinstance(option.default, tuple) and option.default else option.default
    if default in (None, ()):
        return "-"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default.value if isinstance(default, Enum) else default}"


if __name__ == "__main__":
    print(reference(), end="")

"""The pages: templates filled with what the desk shows, in one language."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from apdu_specs import entitlements
from apdu_specs.dates import buddhist_day_said, day_said
from apdu_specs.language import Language, Text
from apdu_specs.provinces import province_said
from apdu_specs.values import Sex
from harness.errors import HarnessError, PinLocked, PinSuspended
from harness.officer import steps
from harness.officer.agent import Symbol
from harness.officer.entitlement import REGISTER, REQUEST_CODE
from harness.officer.screen import words
from harness.officer.screen.errors import CardPulled
from harness.officer.screen.view import Page, View
from harness.officer.steps import Step

_TITLES = {
    Page.START: words.START_TITLE,
    Page.PIN: words.PIN_TITLE,
    Page.CONFIRMED: words.CONFIRMED_TITLE,
    Page.MENU: words.MENU_TITLE,
    Page.MODULES: words.MODULES_TITLE,
    Page.MODULE: words.MODULE_TITLE,
    Page.ELSEWHERE: words.ELSEWHERE_TITLE,
}
_FULL_TRIES = 3
_LABELS = {
    "pid": words.CITIZEN_ID,
    "claim_type": words.CLAIM_TYPE,
    "mobile": words.MOBILE,
    "hcode": words.HCODE,
}
_THAI_AGE = re.compile(r"(\d+) ปี (\d+) เดือน (\d+) วัน")


@dataclass(frozen=True, slots=True)
class Mark:
    """A step as the list of steps shows it: ``state`` is done, now, failed or ahead."""

    step: Step
    state: str


def page(view: View, language: Language, form_token: str) -> str:
    """The whole page for a window."""
    return _filled(
        "page.html.j2",
        language,
        view=view,
        form_token=form_token,
        title=_title(view),
        faulty=bool(view.form.error or view.form.fields),
        labels=_LABELS,
        marks=_marks(view),
        number=len(steps.STEPS) if view.next_step is None else view.next_step.number,
        green=view.agent is Symbol.GREEN,
        suspended=isinstance(view.error, PinSuspended),
        locked=isinstance(view.error, PinLocked),
        error_status=_status_of(view.error),
        may_register=_may(view, REGISTER),
        may_request=_may(view, REQUEST_CODE),
        full_tries=_FULL_TRIES,
    )


def refusal(text: Text, language: Language) -> str:
    """A page for a request that is not served."""
    return _filled("refusal.html.j2", language, text=text)


def _title(view: View) -> Text:
    if view.page is not Page.STOPPED:
        return _TITLES[view.page]
    if isinstance(view.error, PinSuspended):
        return words.SUSPENDED_TITLE
    if isinstance(view.error, PinLocked):
        return words.LOCKED_TITLE
    return words.PULLED_TITLE if isinstance(view.error, CardPulled) else words.STOPPED_TITLE


def _marks(view: View) -> list[Mark]:
    current = len(steps.STEPS) + 1 if view.next_step is None else view.next_step.number
    at = "failed" if view.page is Page.STOPPED else "now"
    standing = _standing(view)

    def state(step: Step) -> str:
        if step.number == current:
            return at
        return "done" if standing.get(step, step.number < current) else "ahead"

    return [Mark(step, state(step)) for step in steps.STEPS]


def _standing(view: View) -> Mapping[Step, bool]:
    """While nobody is logging in: what of the first steps is done, as the lamps above the list have it."""
    if view.login is not None:
        return {}
    reader, green = view.reader, view.agent is Symbol.GREEN
    card = reader is not None and reader.card and not reader.mute
    return {
        steps.READER: reader is not None,
        steps.CARD: card,
        steps.AGENT: green,
        steps.UC_AUTHENTICATION: green,
    }


def _may(view: View, action: str) -> bool:
    module = None if view.login is None else view.login.module
    return module is not None and action in module.actions


def _status_of(error: HarnessError | None) -> str:
    """The code that an office or the card gave, for whoever is asked for help."""
    status = getattr(error, "status", None)
    if status:
        return str(status)
    return "" if error is None or error.sw is None else f"{error.sw:04X}"


@cache
def _environment() -> Environment:
    folder = resources.files("harness.officer.screen").joinpath("templates")
    environment = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(w=words, Page=Page)
    return environment


def _filled(template: str, language: Language, **values: Any) -> str:
    def say(text: Text, **numbers: object) -> str:
        sentence = text.say(language)
        return sentence.format(**numbers) if numbers else sentence

    sayings: dict[str, Callable[..., str]] = {
        "say": say,
        "day": lambda iso: _day(iso, language),
        "moment": lambda iso: f"{_day(iso, language)} {iso[11:16]}",
        "born": lambda digits: _born(digits, language),
        "grouped": _grouped,
        "age": lambda thai: _age(thai, language),
        "sex": lambda thai: _sex(thai, language),
        "province": lambda thai: province_said(thai, language),
        "labelled": lambda thai, name=None: _labelled(thai, name, language),
    }
    return _environment().get_template(template).render(language=language, **sayings, **values)


def _day(iso: str, language: Language) -> str:
    return day_said(datetime.fromisoformat(iso), language)


def _born(digits: str, language: Language) -> str:
    """YYYYMMDD of the Buddhist era; an unknown month or day is 00."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    return buddhist_day_said(year, month if month <= 12 else None, day, language)


def _age(thai: str, language: Language) -> str:
    """NHSO says ages in Thai words."""
    found = _THAI_AGE.fullmatch(thai)
    if language == "th" or found is None:
        return thai
    named = zip(found.groups(), ("year", "month", "day"), strict=True)
    return " ".join(f"{count} {unit}{'' if count == '1' else 's'}" for count, unit in named)


def _sex(thai: str, language: Language) -> str:
    return next((sex.text.say(language) for sex in Sex if sex.text.th == thai), thai)


def _labelled(thai: str, name: Text | None, language: Language) -> str:
    """``(UCS) universal coverage``: the right's name in the reader's language, where it has one."""
    code = entitlements.code_of(thai)
    declared = entitlements.SUB_RIGHTS.get(code)
    named = name or (None if declared is None else declared.name)
    return f"({code}) {named.en}" if language == "en" and code and named is not None and named.en else thai


def _grouped(citizen_id: str) -> str:
    """As it is printed on the card: 1 2345 67890 12 3."""
    cuts = (0, 1, 5, 10, 12, 13)
    return " ".join(citizen_id[a:b] for a, b in itertools.pairwise(cuts))

"""The declarations as JSON-ready documents: what ``thnid spec --json`` gives."""

from __future__ import annotations

from typing import Any

from apdu_specs.applet import Applet
from apdu_specs.command import Command, Parameter
from apdu_specs.file import File
from apdu_specs.formats import FORMATS, format_of
from apdu_specs.generations import APPLETS, GENERATIONS, Generation
from apdu_specs.language import Text
from apdu_specs.pin_policy import POLICIES, PinPolicy
from apdu_specs.provenance import Provenance
from apdu_specs.reference import commands, files, pin
from apdu_specs.reference.layout import Part, parts_of
from apdu_specs.status import COMMON_STATUSES, MEANINGS
from apdu_specs.t0 import RULES, Rule

Document = dict[str, Any]


def everything() -> Document:
    """All of it in one document."""
    return {
        "t0": [rule(each) for each in RULES],
        "applets": [applet(each) for each in APPLETS],
        "commands": [command(each) for each in commands.COMMANDS],
        "files": [file(each) for each in files.files().values()],
        "formats": [
            {"name": each.name, "text": text(each.text), "provenance": provenance(each.provenance)}
            for each in FORMATS.values()
        ],
        "generations": [generation(each) for each in GENERATIONS.values()],
        "status_words": [
            {"code": each.code, "meaning": text(each.meaning), "provenance": provenance(each.provenance)}
            for each in MEANINGS.values()
        ],
        "pin_policies": [policy(each) for each in POLICIES.values()],
    }


def text(each: Text) -> Document:
    """Both languages."""
    return {"en": each.en, "th": each.th}


def provenance(each: Provenance) -> Document:
    """Kind, source, confidence."""
    return {"kind": each.kind.value, "source": each.source, "confidence": each.confidence.value}


def rule(each: Rule) -> Document:
    """One rule of T=0."""
    return {
        "name": each.name,
        "text": text(each.text),
        "provenance": provenance(each.provenance),
        "examples": [
            {"command": step.command, "data_length": step.length, "status": step.sw} for step in each.examples
        ],
    }


def applet(each: Applet) -> Document:
    """One applet."""
    return {
        "name": each.name,
        "meaning": text(each.meaning),
        "aids": [aid.hex().upper() for aid in each.aids],
        "commands": [command.name for command in each.commands],
        "provenance": provenance(each.provenance),
    }


def _parameter(each: Parameter) -> Document:
    return {"accepted": str(each), "meaning": each.meaning}


def _part(each: Part) -> Document:
    return {
        "name": each.name,
        "length": each.length,
        "value": each.constant.hex().upper() if each.constant else None,
    }


def command(each: Command) -> Document:
    """One command."""
    return {
        "name": each.name,
        "meaning": text(each.meaning),
        "applets": commands.applets_with(each),
        "form": commands.form_of(each),
        "cla": [f"{cla:02X}" for cla in each.cla],
        "ins": f"{each.ins:02X}",
        "p1": _parameter(each.p1),
        "p2": _parameter(each.p2),
        "lengths": each.lengths_text,
        "data": [_part(part) for part in parts_of(each.data)],
        "answer": {"file": each.file.name}
        if each.file
        else {"parts": [_part(part) for part in parts_of(each.answer)]},
        "outgoing": each.outgoing.value,
        "statuses": [MEANINGS[status].code for status in (*each.statuses, *COMMON_STATUSES)],
        "own_meanings": {MEANINGS[status].code: text(meaning) for status, meaning in each.meanings.items()},
        "own_meanings_without_data": {
            MEANINGS[status].code: text(meaning) for status, meaning in each.meanings_without_data.items()
        },
        "secret": each.secret,
        "vectors": [vector.command for vector in each.vectors],
        "provenance": provenance(each.provenance),
    }


def file(each: File) -> Document:
    """One memory map."""
    return {
        "name": each.name,
        "length": each.length,
        "where": files.where(each),
        "provenance": provenance(each.provenance),
        "fields": [
            {
                "name": field.name,
                "offset": each.offset(field.name),
                "length": field.length,
                "format": format_of(field).name,
                "meaning": text(field.meaning),
                "note": field.note,
                "personal": field.personal,
                "provenance": provenance(field.provenance),
            }
            for field in each.fields
        ],
    }


def generation(each: Generation) -> Document:
    """One generation."""
    atr = each.decoded_atr
    return {
        "name": each.name,
        "atr": each.atr.hex(" ").upper(),
        "historical": atr.text,
        "protocols": [f"T={protocol}" for protocol in atr.protocols],
        "bits_per_second": atr.baud,
        "data_version": each.data_version,
        "blocks": {
            applet.name: {str(block): file.name for block, file in each.blocks(applet).items()}
            for applet in APPLETS
            if each.blocks(applet)
        },
        "adm_info": each.adm_info.name,
        "get_response_p2": [f"{p2:02X}" for p2 in sorted(each.get_response_p2)],
        "differences": text(each.differences),
        "provenance": provenance(each.provenance),
    }


def policy(each: PinPolicy) -> Document:
    """One PIN policy with every transition."""
    return {
        "name": each.name,
        "suspended_at": each.suspended_at,
        "locked_at": each.locked_at,
        "suspended_counts": each.suspended_counts,
        "office_tries": each.office_tries,
        "transitions": [
            {"f": step.failures, "event": step.event, "status": f"{step.word:04X}", "f_after": step.after}
            for step in pin.transitions(each)
        ],
        "mermaid": pin.diagram(each),
        "provenance": provenance(each.provenance),
    }

"""The reference machine, against the table written out by hand and against the model that was written apart from it."""

from __future__ import annotations

import random

import pytest

from apdu_specs.pin_machine import HOLDER_ALPHABET, OFFICE_ALPHABET, Output, PinMachine, Symbol, pin_machine
from apdu_specs.pin_policy import ISO_THREE_TRIES, NATIONAL, NATIONAL_WRONG_ONLY, PinPolicy
from tests.model.pin_model import Answer, Applet, CardModel

S = Symbol
WRONG = (S.VERIFY_NEVER,)
FIRST, SECOND, NEVER = b"1234", b"5678", b"0000"
FCI = b"\x84\x08" + bytes(8)


def last(policy: PinPolicy, *word: Symbol) -> str:
    """The status words of the last symbol, ADM being selected first."""
    return " ".join(f"{sw:04X}" for sw in pin_machine(policy).run((S.SELECT_ADM, *word))[-1])


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ((S.VERIFY_FIRST,), "9000"),
        (WRONG, "63C2"),
        (WRONG * 2, "63C1"),
        (WRONG * 3, "63C0"),
        (WRONG * 4, "6983"),
        (WRONG * 5, "6984"),
        (WRONG * 6, "6984"),
        ((*WRONG * 2, S.VERIFY_FIRST, S.VERIFY_NEVER), "63C2"),
        ((*WRONG * 3, S.VERIFY_FIRST), "6983"),
        ((*WRONG * 4, S.VERIFY_FIRST), "6984"),
        ((S.PUBLISHED_NEVER,), "9000 6302"),
        ((S.VERIFY_EMPTY,), "63C3 6303"),
        ((S.VERIFY_FIRST, S.VERIFY_EMPTY), "9000 9000"),
        ((*WRONG * 3, S.VERIFY_EMPTY), "6983 6983"),
        ((*WRONG * 5, S.VERIFY_EMPTY), "6984 6984"),
        ((S.VERIFY_MALFORMED,), "6700 6A80"),
        ((S.MATCH_STATUS,), "6982"),
        ((S.VERIFY_FIRST, S.MATCH_STATUS), "6121"),
        ((S.VERIFY_FIRST, S.RESET, S.SELECT_ADM, S.MATCH_STATUS), "6982"),
        ((S.CHANGE_FIRST_TO_SECOND, S.VERIFY_FIRST), "63C2"),
        ((S.CHANGE_FIRST_TO_SECOND, S.VERIFY_SECOND), "9000"),
        ((S.ISSUE_FIRST,), "6982"),
        ((S.PROVE,), "9000 9000"),
        ((*WRONG * 3, S.PROVE, S.ISSUE_FIRST), "9000"),
        ((*WRONG * 3, S.PROVE, S.ISSUE_FIRST, S.VERIFY_EMPTY), "63C3 6303"),
        ((*WRONG * 5, S.PROVE, S.ISSUE_FIRST), "6984"),
        ((*WRONG * 5, S.READ_LASER), "9000"),
        ((*WRONG * 5, S.SELECT_MOI, S.READ_FIELD), "610D"),
    ],
)
def test_the_national_table(word: tuple[Symbol, ...], answer: str) -> None:
    assert last(NATIONAL, *word) == answer


@pytest.mark.parametrize(
    ("policy", "word", "answer"),
    [
        (NATIONAL_WRONG_ONLY, (*WRONG * 3, *(S.VERIFY_FIRST,) * 9), "6983"),
        (NATIONAL_WRONG_ONLY, WRONG * 5, "6984"),
        (ISO_THREE_TRIES, WRONG * 3, "63C0"),
        (ISO_THREE_TRIES, WRONG * 9, "6983"),
    ],
)
def test_the_other_policies(policy: PinPolicy, word: tuple[Symbol, ...], answer: str) -> None:
    assert last(policy, *word) == answer


@pytest.mark.parametrize("policy", [NATIONAL, NATIONAL_WRONG_ONLY], ids=lambda policy: policy.name)
@pytest.mark.parametrize("alphabet", [HOLDER_ALPHABET, OFFICE_ALPHABET], ids=["holder", "office"])
def test_agrees_with_the_model(policy: PinPolicy, alphabet: tuple[Symbol, ...]) -> None:
    machine = pin_machine(policy, alphabet)
    drawn = random.Random(2562)
    for _ in range(300):
        word = (S.SELECT_ADM, *drawn.choices(alphabet, k=40))
        assert machine.run(word) == _of_model(policy, word)


def test_every_state_is_finite_and_every_step_is_there() -> None:
    machine: PinMachine = pin_machine(NATIONAL)
    assert len(machine.steps) == 68
    assert all(tuple(row) == HOLDER_ALPHABET for row in machine.steps.values())


def _of_model(policy: PinPolicy, word: tuple[Symbol, ...]) -> list[Output]:
    counts = policy.suspended_counts
    assert counts != "nothing"
    model = CardModel(FIRST, suspended_counts=counts)
    return [tuple(answer.sw for answer in _answers(model, symbol)) for symbol in word]


def _answers(model: CardModel, symbol: Symbol) -> list[Answer]:
    match symbol:
        case S.RESET | S.POWER_CYCLE:
            model.reset()
            return []
        case S.SELECT_ADM:
            return [model.select(Applet.ADM, FCI)]
        case S.SELECT_MOI:
            return [model.select(Applet.MOI, FCI)]
        case S.VERIFY_FIRST | S.VERIFY_SECOND | S.VERIFY_NEVER:
            return [model.verify({S.VERIFY_FIRST: FIRST, S.VERIFY_SECOND: SECOND}.get(symbol, NEVER))]
        case S.VERIFY_EMPTY:
            return [model.verify_empty(), model.verify_empty("published")]
        case S.VERIFY_MALFORMED:
            return [model.verify(b"12340"), model.verify(b"123A")]
        case S.CHANGE_FIRST_TO_SECOND:
            return [model.change(FIRST + SECOND)]
        case S.CHANGE_SECOND_TO_FIRST:
            return [model.change(SECOND + FIRST)]
        case S.CHANGE_NEVER_TO_SECOND:
            return [model.change(NEVER + SECOND)]
        case S.ISSUE_FIRST:
            return [model.reset_retry_counter(FIRST)]
        case S.MATCH_STATUS:
            return [model.get_match_status()]
        case S.READ_FIELD:
            return [model.read(4, 13)]
        case S.READ_LASER:
            return [model.adm_info(23)]
        case S.PUBLISHED_FIRST | S.PUBLISHED_NEVER:
            asked = model.get_pin_challenge(32)
            right = symbol is S.PUBLISHED_FIRST and model.pin == FIRST
            return [asked, model.verify_published(right)] if asked.sw == 0x9000 else [asked]
        case S.PROVE | S.PROVE_WRONGLY:
            asked = model.get_challenge(16)
            proof = symbol is S.PROVE
            return [asked, model.external_authenticate(proof)] if asked.sw == 0x9000 else [asked]

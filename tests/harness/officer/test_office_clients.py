"""The offices' clients: every way a service can fail has its own name, and nothing personal is in it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from apdu_specs import citizen_id, keys
from emulator.offices.embedded import EmbeddedOffices
from harness.errors import HarnessError
from harness.officer import errors
from harness.officer.offices import AuthorityClient, NhsoClient, RegistryClient
from tests.harness.officer.answering_server import answering

CITIZEN = citizen_id.synthetic(5)
CARD = bytes.fromhex("FFFF000000000005")
NEW_CARD = bytes.fromhex("FFFF000000000006")


@pytest.fixture(scope="module")
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(barred_offices=frozenset({"66666"})) as running:
        running.know_card(CITIZEN, CARD)
        yield running


@pytest.mark.parametrize(
    "url", ["", "localhost", "ftp://127.0.0.1", "http://", "http://a:99999/", "http://a:0"]
)
def test_an_address_that_is_none_is_usage(url: str) -> None:
    with pytest.raises(errors.BadServiceAddress) as caught:
        AuthorityClient(url)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("host", ["a" * 70, "no-such-host.invalid", "["])
def test_a_host_that_cannot_be_found(host: str) -> None:
    with AuthorityClient(f"http://{host}/") as authority, pytest.raises(errors.ServiceUnreachable):
        authority.challenge(CITIZEN, CARD)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as was_there:
        port = was_there.getsockname()[1]
    with (
        AuthorityClient(f"http://127.0.0.1:{port}/authority") as authority,
        pytest.raises(errors.ServiceUnreachable) as caught,
    ):
        authority.challenge(CITIZEN, CARD)
    assert caught.value.exit_status == 1
    assert CITIZEN not in str(caught.value)


def test_a_service_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with NhsoClient(url, timeout_s=0.05) as nhso, pytest.raises(errors.ServiceSilent) as caught:
            nhso.log_in(CITIZEN, "0" * 32)
    assert caught.value.after_seconds == 0.05


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b"[" * 200_000),
        (200, b"{}"),
        (200, b'{"xkey": 7}'),
        (200, b'{"xkey": "00"}'),
        (200, b'{"xkey": "' + b"Z" * 64 + b'"}'),
        (204, b""),
        (302, b"{}"),
        (404, b"not found"),
        (404, b"{}"),
        (403, b'{"status": 95002}'),
        (403, b'{"status": "\\u001b[2J"}'),
        (500, b"Traceback (most recent call last):"),
    ],
)
def test_nonsense_has_its_name(status: int, body: bytes) -> None:
    with (
        answering(status, body) as url,
        AuthorityClient(url) as authority,
        pytest.raises(errors.ServiceNonsense),
    ):
        authority.challenge(CITIZEN, CARD)


def test_an_answer_that_claims_to_be_compressed_but_is_not() -> None:
    with (
        answering(200, b"not gzip", {"Content-Encoding": "gzip"}) as url,
        AuthorityClient(url) as authority,
        pytest.raises(errors.ServiceNonsense),
    ):
        authority.challenge(CITIZEN, CARD)


@pytest.mark.parametrize(
    "menu",
    [
        b'{"menu": {}}',
        b'{"menu": [1]}',
        b'{"menu": [{"id": "erm", "title": {"en": "x"}, "modules": []}]}',
        b'{"menu": [{"id": "erm", "title": {"en": "x", "th": "x"}}]}',
    ],
)
def test_nonsense_menus(menu: bytes) -> None:
    with answering(200, menu) as url, NhsoClient(url) as nhso, pytest.raises(errors.ServiceNonsense):
        nhso.menu("x" * 16)


def test_refusals_carry_the_offices_own_words_without_escape_sequences() -> None:
    sentence = {"en": "No.\x1b[2J" + "x" * 1000, "th": "ไม่ได้"}
    body = json.dumps({"status": "90045", "message": sentence, "what_to_do": {"en": 1}}).encode()
    with (
        answering(403, body) as url,
        AuthorityClient(url) as authority,
        pytest.raises(errors.AuthorityRefused) as caught,
    ):
        authority.challenge(CITIZEN, CARD)
    assert caught.value.status == "90045"
    assert caught.value.message.th == "ไม่ได้"
    assert caught.value.message.en.startswith("No.[2Jxxx")
    assert len(caught.value.message.en) < 510
    assert caught.value.what_to_do.en
    assert caught.value.what_to_do.th


@pytest.mark.parametrize("key", ["", "wrong", "ผิด"])
def test_registry_client_needs_the_counter_key(offices: EmbeddedOffices, key: str) -> None:
    with (
        RegistryClient(offices.registry_url, counter_key=key) as registry,
        pytest.raises(errors.RegistryRefused) as caught,
    ):
        registry.insist_on_latest(citizen_id.synthetic(12), bytes.fromhex("FFFF000000000013"))
    assert caught.value.status == "counter-key-not-valid"


def test_registry_client(offices: EmbeddedOffices) -> None:
    serial, newer = bytes.fromhex("FFFF000000000011"), bytes.fromhex("FFFF000000000012")
    citizen = citizen_id.synthetic(11)
    with RegistryClient(offices.registry_url, counter_key=offices.counter_key) as registry:
        with pytest.raises(errors.RegistryRefused) as caught:
            registry.proof(citizen, serial, bytes(16))
        assert caught.value.status == "card-unknown"
        with pytest.raises(errors.RegistryRefused) as caught:
            registry.insist_on_latest(citizen, serial)
        assert caught.value.status == "card-unknown"
        offices.know_card(citizen, serial)
        entries = offices.offices.audit.head()
        registry.insist_on_latest(citizen, serial)
        assert offices.offices.audit.head() == entries  # who only asks changes nothing
        key = keys.office_key(keys.SPECIMEN_MASTER_KEY, citizen, serial)
        expected = keys.office_proof(key, challenge=bytes(16), serial=serial)
        assert registry.proof(citizen, serial, bytes(16)) == expected
        registry.replace(citizen, serial, newer)
        with pytest.raises(errors.RegistryRefused) as caught:
            registry.replace(citizen, serial, newer)
        assert caught.value.status == "card-replaced"
        with pytest.raises(errors.RegistryRefused) as caught:
            registry.insist_on_latest(citizen, serial)
        assert caught.value.status == "card-replaced"
        registry.insist_on_latest(citizen, newer)


def test_authority_and_nhso_refusals_are_named(offices: EmbeddedOffices) -> None:
    with AuthorityClient(offices.authority_url) as authority, NhsoClient(offices.nhso_url) as nhso:
        with pytest.raises(errors.AuthorityRefused) as refused:
            authority.challenge(CITIZEN, CARD, "66666")
        assert refused.value.status == "95004"
        with pytest.raises(errors.AuthorityRefused) as refused:
            authority.challenge(citizen_id.synthetic(77), CARD)
        assert refused.value.status == "95001"
        with pytest.raises(errors.AuthorityRefused) as refused:
            authority.challenge("1", CARD)
        assert refused.value.status == "90011"
        with pytest.raises(errors.IdentityNotConfirmed):
            nhso.log_in(CITIZEN, "0" * 32)
        with pytest.raises(errors.TokenNotValid):
            nhso.menu("a" * 16)
        with pytest.raises(errors.NhsoRefused):
            nhso.open_module("a" * 16, "no/such?thing")


def test_errors_say_both_languages_and_never_the_citizen_id(offices: EmbeddedOffices) -> None:
    with AuthorityClient(offices.authority_url) as authority, pytest.raises(HarnessError) as caught:
        authority.challenge(CITIZEN, NEW_CARD)
    error = caught.value
    assert all((error.message.en, error.message.th, error.what_to_do.en, error.what_to_do.th))
    assert CITIZEN not in str(error) + repr(error)

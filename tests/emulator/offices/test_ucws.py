"""UCWS as hospital programs meet it: literal replies, every state of a person and a token, a strict client, attacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any
from xml.dom import minidom
from xml.etree import ElementTree

import httpx
import pytest
import requests
import zeep
import zeep.exceptions
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import ucws
from emulator.offices.app import build_app
from emulator.offices.body_limit import LONGEST_BODY
from emulator.offices.server import OfficeServer
from emulator.offices.ucws import answer, contract
from emulator.offices.ucws.envelope import BadEnvelope, Search, read
from tests.emulator.offices.people import (
    CHANGING,
    DECEASED,
    ENTITLED,
    INSURED,
    NOBODY,
    WITHOUT_RIGHT,
    admit_people,
    officer_token,
)
from tests.emulator.offices.rooms import CITIZEN, OTHER_CITIZEN, Rooms, build_rooms

PATH = "/ucwstokenp1/UCWSTokenP1"
XML = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
SOAPENV = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:tok="http://tokenws.ucws.nhso.go.th/"><soapenv:Header/><soapenv:Body><tok:searchCurrentByPID>'
    "<user_person_id>{0}</user_person_id><smctoken>{1}</smctoken><person_id>{2}</person_id>"
    "</tok:searchCurrentByPID></soapenv:Body></soapenv:Envelope>"
)
JAXWS = (
    '<?xml version="1.0" ?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<ns2:searchCurrentByPID xmlns:ns2="http://tokenws.ucws.nhso.go.th/"><user_person_id>{0}</user_person_id>'
    "<smctoken>{1}</smctoken><person_id>{2}</person_id></ns2:searchCurrentByPID></S:Body></S:Envelope>"
)
ACTION = "http://tokenws.ucws.nhso.go.th/UCWSTokenP1/searchCurrentByPIDRequest"


class Ucws:
    """The service over HTTP, an officer's token, and what a search is told."""

    def __init__(self, rooms: Rooms, http: httpx.Client) -> None:
        self.rooms = rooms
        self.token = officer_token(rooms, "search")
        self.http = http

    def reply(
        self, person: str, *, token: str | None = None, user: str = CITIZEN, form: str = SOAPENV
    ) -> str:
        asking = form.format(user, self.token if token is None else token, person)
        got = self.http.post(PATH, content=asking, headers=XML)
        assert got.status_code == 200
        return got.text

    def told(self, person: str, **asking: Any) -> dict[str, str]:
        return told(self.reply(person, **asking))


def told(reply: str) -> dict[str, str]:
    returned = ElementTree.fromstring(reply).find(".//return")
    assert returned is not None
    return {each.tag: each.text or "" for each in returned}


@contextmanager
def served(rooms: Rooms, ucws_address: str | None = None) -> Iterator[Ucws]:
    admit_people(rooms)
    with (
        OfficeServer(build_app(rooms.offices, ucws_address=ucws_address)) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Ucws(rooms, http)
    rooms.storage.close()


@pytest.fixture
def service() -> Iterator[Ucws]:
    """One of the test's own, to change what it knows."""
    with served(build_rooms()) as running:
        yield running


@pytest.fixture(scope="module")
def still() -> Iterator[Ucws]:
    """One for all tests that only ask."""
    with served(build_rooms()) as running:
        yield running


def test_a_reply_is_literally_as_published(still: Ucws) -> None:
    reply = still.reply(ENTITLED)
    reply = re.sub(r"<wsid>WS\d{15}</wsid><wsid_batch>WSB\d{14}</wsid_batch>", "<ids/>", reply)
    assert reply == (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        '<ns2:searchCurrentByPIDResponse xmlns:ns2="http://tokenws.ucws.nhso.go.th/"><return>'
        "<birthdate>25350320</birthdate><cardid>0000000042</cardid><chat>099</chat><count_select>0</count_select>"
        "<expdate>NoExp</expdate><fname>ทดสอบ</fname>"
        "<hmain>99312</hmain><hmain_name>โรงพยาบาลตัวอย่างขอนแก่น</hmain_name>"
        "<hmain_op>99313</hmain_op><hmain_op_name>โรงพยาบาลชุมชนตัวอย่างขอนแก่น</hmain_op_name>"
        "<hsub>99314</hsub><hsub_name>โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่างศิลา</hsub_name>"
        "<lname>ระบบ</lname><maininscl>UCS</maininscl><maininscl_main>U</maininscl_main>"
        "<maininscl_name>สิทธิหลักประกันสุขภาพแห่งชาติ</maininscl_name><mastercup_id>40012199313</mastercup_id>"
        "<nation>099</nation><paid_model>1</paid_model><person_id>1999900009002</person_id>"
        "<primary_amphur_name>เมืองขอนแก่น</primary_amphur_name><primary_moo>04</primary_moo>"
        "<primary_mooban_name>ศิลา</primary_mooban_name>"
        "<primary_province_name>ขอนแก่น</primary_province_name><primary_tumbon_name>ศิลา</primary_tumbon_name>"
        "<primaryprovince>4000</primaryprovince><purchaseprovince>4000</purchaseprovince>"
        "<purchaseprovince_name>ขอนแก่น</purchaseprovince_name><sex>1</sex><startdate>25640316</startdate>"
        "<status>004</status><subinscl>89</subinscl><subinscl_name>ช่วงอายุ 12-59 ปี</subinscl_name>"
        "<title>003</title><title_name>นาย</title_name><ws_data_source>NHSO</ws_data_source>"
        "<ws_date_request>2026-03-10T12:00:00+07:00</ws_date_request><ws_status>NHSO-000001</ws_status>"
        "<ws_status_desc>ok</ws_status_desc><ids/></return></ns2:searchCurrentByPIDResponse></S:Body></S:Envelope>"
    )


def test_replies_are_found_the_way_programs_look_for_them(still: Ucws) -> None:
    reply = still.reply(ENTITLED)
    document = minidom.parseString(reply)
    (response,) = document.getElementsByTagName("ns2:searchCurrentByPIDResponse")
    assert response.getElementsByTagName("maininscl")[0].firstChild.nodeValue == "UCS"  # type: ignore[union-attr]
    assert document.getElementsByTagName("S:Body").length == 1
    found = re.search(r"<fname>(.*?)</fname>", reply)
    assert found is not None and found[1] == "ทดสอบ"


def test_nobody_has_the_id(still: Ucws) -> None:
    for nobody in (NOBODY, "1234567890123", "", "no id", "๑๒๓"):
        answered = still.told(nobody)
        assert answered["ws_status"] == "NHSO-000001" and answered["count_select"] == "0"
        assert "fname" not in answered and "maininscl" not in answered


def test_a_person_without_right(still: Ucws) -> None:
    answered = still.told(WITHOUT_RIGHT)
    assert (answered["fname"], answered["ws_status"], answered["count_select"]) == (
        "ทดสอบ",
        "NHSO-000001",
        "0",
    )
    assert not {"maininscl", "maininscl_name", "startdate", "expdate", "status_desc"} & answered.keys()


def test_a_deceased_person(still: Ucws) -> None:
    answered = still.told(DECEASED)
    assert (answered["status"], answered["status_desc"]) == ("003", "เสียชีวิต")
    assert "maininscl" not in answered


def test_a_change_of_right_that_waits(service: Ucws) -> None:
    answered = service.told(CHANGING)
    assert (answered["hsub"], answered["maininscl"], answered["new_maininscl"]) == ("99314", "UCS", "UCS")
    assert answered["new_hsub_name"].endswith("สุเทพ") and answered["new_startdate"] == "25690401"
    assert answered["new_date_register"] == "2021-03-16T13:11:56+07:00"
    service.rooms.clock.advance(timedelta(days=30))
    later = service.told(CHANGING, token=_logged_in_again(service))
    assert later["hsub_name"].endswith("สุเทพ")
    assert not [name for name in later if name.startswith("new_")]


def test_social_security(still: Ucws) -> None:
    answered = still.told(INSURED)
    assert (answered["maininscl"], answered["subinscl"], answered["maininscl_main"]) == ("SSS", "S1", "S")
    assert answered["startdate_sss"] == "25640316" and (answered["title"], answered["sex"]) == ("004", "2")
    assert "hsub" not in answered and "hmain" in answered


def _logged_in_again(service: Ucws) -> str:
    return service.rooms.nhso.log_in(CITIZEN, service.rooms.tkey()).smctoken


def refused(answered: dict[str, str]) -> bool:
    assert "fname" not in answered or answered["ws_status"] == "NHSO-000001"
    return answered["ws_status"] == "NHSO-00003" and bool(answered["ws_status_desc"])


def test_a_token_opens_only_until_midnight(service: Ucws) -> None:
    service.rooms.clock.advance(timedelta(hours=11, minutes=59))
    assert not refused(service.told(ENTITLED))
    service.rooms.clock.advance(timedelta(minutes=1))
    assert refused(service.told(ENTITLED))


@pytest.mark.parametrize("token", ["", "abcdefgh12345678", "x" * 200, "' OR 1=1 --"])
def test_a_token_that_nobody_got(still: Ucws, token: str) -> None:
    assert refused(still.told(ENTITLED, token=token.replace("'", "&apos;")))


def test_a_token_is_its_officers_alone(service: Ucws) -> None:
    before = service.rooms.audit.head().number
    for user in (OTHER_CITIZEN, "", ENTITLED):
        assert refused(service.told(ENTITLED, user=user))
    assert service.rooms.audit.head().number == before + 3  # a stolen token shows


def test_a_right_that_is_revoked_or_unused_ends_the_token(service: Ucws) -> None:
    service.rooms.nhso.set_idle_days(CITIZEN, 61)
    assert refused(service.told(ENTITLED))
    service.rooms.nhso.set_idle_days(CITIZEN, 60)
    assert not refused(service.told(ENTITLED))
    service.rooms.nhso.revoke(CITIZEN)
    assert refused(service.told(ENTITLED))


def test_a_newer_login_and_a_logout_end_a_token(service: Ucws) -> None:
    newer = _logged_in_again(service)
    assert refused(service.told(ENTITLED)) and not refused(service.told(ENTITLED, token=newer))
    service.rooms.nhso.log_out(newer)
    assert refused(service.told(ENTITLED, token=newer))


@pytest.mark.parametrize("form", [SOAPENV, JAXWS, JAXWS.replace("ns2:", "tok:").replace(":ns2", ":tok")])
@pytest.mark.parametrize("action", ['""', "", ACTION, f'"{ACTION}"', None])
@pytest.mark.parametrize(
    "kind",
    [
        "text/xml",
        "text/xml;charset=UTF-8",
        'text/xml; charset="utf-8"',
        "text/xml; charset='utf-8'",
        "application/xml",
        None,
    ],
)
def test_clients_differ(still: Ucws, form: str, action: str | None, kind: str | None) -> None:
    headers = {
        name: value for name, value in (("SOAPAction", action), ("Content-Type", kind)) if value is not None
    }
    asking = form.format(CITIZEN, still.token, ENTITLED).encode()
    got = still.http.post(PATH, content=asking, headers=headers)
    assert (got.status_code, got.headers["content-type"]) == (200, "text/xml;charset=utf-8")
    assert told(got.text)["fname"] == "ทดสอบ"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "tis-620", "windows-874", "iso-8859-1"])
@pytest.mark.parametrize("says_it", ["header", "declaration"])
def test_encodings_that_clients_use(still: Ucws, encoding: str, says_it: str) -> None:
    asking = SOAPENV.format(CITIZEN, still.token, ENTITLED)
    if says_it == "declaration":
        asking, kind = f'<?xml version="1.0" encoding="{encoding}"?>{asking}', "text/xml"
    else:
        kind = f"text/xml; charset={encoding}"
    got = still.http.post(
        PATH, content=asking.encode(encoding.replace("windows-", "cp")), headers={"Content-Type": kind}
    )
    assert told(got.text)["fname"] == "ทดสอบ"


@pytest.mark.parametrize(
    ("bytes_in", "kind"),
    [
        ("utf-16-le", "text/xml; charset=utf-16"),
        ("utf-16-be", "text/xml; charset=UTF-16"),
        ("utf-16-be", "text/xml; charset=utf-16be"),
        ("utf-8", 'text/xml; charset="UTF8"'),
        ("utf-8-sig", "TEXT/XML; CHARSET=utf-8; action="),
        ("cp874", "text/xml;charset=cp874"),
    ],
)
def test_names_of_encodings_and_byte_orders(still: Ucws, bytes_in: str, kind: str) -> None:
    asking = SOAPENV.format(CITIZEN, still.token, ENTITLED).encode(bytes_in)
    got = still.http.post(PATH, content=asking, headers={"Content-Type": kind})
    assert (got.status_code, told(got.text)["fname"]) == (200, "ทดสอบ")


SOAP, TOKENS = "http://schemas.xmlsoap.org/soap/envelope/", "http://tokenws.ucws.nhso.go.th/"
CHILDREN = "<user_person_id>{0}</user_person_id><smctoken>{1}</smctoken><person_id>{2}</person_id>"
ENVELOPES = {
    "no prefixes": f'<Envelope xmlns="{SOAP}"><Body><s:searchCurrentByPID xmlns:s="{TOKENS}" xmlns="">{CHILDREN}'
    "</s:searchCurrentByPID></Body></Envelope>",
    "qualified children": f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><searchCurrentByPID xmlns="{TOKENS}">'
    f"{CHILDREN}</searchCurrentByPID></soap:Body></soap:Envelope>",
    "prefixes declared outside": f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}" xmlns:ns1="{TOKENS}"><SOAP-ENV:Body>'
    f"<ns1:searchCurrentByPID>{CHILDREN}</ns1:searchCurrentByPID></SOAP-ENV:Body></SOAP-ENV:Envelope>",
    "an encoding style": JAXWS.replace(
        "<S:Body>", '<S:Body S:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
    ),
    "lines and spaces": "\n  " + SOAPENV.replace("><", ">\r\n\t<") + "\r\n",
    "spaces around values": SOAPENV.replace("{", "\n  {").replace("}", "}\t"),
    "comments and CDATA": SOAPENV.replace("{0}", "<!-- who -->{0}").replace("{2}", "<![CDATA[{2}]]>"),
    "another order": SOAPENV.replace("<person_id>{2}</person_id>", "").replace(
        "<user_person_id>", "<person_id>{2}</person_id><user_person_id>"
    ),
    "more than is declared": SOAPENV.replace("</tok:", "<more><of>it</of></more><version>1</version></tok:"),
    "a header": SOAPENV.replace(
        "<soapenv:Header/>", '<soapenv:Header><a:To xmlns:a="urn:a">x</a:To></soapenv:Header>'
    ),
}


@pytest.mark.parametrize("variation", ENVELOPES)
def test_envelopes_that_clients_build(still: Ucws, variation: str) -> None:
    assert still.told(ENTITLED, form=ENVELOPES[variation])["fname"] == "ทดสอบ"


def test_a_parameter_that_is_nil_or_not_there_is_empty(still: Ucws) -> None:
    nil = '<person_id xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    for form in (
        SOAPENV.replace("<person_id>{2}</person_id>", nil),
        SOAPENV.replace("<person_id>{2}</person_id>", ""),
    ):
        answered = still.told("", form=form)
        assert (answered["ws_status"], answered["count_select"]) == ("NHSO-000001", "0")


def test_nothing_of_a_search_is_logged(still: Ucws, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    still.reply(ENTITLED)
    still.reply(ENTITLED, token="abcdefgh12345678")
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    assert not [line for line in ours if ENTITLED in line or CITIZEN in line or still.token in line]


# ---------------------------------------------------------------- the contract


def test_the_wsdl_names_where_it_was_asked_for(still: Ucws) -> None:
    for query in ("?wsdl", "?WSDL", "?wsdl="):
        got = still.http.get(f"{PATH}{query}", headers={"Host": "double.test:8180"})
        assert (got.status_code, got.headers["content-type"]) == (200, "text/xml;charset=utf-8")
        assert 'location="http://double.test:8180/ucwstokenp1/UCWSTokenP1"' in got.text
        assert 'schemaLocation="http://double.test:8180/ucwstokenp1/UCWSTokenP1?xsd=1"' in got.text
    for query in ("?xsd=1", "?XSD=1", "?wsdl&xsd=1"):
        assert "nhsoDataSetC1" in still.http.get(f"{PATH}{query}").text
        assert still.http.head(f"{PATH}{query}").headers["content-type"] == "text/xml;charset=utf-8"
    for path in (PATH, f"{PATH}?xsd=2", f"{PATH}?xsd"):
        told = still.http.get(path)
        assert told.status_code == 404
        assert_fault(told, "?wsdl", "ดูข้อกำหนดได้ที่ ?wsdl")


def assert_fault(answer: httpx.Response, english: str, thai: str) -> None:
    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    assert root.tag.endswith("}Envelope")
    assert english in answer.text and thai in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused_in_xml(still: Ucws, method: str) -> None:
    told = still.http.request(method, PATH, content=b"<x/>")
    assert (told.status_code, told.headers["allow"]) == (405, "GET, HEAD, POST")
    assert_fault(told, "is called by POST", "ต้องเรียกด้วย POST")


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_any_office_takes_is_refused_in_xml(still: Ucws, announced: bool) -> None:
    body = b"x" * (LONGEST_BODY + 1)
    told = still.http.post(
        PATH, content=body if announced else iter([body]), headers={"Content-Type": "text/xml"}
    )
    assert told.status_code == 413
    assert told.headers["content-type"] == "text/xml;charset=utf-8"
    assert "<faultcode>S:Client</faultcode>" in told.text and re.search("[ก-๙]", told.text)


def test_the_wsdl_can_be_told_its_address() -> None:
    address = "http://ucws.nhso.go.th:80/ucwstokenp1/UCWSTokenP1"
    with served(build_rooms(), ucws_address=address) as named:
        assert f'location="{address}"' in named.http.get(f"{PATH}?wsdl").text


def test_an_address_cannot_break_out_of_the_wsdl() -> None:
    ElementTree.fromstring(contract.wsdl('http://"><evil xmlns="x"/>&'))


def test_the_schema_is_the_published_one() -> None:
    schema = ElementTree.parse(BytesIO(contract.xsd())).getroot()
    xs = "{http://www.w3.org/2001/XMLSchema}"
    assert schema.attrib == {"version": "1.0", "targetNamespace": "http://tokenws.ucws.nhso.go.th/"}
    types = {
        each.get("name"): each.findall(f"{xs}sequence/{xs}element")
        for each in schema.findall(f"{xs}complexType")
    }
    names = [each.get("name") for each in types["nhsoDataSetC1"]]
    assert names == PUBLISHED_FIELDS.replace(",", " ").split()
    odd = {
        e.get("name"): (e.get("type"), e.get("minOccurs"))
        for e in types["nhsoDataSetC1"]
        if e.get("type") != "xs:string"
    }
    assert odd == {
        "count_select": ("xs:int", None),
        "new_date_register": ("xs:dateTime", "0"),
        "ws_date_request": ("xs:dateTime", "0"),
    }
    assert all(e.get("minOccurs") == "0" for e in types["nhsoDataSetC1"] if e.get("name") != "count_select")
    assert [e.get("name") for e in types["searchCurrentByPID"]] == ["user_person_id", "smctoken", "person_id"]
    assert [(e.get("name"), e.get("type")) for e in types["searchCurrentByPIDResponse"]] == [
        ("return", "tns:nhsoDataSetC1")
    ]


PUBLISHED_FIELDS = """
birthdate, cardid, chat, count_select, expdate, fname, hmain, hmain_name, hmain_op, hmain_op_name, hsub, hsub_name, lname,
maininscl, maininscl_main, maininscl_name, mastercup_id, nation, new_date_register, new_expdate, new_hmain,
new_hmain_name, new_hmain_op, new_hmain_op_name, new_hsub, new_hsub_name, new_maininscl, new_maininscl_name,
new_mastercup_id, new_paid_model, new_purchaseprovince, new_purchaseprovince_name, new_staffname, new_startdate,
new_subinscl, new_subinscl_name, new_type_register, new_type_register_desc, paid_model, person_id, primary_amphur_name,
primary_moo, primary_mooban_name, primary_province_name, primary_tumbon_name, primaryprovince, purchaseprovince,
purchaseprovince_name, sex, startdate, startdate_sss, status, status_desc, subinscl, subinscl_name, title, title_name,
ws_data_source, ws_date_request, ws_status, ws_status_desc, wsid, wsid_batch
"""


@given(st.dictionaries(st.sampled_from([f.name for f in ucws.DATA_SET]), st.text(max_size=20)))
def test_whatever_is_told_is_xml_in_the_schemas_order(values: dict[str, str]) -> None:
    reply = answer.response(values).decode()
    names = [each.tag for each in ElementTree.fromstring(reply).iter() if "}" not in each.tag][1:]
    order = [field.name for field in ucws.DATA_SET]
    assert names == sorted((name for name, value in values.items() if value), key=order.index)


def test_undeclared_fields_are_not_told() -> None:
    with pytest.raises(KeyError, match="laser"):
        answer.response({"laser": "x"})


def test_a_strict_client_made_from_the_wsdl(still: Ucws) -> None:
    """zeep reads WSDL and XSD over HTTP and validates what it sends and gets."""
    session = requests.Session()
    session.trust_env = False
    address = f"{str(still.http.base_url).rstrip('/')}{PATH}?wsdl"
    transport = zeep.Transport(session=session)  # type: ignore[no-untyped-call]
    client = zeep.Client(address, transport=transport)  # type: ignore[no-untyped-call]
    (port,) = client.wsdl.services["UCWSTokenP1"].ports.values()
    assert (port.name, port.binding.name.text) == (
        "UCWSTokenP1Port",
        "{http://tokenws.ucws.nhso.go.th/}UCWSTokenP1PortBinding",
    )
    search = client.service.searchCurrentByPID
    found = search(user_person_id=CITIZEN, smctoken=still.token, person_id=CHANGING)
    assert (found.fname, found.count_select, found.new_maininscl) == ("ทดสอบ", 0, "UCS")
    assert found.ws_date_request.utcoffset() == timedelta(hours=7)
    assert search(CITIZEN, still.token, NOBODY).fname is None
    assert search(CITIZEN, "x" * 16, ENTITLED).ws_status == "NHSO-00003"
    assert search().ws_status == "NHSO-00003"
    with pytest.raises(zeep.exceptions.Fault, match="parameter is longer"):
        search(CITIZEN, "x" * 300, ENTITLED)


# ---------------------------------------------------------------- attacks

BOMB = '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
FILE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>'
EXTERNAL = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">'
ENVELOPE = SOAPENV.format(CITIZEN, "{}", ENTITLED)


@pytest.mark.parametrize(
    ("asking", "status", "says"),
    [
        (BOMB + ENVELOPE.format("&c;"), 400, "document type"),
        (FILE + ENVELOPE.format("&f;"), 400, "document type"),
        (PARAMETER + ENVELOPE.format("x"), 400, "document type"),
        (EXTERNAL + ENVELOPE.format("x"), 400, "document type"),
        ("<!DOCTYPE x>" + ENVELOPE.format("x"), 400, "document type"),
        (ENVELOPE.format("&f;"), 400, "well-formed"),
        ("", 400, "well-formed"),
        ("\0\1\2garbage", 400, "well-formed"),
        ('{"json": true}', 400, "well-formed"),
        (ENVELOPE[:-20], 400, "well-formed"),
        (ENVELOPE + "<more/>", 400, "well-formed"),
        ("<a/>", 400, "SOAP 1.1"),
        (
            ENVELOPE.replace(
                "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
            ),
            400,
            "1.1",
        ),
        (ENVELOPE.replace("searchCurrentByPID", "dropTables"), 400, "searchCurrentByPID"),
        (ENVELOPE.replace("http://tokenws", "http://other"), 400, "searchCurrentByPID"),
        (ENVELOPE.format("<b>x</b>"), 400, "searchCurrentByPID"),
        (ENVELOPE.format("x" * 257), 400, "longer than 256"),
        (ENVELOPE.format("<b>" * 40 + "</b>" * 40), 400, "searchCurrentByPID"),
        (
            ENVELOPE.replace(
                "<soapenv:Header/>", "<soapenv:Header>" + "<b>" * 40 + "</b>" * 40 + "</soapenv:Header>"
            ),
            400,
            "deep",
        ),
        (
            ENVELOPE.replace(
                "<soapenv:Header/>", '<soapenv:Header><x soapenv:mustUnderstand="1"/></soapenv:Header>'
            ),
            400,
            "understood",
        ),
        (ENVELOPE.format("x" * 70_000), 413, "65,536"),
        ("<a>" * 30_000, 413, "65,536"),
        ('<?xml version="1.0" encoding="utf-7"?>' + ENVELOPE.format("x"), 400, "encoding"),
        ('<?xml version="1.0" encoding="rot13"?>' + ENVELOPE.format("x"), 400, "encoding"),
        ('<?xml version="1.0" encoding="nonsense"?>' + ENVELOPE.format("x"), 400, "encoding"),
    ],
)
def test_attacks_and_garbage_get_a_fault(still: Ucws, asking: str, status: int, says: str) -> None:
    before = still.rooms.audit.head()
    got = still.http.post(PATH, content=asking.encode(), headers={"Content-Type": "text/xml"})
    assert got.status_code == status
    fault = ElementTree.fromstring(got.text).find(".//{http://schemas.xmlsoap.org/soap/envelope/}Fault")
    assert fault is not None
    assert (fault.findtext("faultcode") or "").startswith("S:")
    assert says in (fault.findtext("faultstring") or "")
    thai = fault.findtext("detail/{http://tokenws.ucws.nhso.go.th/}reason") or ""
    assert re.search("[ก-๙]", thai)
    assert "Traceback" not in got.text and "root:" not in got.text
    assert still.rooms.audit.head() == before


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("application/soap+xml", 415),
        ("text/xml; charset=utf-7", 400),
        ("text/xml; charset=zlib_codec", 400),
        ("text/xml; charset=us-ascii", 400),
        ("nonsense", 415),
        ("", 415),
    ],
)
def test_content_types_that_do_not_fit(still: Ucws, kind: str, status: int) -> None:
    asking = ENVELOPE.format("ไทย").encode()
    got = still.http.post(PATH, content=asking, headers={"Content-Type": kind})
    assert got.status_code == status and "S:Fault" in got.text


def test_a_body_of_unknown_length_is_cut_off(still: Ucws) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"<a>" * 1000

    got = still.http.post(PATH, content=endless(), headers={"Content-Type": "text/xml"})
    assert got.status_code == 413


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(garbage: bytes) -> None:
    with pytest.raises(BadEnvelope):
        read(garbage)


@given(
    st.text(max_size=60).filter(
        lambda t: re.fullmatch("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", t)
    )
)
def test_values_come_through_escaping(value: str) -> None:
    asking = SOAPENV.format(answer.text(value), "", "").encode()
    kept = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert read(asking) == Search(user_person_id=kept)
    assert repr(read(asking)) == "Search()"

"""The WSDL and the XSD that UCWS serves, made of the declaration. Public: copies of both."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from apdu_specs import ucws

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"


def wsdl(address: str) -> bytes:
    """The WSDL of the service at ``address``."""
    operation, response = ucws.OPERATION, ucws.RESPONSE
    schema, here = quoteattr(f"{address}?xsd=1"), quoteattr(address)
    return f"""{_DECLARATION}\
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata" \
xmlns:tns="{ucws.NAMESPACE}" targetNamespace="{ucws.NAMESPACE}" name="{ucws.SERVICE}">
  <types>
    <xsd:schema>
      <xsd:import namespace="{ucws.NAMESPACE}" schemaLocation={schema}/>
    </xsd:schema>
  </types>
  <message name="{operation}">
    <part name="parameters" element="tns:{operation}"/>
  </message>
  <message name="{response}">
    <part name="parameters" element="tns:{response}"/>
  </message>
  <portType name="{ucws.SERVICE}">
    <operation name="{operation}">
      <input wsam:Action="{ucws.WSAM_ACTION}" message="tns:{operation}"/>
      <output wsam:Action="{ucws.WSAM_REPLY_ACTION}" message="tns:{response}"/>
    </operation>
  </portType>
  <binding name="{ucws.BINDING}" type="tns:{ucws.SERVICE}">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
    <operation name="{operation}">
      <soap:operation soapAction=""/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="{ucws.SERVICE}">
    <port name="{ucws.PORT}" binding="tns:{ucws.BINDING}">
      <soap:address location={here}/>
    </port>
  </service>
</definitions>
""".encode()


def xsd() -> bytes:
    """The XSD: the operation, its answer and the data set, children unqualified."""
    parameters = "\n".join(_element(name, "xs:string", required=False) for name in ucws.PARAMETERS)
    fields = "\n".join(_element(field.name, field.kind, required=field.required) for field in ucws.DATA_SET)
    return f"""{_DECLARATION}\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{ucws.NAMESPACE}" version="1.0" \
targetNamespace="{ucws.NAMESPACE}">
  <xs:element name="{ucws.OPERATION}" type="tns:{ucws.OPERATION}"/>
  <xs:element name="{ucws.RESPONSE}" type="tns:{ucws.RESPONSE}"/>
  <xs:complexType name="{ucws.OPERATION}">
    <xs:sequence>
{parameters}
    </xs:sequence>
  </xs:complexType>
  <xs:complexType name="{ucws.RESPONSE}">
    <xs:sequence>
{_element("return", f"tns:{ucws.DATA_SET_TYPE}", required=False)}
    </xs:sequence>
  </xs:complexType>
  <xs:complexType name="{ucws.DATA_SET_TYPE}">
    <xs:sequence>
{fields}
    </xs:sequence>
  </xs:complexType>
</xs:schema>
""".encode()


def _element(name: str, kind: str, *, required: bool) -> str:
    optional = "" if required else ' minOccurs="0"'
    return f'      <xs:element name="{name}" type="{kind}"{optional}/>'

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.validation.SchemaFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** Finds UCWS by its WSDL, asks it, checks the answer against its XSD and prints what hospital programs look up. */
public class Search {
    static final String WSDL = "http://schemas.xmlsoap.org/wsdl/", SOAP = "http://schemas.xmlsoap.org/wsdl/soap/";
    /** As programs have it: it proposes HTTP/2 with each request. */
    static final HttpClient http = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).build();

    static Document parse(byte[] xml, boolean namespaces) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(namespaces);
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml));
    }

    static byte[] get(String url) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofByteArray()).body();
    }

    static String attribute(Document document, String namespace, String element, String attribute) {
        return ((Element) document.getElementsByTagNameNS(namespace, element).item(0)).getAttribute(attribute);
    }

    public static void main(String[] asked) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        byte[] wsdl = get(asked[0]);
        Document contract = parse(wsdl, true);
        String address = attribute(contract, SOAP, "address", "location");
        String schema = attribute(contract, XMLConstants.W3C_XML_SCHEMA_NS_URI, "import", "schemaLocation");
        out.println("service=" + attribute(contract, WSDL, "service", "name"));
        String body = "<?xml version=\"1.0\" ?><S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>"
                + "<ns2:searchCurrentByPID xmlns:ns2=\"http://tokenws.ucws.nhso.go.th/\"><user_person_id>" + asked[1]
                + "</user_person_id><smctoken>" + asked[2] + "</smctoken><person_id>" + asked[3]
                + "</person_id></ns2:searchCurrentByPID></S:Body></S:Envelope>";
        HttpRequest request = HttpRequest.newBuilder(URI.create(address)).header("Content-Type", "text/xml; charset=utf-8")
                .header("SOAPAction", "\"\"").POST(BodyPublishers.ofString(body)).build();
        var response = http.send(request, BodyHandlers.ofByteArray());
        out.println("http=" + response.statusCode());
        Element answer = (Element) parse(response.body(), false)
                .getElementsByTagName("ns2:searchCurrentByPIDResponse").item(0);
        for (String name : new String[] {"fname", "maininscl", "ws_status"}) {
            Node found = answer.getElementsByTagName(name).item(0);
            out.println(name + "=" + (found == null ? "" : found.getTextContent()));
        }
        Node typed = parse(response.body(), true)
                .getElementsByTagNameNS("http://tokenws.ucws.nhso.go.th/", "searchCurrentByPIDResponse").item(0);
        SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
                .newSchema(new javax.xml.transform.stream.StreamSource(new ByteArrayInputStream(get(schema))))
                .newValidator().validate(new DOMSource(typed));
        out.println("valid=true");
    }
}

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.smartcardio.Card;
import javax.smartcardio.CardChannel;
import javax.smartcardio.CardException;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CommandAPDU;
import javax.smartcardio.ResponseAPDU;
import javax.smartcardio.TerminalFactory;

/**
 * Reads everything on a Thai national ID card, as programs on javax.smartcardio do: probes the old applet first, then
 * reads fields, photo in pieces of 200 and 120 bytes, rights, laser number and chip data. GET RESPONSE is sent by
 * javax.smartcardio itself, with the class of the command it follows. Prints one "name=value" a line, bytes as hex.
 */
public final class Read {
    private static final Charset THAI = Charset.forName("TIS-620");
    private static final int OLD_PERSON = 0x11, PERSON = 0x01, RIGHTS = 0x83;
    private static final int[] ADM = {0xA0, 0, 0, 0, 0x84, 0x06, 0, 0x02};

    private final CardChannel channel;
    private final Map<String, String> found = new LinkedHashMap<>();

    private Read(CardChannel channel) {
        this.channel = channel;
    }

    public static void main(String[] arguments) throws CardException {
        List<CardTerminal> terminals = TerminalFactory.getDefault().terminals().list();
        Card card = terminals.get(0).connect("*");
        Read read = new Read(card.getBasicChannel());
        read.found.put("protocol", card.getProtocol());
        read.found.put("atr", hex(card.getATR().getBytes()));
        try {
            read.everything();
        } finally {
            card.disconnect(true);
        }
        read.found.forEach((name, value) -> System.out.println(name + "=" + value));
    }

    private void everything() throws CardException {
        found.put("oldApplet", String.format("%04X", send(select(thai(OLD_PERSON))).getSW()));
        ResponseAPDU fci = send(select(thai(PERSON)));
        found.put("applet", String.format("%04X", fci.getSW()));
        if (fci.getSW() != 0x9000) {
            return;
        }
        found.put("fci", hex(fci.getData()));
        field("citizenId", 0x0004, 13);
        field("thaiName", 0x0011, 100);
        field("englishName", 0x0075, 100);
        field("birthDate", 0x00D9, 8);
        field("sex", 0x00E1, 1);
        field("issuer", 0x00F6, 100);
        field("issueDate", 0x0167, 8);
        field("expiryDate", 0x016F, 8);
        field("address", 0x1579, 160);
        photo();
        rights();
        chip();
    }

    private void photo() throws CardException {
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        for (int piece = 0; piece < 25; piece++) {
            pieces.writeBytes(read(0x0179 + 200 * piece, 200));
        }
        pieces.writeBytes(read(0x1501, 120));
        found.put("photo", hex(pieces.toByteArray()));
    }

    private void rights() throws CardException {
        send(select(thai(RIGHTS)));
        field("mainRight", 0x0004, 60);
        field("subRight", 0x0040, 100);
        field("mainHospital", 0x00A4, 80);
        field("subHospital", 0x00F4, 80);
        field("paidType", 0x0144, 1);
        field("rightSince", 0x0145, 8);
        field("rightUntil", 0x014D, 8);
    }

    private void chip() throws CardException {
        send(select(ADM));
        // Le 07: the card gives seven bytes and announces sixteen more, which are fetched and joined unasked.
        found.put("adm", hex(send(new CommandAPDU(new byte[] {(byte) 0x80, 0, 0, 0, 7})).getData()));
        send(new CommandAPDU(0x00, 0xA4, 0x04, 0x00));
        // Le 00: the card says 6C 2D, and the command is sent again unasked.
        found.put("cplc", hex(send(new CommandAPDU(0x80, 0xCA, 0x9F, 0x7F, 256)).getBytes()));
    }

    private void field(String name, int offset, int length) throws CardException {
        found.put(name, new String(read(offset, length), THAI).strip());
    }

    private byte[] read(int offset, int length) throws CardException {
        byte[] what = {0, (byte) length};
        ResponseAPDU answer = send(new CommandAPDU(0x80, 0xB0, offset >> 8, offset & 0xFF, what));
        if (answer.getSW() != 0x9000) {
            throw new CardException(String.format("read at %04X: %04X", offset, answer.getSW()));
        }
        return answer.getData();
    }

    private ResponseAPDU send(CommandAPDU command) throws CardException {
        return channel.transmit(command);
    }

    private static CommandAPDU select(int[] aid) {
        byte[] bytes = new byte[aid.length];
        for (int index = 0; index < aid.length; index++) {
            bytes[index] = (byte) aid[index];
        }
        return new CommandAPDU(0x00, 0xA4, 0x04, 0x00, bytes);
    }

    private static int[] thai(int applet) {
        return new int[] {0xA0, 0, 0, 0, 0x54, 0x48, 0, applet};
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) {
            text.append(String.format("%02X", each));
        }
        return text.toString();
    }
}

// Reads everything on a Thai national ID card, as programs on pcsclite do: waits for a card, connects SHARED, sends
// every READ, takes no notice of its answer and always sends GET RESPONSE, whose P2 it chooses by ATR.
// Prints one JSON object.
"use strict";

const pcsclite = require("@pokusew/pcsclite");

const APPLETS = {
  person: "A000000054480001",
  rights: "A000000054480083",
  adm: "A000000084060002",
};
const PERSON = {
  citizenId: [0x0004, 0x0d],
  thaiName: [0x0011, 0x64],
  englishName: [0x0075, 0x64],
  birthDate: [0x00d9, 0x08],
  sex: [0x00e1, 0x01],
  issuer: [0x00f6, 0x64],
  issueDate: [0x0167, 0x08],
  expiryDate: [0x016f, 0x08],
  address: [0x1579, 0x64],
};
const RIGHTS = {
  mainRight: [0x0004, 0x3c],
  subRight: [0x0040, 0x64],
  mainHospital: [0x00a4, 0x50],
  subHospital: [0x00f4, 0x50],
  paidType: [0x0144, 0x01],
  issueDate: [0x0145, 0x08],
  expiryDate: [0x014d, 0x08],
  updateDate: [0x0155, 0x08],
  changes: [0x015d, 0x01],
};
const PHOTO_START = 0x017b;
const PHOTO_PARTS = 20;
const PHOTO_PART = 0xff;
const LONGEST_ANSWER = 258;
const decoder = new TextDecoder("windows-874");

function text(bytes) {
  return decoder.decode(bytes).trim();
}

class Card {
  constructor(reader, protocol, atr) {
    this.reader = reader;
    this.protocol = protocol;
    this.p2 = atr[0] === 0x3b && atr[1] === 0x67 ? 0x01 : 0x00;
  }

  transmit(bytes) {
    return new Promise((resolve, reject) => {
      this.reader.transmit(Buffer.from(bytes), LONGEST_ANSWER, this.protocol, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  }

  async select(applet) {
    const aid = Buffer.from(applet, "hex");
    const answer = await this.transmit([0x00, 0xa4, 0x04, 0x00, aid.length, ...aid]);
    if (answer[0] !== 0x61 && answer[0] !== 0x90) {
      throw new Error(`select ${applet}: ${answer.toString("hex")}`);
    }
  }

  async fetch(command, length) {
    await this.transmit(command);
    const answer = await this.transmit([0x00, 0xc0, 0x00, this.p2, length]);
    if (answer.readUInt16BE(answer.length - 2) !== 0x9000) {
      throw new Error(`get response: ${answer.toString("hex")}`);
    }
    return answer.subarray(0, -2);
  }

  read([offset, length]) {
    return this.fetch([0x80, 0xb0, offset >> 8, offset & 0xff, 0x02, 0x00, length], length);
  }

  async fields(layout) {
    const values = {};
    for (const [name, place] of Object.entries(layout)) {
      values[name] = text(await this.read(place));
    }
    return values;
  }

  async photo() {
    const parts = [];
    for (let part = 0; part < PHOTO_PARTS; part += 1) {
      parts.push(await this.read([PHOTO_START + part * PHOTO_PART, PHOTO_PART]));
    }
    return Buffer.concat(parts).toString("hex");
  }

  async everything() {
    await this.select(APPLETS.person);
    const person = await this.fields(PERSON);
    const photo = await this.photo();
    await this.select(APPLETS.rights);
    const rights = await this.fields(RIGHTS);
    await this.select(APPLETS.adm);
    const laser = await this.fetch([0x80, 0x00, 0x00, 0x00, 0x07], 0x10).then(
      (bytes) => text(bytes.filter((byte) => byte !== 0)),
      () => null, // old chips have none
    );
    return { person, photo, rights, laser };
  }
}

// pcsclite's own close() does not always end its wait for readers, so the process is ended.
function finish(reader, status, print) {
  reader.disconnect(reader.SCARD_LEAVE_CARD, () => {
    print();
    process.exit(status);
  });
}

const pcsc = pcsclite();
pcsc.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
pcsc.on("reader", (reader) => {
  let started = false;
  reader.on("status", (status) => {
    if (started || !(status.state & reader.SCARD_STATE_PRESENT) || status.atr === undefined) {
      return;
    }
    started = true;
    reader.connect({ share_mode: reader.SCARD_SHARE_SHARED }, (error, protocol) => {
      if (error) {
        console.error(error.message);
        process.exit(1);
      }
      new Card(reader, protocol, status.atr).everything().then(
        (contents) => finish(reader, 0, () => console.log(JSON.stringify(contents))),
        (failure) => finish(reader, 1, () => console.error(failure.message)),
      );
    });
  });
});

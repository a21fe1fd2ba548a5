/**
 * Makes certificates for tests, without openssl, which not every machine has.
 *
 * @module
 */

/** A certificate and its key, in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** The name and the keys of an authority. */
interface Signer {
  name: Uint8Array;
  keys: CryptoKeyPair;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const OID = {
  ecdsaWithSha256: der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]),
  commonName: der(0x06, [0x55, 0x04, 0x03]),
  subjectAltName: der(0x06, [0x55, 0x1d, 0x11]),
  basicConstraints: der(0x06, [0x55, 0x1d, 0x13]),
};
const TRUE = der(0x01, [0xff]);

/** A certificate authority. */
export class Authority {
  /** Its own certificate in PEM, for those that trust it. */
  readonly cert: string;
  readonly #signer: Signer;

  private constructor(signer: Signer, cert: string) {
    this.#signer = signer;
    this.cert = cert;
  }

  /** Makes a new authority. */
  static async create(name = "okq test authority"): Promise<Authority> {
    const signer = { name: distinguished(name), keys: await newKeys() };
    const isAuthority = der(0x30, OID.basicConstraints, TRUE, der(0x04, der(0x30, TRUE)));
    return new Authority(signer, await certificate(signer, signer.name, signer.keys.publicKey, [isAuthority]));
  }

  /** Issues a certificate for localhost and 127.0.0.1, of a server or a client. */
  async issue(name: string): Promise<Certificate> {
    const keys = await newKeys();
    const localhost = der(0x82, [...new TextEncoder().encode("localhost")]);
    const names = der(0x30, OID.subjectAltName, der(0x04, der(0x30, localhost, der(0x87, [127, 0, 0, 1]))));
    const cert = await certificate(this.#signer, distinguished(name), keys.publicKey, [names]);
    return { cert, key: pem("PRIVATE KEY", new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey))) };
  }
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
}

async function certificate(signer: Signer, subject: Uint8Array, key: CryptoKey, extensions: Uint8Array[]) {
  const algorithm = der(0x30, OID.ecdsaWithSha256);
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, [2])), // version 3
    der(0x02, [1, ...crypto.getRandomValues(new Uint8Array(8))]),
    algorithm,
    signer.name,
    der(0x30, time("20200101000000Z"), time("20991231235959Z")),
    subject,
    new Uint8Array(await crypto.subtle.exportKey("spki", key)),
    der(0xa3, der(0x30, ...extensions)),
  );
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer.keys.privateKey, tbs);
  const [r, s] = [new Uint8Array(raw, 0, 32), new Uint8Array(raw, 32)].map(positive);
  return pem("CERTIFICATE", der(0x30, tbs, algorithm, der(0x03, [0], der(0x30, r, s))));
}

function distinguished(name: string): Uint8Array<ArrayBuffer> {
  const text = der(0x0c, [...new TextEncoder().encode(name)]);
  return der(0x30, der(0x31, der(0x30, OID.commonName, text)));
}

function time(text: string): Uint8Array<ArrayBuffer> {
  return der(0x18, [...new TextEncoder().encode(text)]);
}

/** Encodes a positive integer, without leading zeros. */
function positive(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const digits = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return der(0x02, digits[0] >= 0x80 ? [0, ...digits] : [...digits]);
}

/** Encodes a tag, the length and the contents in Distinguished Encoding Rules. */
function der(tag: number, ...contents: Iterable<number>[]): Uint8Array<ArrayBuffer> {
  const body = contents.flatMap((part) => [...part]);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...body]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

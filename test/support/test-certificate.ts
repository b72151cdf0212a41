import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate for this machine and its key, PEM; it is its own authority. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
};

/** Makes an X.509 certificate for 127.0.0.1 (RFC 5280), signed by itself. */
export function createTestCertificate(): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, oid(OID.ecdsaWithSha256));
  const name = der(
    SEQUENCE,
    der(
      SET,
      der(SEQUENCE, oid(OID.commonName), der(0x0c, Buffer.from(`test ${randomBytes(4).toString('hex')}`))),
    ),
  );
  const validity = der(SEQUENCE, utcTime(Date.now() - 86_400_000), utcTime(Date.now() + 86_400_000));
  const address = der(SEQUENCE, der(0x87, Buffer.of(127, 0, 0, 1)));
  const isAuthority = der(SEQUENCE, der(0x01, Buffer.of(0xff)));
  const extensions = der(
    SEQUENCE,
    der(SEQUENCE, oid(OID.subjectAltName), der(0x04, address)),
    der(SEQUENCE, oid(OID.basicConstraints), der(0x01, Buffer.of(0xff)), der(0x04, isAuthority)),
  );
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(0x03, Buffer.of(0), signature));
  const base64 = certificate
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(ms: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

import { describe, expect, test } from '@jest/globals';
import { KeyResolver, type VerificationKey } from '../../src/application/ports/key-resolver.js';
import { LedgerError } from '../../src/domain/errors.js';
import { KeysInBoth } from '../../src/keys/keys-in-both.js';

/** Knows keys by `kid`, with these thumbprints; `isSlow` answers with promises. */
class Known extends KeyResolver {
  constructor(
    private readonly jkts: Readonly<Record<string, string>>,
    private readonly isSlow: boolean,
  ) {
    super();
  }

  override resolve(
    iss: string,
    kid: string,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    const jkt = this.jkts[kid];
    const key = jkt === undefined ? undefined : { iss, kid, jkt, jwk: { kty: 'EC' } };
    return this.isSlow ? Promise.resolve(key) : key;
  }
}

/** As a version that does not trust the domain of a Workload Identity Token. */
class Refusing extends KeyResolver {
  override resolve(): never {
    throw new LedgerError('unknown-key', 'its trust domain is not trusted');
  }
}

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('KeysInBoth (next slow: %s, before slow: %s)', (isNextSlow, isBeforeSlow) => {
  const next = new Known({ kept: '1', changed: '2', added: '3' }, isNextSlow);
  const before = new Known({ kept: '1', changed: '0', removed: '4' }, isBeforeSlow);
  const never = new Promise<void>(() => undefined);
  const keys = new KeysInBoth(next, before, never, 1);
  const resolve = (kid: string) => keys.resolve('urn:a', kid);

  test('finds what both know', async () => {
    expect(await resolve('kept')).toMatchObject({ jkt: '1' });
  });

  test('knows nothing of what is gone', async () => {
    expect(await resolve('removed')).toBeUndefined();
    expect(await resolve('never')).toBeUndefined();
  });

  test.each(['added', 'changed'])('asks to try again for a key that was %s', async (kid) => {
    await expect(resolve(kid)).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  test.each(['added', 'changed'])('waits until the log says of a key that it was %s', async (kid) => {
    let record: () => void = () => undefined;
    const recorded = new Promise<void>((done) => (record = done));
    const waiting = new KeysInBoth(next, before, recorded, 60_000).resolve('urn:a', kid);
    expect(await Promise.race([waiting, resolve('kept')])).toMatchObject({ kid: 'kept' });
    record();
    expect(await waiting).toMatchObject({ kid });
  });

  test('of two changes that wait for their leaves takes what all three versions know', async () => {
    const last = new KeysInBoth(new Known({ kept: '1', added: '3' }, isNextSlow), keys, never, 1);
    expect(await last.resolve('urn:a', 'kept')).toMatchObject({ jkt: '1' });
    await expect(last.resolve('urn:a', 'added')).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await last.resolve('urn:a', 'changed')).toBeUndefined();
  });

  test('of a version before that refuses waits too', async () => {
    const refusing = new Refusing();
    await expect(new KeysInBoth(next, refusing, never, 1).resolve('urn:a', 'kept')).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    expect(
      await new KeysInBoth(next, refusing, Promise.resolve(), 60_000).resolve('urn:a', 'kept'),
    ).toMatchObject({
      jkt: '1',
    });
  });
});

import { describe, expect, test } from '@jest/globals';
import { KeyResolver, type VerificationKey } from '../../src/application/ports/key-resolver.js';
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

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('KeysInBoth (next slow: %s, before slow: %s)', (isNextSlow, isBeforeSlow) => {
  const keys = new KeysInBoth(
    new Known({ kept: '1', changed: '2', added: '3' }, isNextSlow),
    new Known({ kept: '1', changed: '0', removed: '4' }, isBeforeSlow),
  );
  const resolve = async (kid: string) => keys.resolve('urn:a', kid);

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
});

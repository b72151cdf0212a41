import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SignatureThread, type Procedure } from '../../src/keys/signature-thread.js';

function agent() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, procedure: procedureOf(publicKey) };
}

function procedureOf(key: KeyObject): Procedure {
  return { hash: 'sha256', key: { key, dsaEncoding: 'ieee-p1363' } };
}

function token(content: string, privateKey: KeyObject): string {
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

describe('SignatureThread', () => {
  let thread = new SignatureThread();
  afterEach(async () => {
    await thread.close();
    thread = new SignatureThread();
  });

  it('gives each token its own verdict, whoever signed it and however many come', async () => {
    const agents = [agent(), agent(), agent()];
    const checks = Array.from({ length: 300 }, (_, n) => {
      const [signer, claimed] = [agents[n % 3], agents[(n % 7) % 3]];
      if (!signer || !claimed) throw new Error('no such agent');
      return { compact: token(`h.${String(n)}`, signer.privateKey), claimed, isRight: signer === claimed };
    });
    const rounds = [checks.slice(0, 1), checks.slice(1, 100), checks.slice(100)];
    for (const round of rounds) {
      const verdicts = await Promise.all(
        round.map(({ compact, claimed }) => thread.check(compact, claimed.procedure)),
      );
      expect(verdicts).toEqual(round.map(({ isRight }) => isRight));
    }
  });

  it('takes what comes while it is busy', async () => {
    const { privateKey, procedure } = agent();
    const compact = token('h.p', privateKey);
    const one = async (): Promise<boolean> => {
      const first = await thread.check(compact, procedure);
      return first && thread.check(compact, procedure);
    };
    expect(await Promise.all(Array.from({ length: 50 }, one))).toEqual(Array(50).fill(true));
  });

  it('says which key cannot be used, and checks the others', async () => {
    const { privateKey, procedure } = agent();
    const unfit = procedureOf(createPublicKey(generateKeyPairSync('ed25519').privateKey));
    const verdicts = await Promise.allSettled([
      thread.check(token('h.a', privateKey), procedure),
      thread.check(token('h.b', privateKey), unfit),
      thread.check(token('h.c', privateKey), procedure),
    ]);
    expect(verdicts).toMatchObject([
      { status: 'fulfilled', value: true },
      { status: 'rejected', reason: { message: 'a signature cannot be checked' } },
      { status: 'fulfilled', value: true },
    ]);
  });

  it('lets nobody wait for a thread that ended, and starts another', async () => {
    const { privateKey, procedure } = agent();
    const compact = token('h.p', privateKey);
    expect(await thread.check(compact, procedure)).toBe(true);
    const waiting = Array.from({ length: 100 }, () => thread.check(compact, procedure));
    const ended = Promise.allSettled(waiting);
    await new Promise(setImmediate);
    await thread.close();
    expect(new Set((await ended).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(await thread.check(compact, procedure)).toBe(true);
  });
});

import { compactVerify, importJWK } from 'jose';
import { createSigner, randomParents, signWorkflow } from './tokens.js';

/** Prints how many tokens a second bare jose verifies. The argument is how many seconds it does. */

const IN_FLIGHT = 64;
const TOKENS = 2_000;
const WARM_UP_SECONDS = 1;

const signer = createSigner();
const { tokens } = signWorkflow(signer, TOKENS, randomParents);
const key = await importJWK({ ...signer.publicJwk }, 'ES256');

await verifyFor(WARM_UP_SECONDS);
process.stdout.write(String(await verifyFor(Number(process.argv[2]))));

async function verifyFor(seconds: number): Promise<number> {
  const started = performance.now();
  const deadline = started + seconds * 1000;
  let verified = 0;
  const verifyOneAfterAnother = async (): Promise<void> => {
    while (performance.now() < deadline) {
      await compactVerify(tokens[verified++ % TOKENS] ?? '', key, { algorithms: ['ES256'] });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, verifyOneAfterAnother));
  return verified / ((performance.now() - started) / 1000);
}

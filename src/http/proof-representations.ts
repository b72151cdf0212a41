import { z } from 'zod';
import { trustDigest } from '../domain/trust-configuration.js';
import { encodeBase64, encodeBase64url } from '../domain/log/base64.js';
import { formatVkey, type NoteKey } from '../domain/log/note-key.js';
import { entrySchema } from './representations.js';

/** What leaves over HTTP of the transparency log; binary values in base64 with padding. */

export const inclusionSchema = z.object({
  index: z.number(),
  size: z.number(),
  leaf_hash: z.string(),
  path: z.array(z.string()),
  root_hash: z.string(),
});

export const consistencySchema = z.object({
  first: z.number(),
  second: z.number(),
  path: z.array(z.string()),
});

export const leafSchema = z.object({
  index: z.number(),
  kind: z.enum(['ect', 'genesis', 'trust', 'erasure']),
  leaf: z.string().meta({ description: 'The exact bytes, base64' }),
  entry: entrySchema.optional(),
  trust: z
    .object({
      digest: z.string().meta({ description: 'SHA-256 of the configuration, base64url' }),
      size: z.number().meta({ description: 'In bytes' }),
      configuration: z.string().meta({ description: 'The exact bytes, base64' }),
    })
    .optional()
    .meta({
      description:
        'What the ledger trusts from here on: the trust file, the files it names in that order, then the revocations said through the API, a line of JSON each.',
    }),
});

export function trustJson(configuration: Uint8Array): z.infer<typeof leafSchema>['trust'] {
  return {
    digest: trustDigest(configuration),
    size: configuration.length,
    configuration: encodeBase64(configuration),
  };
}

export const jwksSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      alg: z.literal('EdDSA'),
      use: z.literal('sig'),
      kid: z.string().meta({ description: 'The key id of the vkey, hex' }),
      vkey: z.string(),
    }),
  ),
});

export function jwkJson(key: NoteKey): z.infer<typeof jwksSchema>['keys'][number] {
  const kid = Buffer.from(key.id).toString('hex');
  return {
    kty: 'OKP',
    crv: 'Ed25519',
    x: encodeBase64url(key.publicKey),
    alg: 'EdDSA',
    use: 'sig',
    kid,
    vkey: formatVkey(key),
  };
}

import { z } from 'zod';
import { uuid } from './query-schemas.js';

/** Bytes of a question: escaped as it may be, it is shorter. */
export const REPLAY_MAX_BYTES = 4_096;

const LONGEST_TTL_SECONDS = 86_400;
const DEFAULT_TTL_SECONDS = 900;
const LONGEST_SCOPE = 256;
const WRONG_TTL = `must be a whole number from 1 to ${LONGEST_TTL_SECONDS}`;

export const replayRequestSchema = z.strictObject({
  jti: uuid.meta({ description: 'The token; upper and lower case are the same.' }),
  // NUL and half a surrogate pair would upset the database.
  scope: z
    .string()
    .min(1, 'must not be empty')
    .max(LONGEST_SCOPE)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters')
    .optional()
    .meta({
      description:
        'Whose tokens these are, such as the verifier: the same jti in another scope is another token.',
    }),
  ttl: z
    .int(WRONG_TTL)
    .min(1, WRONG_TTL)
    .max(LONGEST_TTL_SECONDS, WRONG_TTL)
    .default(DEFAULT_TTL_SECONDS)
    .meta({ description: 'Seconds for which the token is remembered, from the first time on.' }),
});

export const replaySchema = z.object({
  seen: z.boolean().meta({ description: 'Whether the token was there before: then do not accept it.' }),
  first_seen_at: z
    .string()
    .optional()
    .meta({ description: 'RFC 3339; only when it was.', format: 'date-time' }),
});

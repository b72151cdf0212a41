import { z } from 'zod';
import { time, timeJson } from './time-representations.js';

/** What an entry or a task says of a revoked key; nothing while it is not revoked. */
export const keyStatusShape = {
  key_status: z
    .literal('revoked')
    .optional()
    .meta({ description: 'Only when the verifying key is revoked: do not rely on the entry unexamined' }),
  key_revoked_at: time.optional(),
};

export function keyStatusJson(revokedAtMs: number | undefined): {
  key_status?: 'revoked';
  key_revoked_at?: string;
} {
  return revokedAtMs === undefined ? {} : { key_status: 'revoked', key_revoked_at: timeJson(revokedAtMs) };
}

import { z } from 'zod';

/** Times as they leave over HTTP. */
export const time = z
  .string()
  .meta({ description: 'RFC 3339, UTC, milliseconds', example: '2026-11-23T02:00:00.123Z' });

export function timeJson(ms: number): string {
  return new Date(ms).toISOString();
}

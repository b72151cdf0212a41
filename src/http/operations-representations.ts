import { z } from 'zod';
import { PROBLEM_CODES } from '../domain/errors.js';

export const problemSchema = z.object({
  type: z.string().meta({ example: '/problems/missing-parent' }),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.enum(PROBLEM_CODES),
  instance: z.string().meta({ description: 'The request id' }),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
  parents: z.array(z.string()).optional(),
  parent: z.string().optional(),
  wids: z.array(z.string().nullable()).optional(),
});

export const healthSchema = z.object({
  status: z.enum(['ok', 'error']),
  checks: z.record(z.string(), z.object({ status: z.enum(['ok', 'error']), detail: z.string() })),
});

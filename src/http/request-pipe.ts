import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import type { Fault } from '../domain/errors.js';
import { invalidRequest } from './problem.js';

/** Checks path and query against the zod schema of their decorator; every fault gets its pointer. */
export class RequestPipe implements PipeTransform {
  transform(value: unknown, { type, schema }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw invalidRequest(faultsOf(parsed.error.issues, type === 'param' ? '/path' : `/${type}`));
    return parsed.data;
  }
}

/** One fault an issue, and one for each unknown member, below `prefix`. */
export function faultsOf(issues: readonly z.core.$ZodIssue[], prefix: string): readonly Fault[] {
  return issues.flatMap((issue) => {
    const pointer = [prefix, ...issue.path.map((part) => escapePointer(String(part)))].join('/');
    if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }];
    return issue.keys.map((key) => ({ pointer: `${pointer}/${escapePointer(key)}`, message: 'unknown' }));
  });
}

/** RFC 6901 §3 */
function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

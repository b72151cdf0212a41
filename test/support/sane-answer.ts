import { expect } from '@jest/globals';
import { PROBLEM_CODES } from '../../src/domain/errors.js';
import { type Answer, type BatchJson, problemShape } from './client.js';

/** What holds for every answer whatever was sent: no 5xx, and a problem with a known code where something was wrong. */
export function expectSane({ status, headers, body, text }: Answer): void {
  expect([status, text]).toEqual([expect.any(Number), status < 500 ? expect.any(String) : '']);
  if (status < 400) return;
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
  expectKnownProblem(body, status);
}

export function expectKnownProblem(problem: unknown, status: number): void {
  const { code } = problem as { readonly code: (typeof PROBLEM_CODES)[number] };
  expect(PROBLEM_CODES).toContain(code);
  expect(problem).toMatchObject(problemShape(code, status));
}

/** How many tokens an answer says it has newly recorded. */
export function countRecorded({ status, body }: Answer): number {
  if (status === 201) return 1;
  const { results = [] } = (body ?? {}) as Partial<BatchJson>;
  return results.filter((result) => result.status === 201).length;
}

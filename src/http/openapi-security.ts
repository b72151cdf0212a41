import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemCode } from '../domain/errors.js';
import { PROBLEM_KINDS } from './problem.js';

export interface DocumentedAccess {
  /** Whether routes need a token. */
  readonly isRequired: boolean;
  /** Patterns of those that need none all the same. */
  readonly publicRoutes: readonly string[];
}

/** What a route that needs a token may answer before it looks at anything else. */
const ACCESS_PROBLEMS: readonly ProblemCode[] = ['unauthorized', 'forbidden', 'rate-limited'];

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** The description and the content of a problem response. */
export function problemResponse(codes: readonly ProblemCode[]): {
  description: string;
  content: Record<string, { schema: { $ref: string } }>;
} {
  return {
    description: codes.map((code) => `[\`${code}\`](/problems/${code})`).join(', '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** Has the document say which routes need a token, so that *Authorize* of Swagger UI sends it. */
export function requireTokens(document: OpenAPIObject, publicRoutes: readonly string[]): void {
  const open = new Set(publicRoutes.map((route) => route.replace('*', '{path}')));
  document.components = {
    ...document.components,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'The token alone, without "Bearer"' },
    },
  };
  for (const [path, { get, post, put, delete: remove }] of Object.entries(document.paths)) {
    for (const operation of [get, post, put, remove]) {
      if (!operation || !('x-required-scope' in operation)) continue;
      if (open.has(path)) operation['x-required-scope'] = 'public';
      else if (operation['x-required-scope'] !== 'public') requireToken(operation);
    }
  }
}

function requireToken(operation: Operation): void {
  operation.security = [{ bearer: [] }];
  for (const code of ACCESS_PROBLEMS) {
    const { status } = PROBLEM_KINDS[code];
    const known = operation.responses[status];
    const own = problemResponse([code]);
    operation.responses[status] =
      known && 'description' in known
        ? { ...known, description: `${own.description}, ${known.description}` }
        : own;
  }
}

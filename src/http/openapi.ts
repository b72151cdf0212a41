import { applyDecorators, type INestApplication } from '@nestjs/common';
import {
  ApiParam,
  ApiQuery,
  ApiResponse,
  DocumentBuilder,
  SwaggerModule,
  type ApiBodyOptions,
  type ApiHeaderOptions,
} from '@nestjs/swagger';
import type { z } from 'zod';
import { PublishLog } from '../application/publish-log.js';
import type { Entry } from '../domain/entry.js';
import type { ProblemCode } from '../domain/errors.js';
import { formatVkey } from '../domain/log/note-key.js';
import { revocationRequestSchema } from './key-representations.js';
import { withExamples } from './live-examples.js';
import { problemResponse, requireTokens, type DocumentedAccess } from './openapi-security.js';
import { PROBLEM_KINDS } from './problem.js';
import { replayRequestSchema } from './replay-representations.js';
import { problemSchema } from './operations-representations.js';

const TOKEN_PROBLEMS: readonly ProblemCode[] = [
  'token-too-large',
  'malformed-token',
  'wrong-type',
  'algorithm-not-allowed',
  'invalid-header',
  'unknown-key',
  'revoked-key',
  'invalid-signature',
  'issuer-mismatch',
  'invalid-claims',
  'wrong-audience',
  'expired',
  'not-yet-valid',
  'too-old',
  'missing-parent',
  'temporal-order',
  'cycle',
  'parent-policy',
  'invalid-request',
];

/** Documents the problems of a route, grouped by status; `token` stands for all codes of the token rules. */
export function ApiProblems(...codes: readonly (ProblemCode | 'token')[]): MethodDecorator {
  const all = codes.flatMap((code) => (code === 'token' ? TOKEN_PROBLEMS : [code]));
  const statuses = [...new Set(all.map((code) => PROBLEM_KINDS[code].status))].sort();
  return applyDecorators(
    ...statuses.map((status) => {
      const names = all.filter((code) => PROBLEM_KINDS[code].status === status);
      return ApiResponse({ status, ...problemResponse(names) });
    }),
  );
}

/** A schema as the document writes it, where a decorator takes no zod schema. */
export function openApiOf(schema: z.ZodType, side: 'input' | 'output' = 'output'): Record<string, unknown> {
  return schema['~standard'].jsonSchema[side]({ target: 'openapi-3.0' });
}

/** The path and query parameters that name a task. */
export function ApiTask(): MethodDecorator {
  return applyDecorators(
    ApiParam({ name: 'jti', description: 'UUID of the task', schema: { type: 'string', format: 'uuid' } }),
    ApiQuery({
      name: 'wid',
      required: false,
      description: 'The workflow, when several use the jti; `none` for the task without one',
      schema: { type: 'string' },
    }),
  );
}

const EXAMPLE_TOKEN =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6IndpbXNlLWV4ZWMrand0Iiwia2lkIjoiYWdlbnQtYS1rZXkifQ.eyJpc3MiOiI….…';

const ECT_OBJECT = {
  type: 'object',
  required: ['ect'],
  additionalProperties: false,
  properties: { ect: { type: 'string' }, wit: { type: 'string' } },
};

export const WIT_HEADER: ApiHeaderOptions = {
  name: 'Workload-Identity-Token',
  required: false,
  description:
    'Tokens that vouch for the keys of signers in a trusted SPIFFE domain (draft-ietf-wimse-workload-creds). One for one token; several, ' +
    'separated by commas, go to the tokens whose `iss` is their `sub`.',
};

export const ONE_BODY: ApiBodyOptions = {
  required: false,
  description:
    'One compact JWS, bare or as {"ect": "…"}, with {"wit": "…"} beside it if a Workload Identity Token vouches for its signer. `ect-ledger sign` makes one.',
  schema: {
    oneOf: [{ type: 'string', example: EXAMPLE_TOKEN }, ECT_OBJECT],
  },
};

export const BATCH_BODIES: ApiBodyOptions = {
  required: true,
  description:
    'A compact JWS per line, or {"ects": ["…"]}, in which an item may also be {"ect": "…", "wit": "…"}',
  schema: {
    oneOf: [
      { type: 'string', example: `${EXAMPLE_TOKEN}\n${EXAMPLE_TOKEN}\n` },
      {
        type: 'object',
        required: ['ects'],
        additionalProperties: false,
        properties: {
          ects: { type: 'array', maxItems: 1000, items: { oneOf: [{ type: 'string' }, ECT_OBJECT] } },
        },
      },
    ],
  },
};

export const REPLAY_BODY: ApiBodyOptions = {
  required: true,
  description: 'The token that a verifier was shown',
  schema: {
    type: 'object',
    ...openApiOf(replayRequestSchema, 'input'),
    example: { jti: '550e8400-e29b-41d4-a716-446655440000', scope: 'https://api.example.com', ttl: 900 },
  },
};

export const REVOCATION_BODY: ApiBodyOptions = {
  required: true,
  schema: {
    type: 'object',
    ...openApiOf(revocationRequestSchema, 'input'),
    example: { at: '2026-11-23T02:00:00Z', reason: 'private key found in a build log' },
  },
};

const WITH_EXAMPLES =
  'The examples name the task that was recorded last, so *Execute* works as it stands. An empty ledger has none: run `npx ect-ledger demo`, which records a small workflow, and load this page again.';
const WITH_TOKENS =
  'This ledger asks for a token: *Authorize* takes it and sends it along with *Execute*. `x-required-scope` is the scope that a route needs; what a token is limited not to see is answered as if it did not exist.';

/**
 * Builds the OpenAPI document and serves it at `/openapi.json`, Swagger UI at `/docs`.
 *
 * @param findExample a recorded task to show in the examples, if there is one; never asked where entries are not for everybody
 */
export function serveDocs(
  app: INestApplication,
  access: DocumentedAccess,
  findExample: () => Promise<Entry | undefined>,
): void {
  const vkeys = app
    .get(PublishLog)
    .keys.map((key) => `\`${formatVkey(key)}\``)
    .join(', ');
  const info = new DocumentBuilder()
    .setTitle('ect-ledger')
    .setDescription(
      'Audit ledger for Execution Context Tokens. Every error is an RFC 9457 problem whose `type` leads to a page that says what to do.\n\n' +
        `${access.isRequired ? WITH_TOKENS : WITH_EXAMPLES}\n\n` +
        `The log's public key (vkey), with which receipts are verified: ${vkeys}`,
    )
    .setVersion('1')
    .setLicense('BSD-3-Clause', 'https://opensource.org/license/bsd-3-clause')
    .build();
  const document = SwaggerModule.createDocument(app, info);
  document.components = {
    ...document.components,
    schemas: {
      ...document.components?.schemas,
      Problem: openApiOf(problemSchema),
    },
  };
  if (access.isRequired) requireTokens(document, access.publicRoutes);
  SwaggerModule.setup('docs', app, document, {
    patchDocumentOnRequest: async () => {
      if (access.isRequired) return document;
      const example = await findExample().catch(() => undefined); // the page is worth showing without
      return example ? withExamples(document, example) : document;
    },
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'ect-ledger API',
    swaggerOptions: { displayRequestDuration: true, tryItOutEnabled: true, defaultModelsExpandDepth: 0 },
  });
}

import { expect } from '@jest/globals';
import { z } from 'zod';
import type { Answer } from './client.js';

/** As much of an OpenAPI 3.0 document as the tests look at. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

interface DocumentedAnswer {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** Every operation with its method and path. */
export function operationsOf(
  document: OpenApi,
): readonly { readonly method: string; readonly path: string; readonly operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Every `$ref` at any depth. */
export function refsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === '$ref' && typeof member === 'string' ? [member] : refsIn(member),
  );
}

/** What a `$ref` within the document leads to. */
export function resolveRef(document: unknown, ref: string): unknown {
  return ref
    .replace(/^#\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
      document,
    );
}

/** Holds an answer to what the document says of it: status, media type, and the schema of a JSON body. */
export function expectDocumented(document: OpenApi, method: string, path: string, answer: Answer): void {
  const documented = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status];
  const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const schema = documented?.content?.[mediaType]?.schema;
  const said = `${method} ${path} ${answer.status} ${mediaType}`;
  expect([said, schema]).toEqual([said, expect.any(Object)]);
  if (schema === undefined || !/^application\/(.+\+)?json$/.test(mediaType)) return;
  expect([
    said,
    z.fromJSONSchema(inline(document, schema) as z.core.JSONSchema.JSONSchema).safeParse(answer.body).error,
  ]).toEqual([said, undefined]);
}

/** The schema in the dialect of JSON Schema proper: without references, and `null` a type of its own. */
function inline(document: OpenApi, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((member) => inline(document, member));
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value && typeof value.$ref === 'string')
    return inline(document, resolveRef(document, value.$ref));
  const entries = Object.entries(value).map(([name, member]) => [name, inline(document, member)] as const);
  const { nullable, ...schema } = Object.fromEntries(entries);
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

import type { OpenAPIObject } from '@nestjs/swagger';
import type { Entry } from '../domain/entry.js';

/**
 * Puts a recorded task into the document's examples, so that *Execute* in Swagger UI works as it stands: reading finds the task, and
 * sending its token again answers with the first recording.
 *
 * @returns a copy; the document itself stays as it is
 */
export function withExamples(document: OpenAPIObject, entry: Entry): OpenAPIObject {
  const { jti, wid } = entry.claims;
  const copy = structuredClone(document);
  for (const path of Object.values(copy.paths)) {
    for (const operation of [path.get, path.post]) {
      for (const parameter of operation?.parameters ?? []) {
        if (!('in' in parameter) || parameter.in !== 'path') continue;
        if (parameter.name === 'jti') parameter.example = jti;
        if (parameter.name === 'jkt') parameter.example = entry.jkt;
        if (parameter.name === 'wid' && wid !== undefined) parameter.example = wid;
      }
    }
  }
  setBodyExamples(copy, '/ledger', { text: entry.ect, json: { ect: entry.ect } });
  setBodyExamples(copy, '/ledger/batch', { text: `${entry.ect}\n`, json: { ects: [entry.ect] } });
  return copy;
}

function setBodyExamples(
  document: OpenAPIObject,
  path: string,
  example: { readonly text: string; readonly json: object },
): void {
  const body = document.paths[path]?.post?.requestBody;
  if (!body || !('content' in body)) return;
  for (const [mediaType, content] of Object.entries(body.content)) {
    content.example = mediaType === 'application/json' ? example.json : example.text;
  }
}

const TOKEN_TYPES = new Set([
  'application/wimse-exec+jwt',
  'application/exec+jwt',
  'application/jwt',
  'text/plain',
]);
const UTF8 = new Set(['utf-8', 'utf8', 'us-ascii']);

/** The media type of a Content-Type in lower case without parameters; `undefined` when absent or in another charset than UTF-8. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1])
    .find(Boolean);
  if (charset !== undefined && !UTF8.has(charset)) return undefined;
  return type.trim() === '' ? undefined : type.trim();
}

/** Whether a body of this Content-Type is one compact JWS. */
export function isTokenMediaType(contentType: string | undefined): boolean {
  return TOKEN_TYPES.has(mediaTypeOf(contentType) ?? '');
}

/** How much an Accept header (RFC 9110 §12.5.1) wants a media type, 0 to 1; the most specific range that covers it counts. */
export function qualityOf(accept: string | undefined, mediaType: string): number {
  if (accept === undefined) return 1;
  const [type = ''] = mediaType.split('/');
  const ranges = accept
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()));
  for (const wanted of [mediaType, `${type}/*`, '*/*']) {
    const range = ranges.find(([name]) => name === wanted);
    if (!range) continue;
    const quality = Number(range.find((part) => part.startsWith('q='))?.slice(2) ?? '1');
    return Number.isFinite(quality) ? Math.min(Math.max(quality, 0), 1) : 1;
  }
  return 0;
}

import fc from 'fast-check';

/** What may stand in a header's value. */
export const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
});
const segment = fc.oneof(
  fc.uuid(),
  fc.webSegment(),
  fc.constantFrom(
    '',
    '..',
    '.',
    '%00',
    '%ff',
    '%2e%2e',
    '%2f',
    '{jti}',
    'none',
    'batch',
    '__proto__',
    '*',
    '🌳',
    '%',
    ';a=b',
    '0',
    '000',
    'x001',
    '000.p',
    '5',
  ),
);
/** Paths near those that exist. */
export const path = fc
  .tuple(
    fc.constantFrom(
      'ledger',
      'workflows',
      'health',
      'metrics',
      'problems',
      'docs',
      'openapi.json',
      'log',
      '.well-known',
      'events',
      '',
    ),
    fc.array(
      fc.oneof(
        segment,
        fc.constantFrom('ancestry', 'descendants', 'receipt', 'live', 'ready', 'proof', 'entries', 'tile'),
      ),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([first, rest]) => `/${[first, ...rest].join('/')}`);

const PARAMETERS = [
  'wid',
  'iss',
  'exec_act',
  'kid',
  'pol_decision',
  'from',
  'to',
  'order',
  'limit',
  'cursor',
  'depth',
  'at',
  'index',
  'size',
  'first',
  'second',
];
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uuid(),
  fc.integer().map(String),
  fc.nat(8).map(String),
  fc.date({ noInvalidDate: false }).map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.base64String(),
  fc
    .tuple(fc.constantFrom('asc', 'desc'), fc.bigInt({ min: -5n, max: 10n ** 16n }))
    .map(([order, index]) => Buffer.from(`${order}.${index}`).toString('base64url')),
  fc.constantFrom(
    'none',
    'asc',
    'desc',
    'approved',
    'json',
    'dot',
    'mermaid',
    'openlineage',
    '0',
    '1',
    '1000',
    '9007199254740991',
    '9'.repeat(20),
    '\0',
    'NaN',
  ),
  fc.constantFrom(
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '2026-06-30T23:59:60Z',
    '0001-01-01T00:00:00+23:59',
  ),
);
/** Query parameters that exist, with values that some of them take. */
export const query = fc.array(
  fc.tuple(fc.constantFrom(...PARAMETERS, 'format', 'entries', 'x', '__proto__', ''), value),
  { maxLength: 4 },
);

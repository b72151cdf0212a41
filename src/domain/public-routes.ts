/** Routes that may be open to everybody; all others show something of what agents did. */
export const PUBLIC_ROUTES = [
  '/health/live',
  '/health/ready',
  '/metrics',
  '/.well-known/jwks.json',
  '/log/checkpoint',
  '/log/tile/*',
  '/log/proof/inclusion',
  '/log/proof/consistency',
] as const;

/** Every table of the ledger that only grows. A new one belongs here, or the role of the service gets no right to it. */
export const APPEND_ONLY_TABLES = [
  'entry',
  'token',
  'edge',
  'verification_key',
  'leaf',
  'tile_hashes',
  'checkpoint',
  'key_use',
  'key_revocation',
  'trust_configuration',
] as const;

/** What is remembered for a time only: rows are taken over and removed. */
export const PASSING_TABLES = ['replay'] as const;

export const MIGRATIONS_TABLE = '_prisma_migrations';

import { defineConfig } from 'prisma/config';

/** For Prisma's own commands; the service connects with what `src/config.ts` read. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_MIGRATION_URL ?? process.env.DATABASE_URL ?? '' },
});

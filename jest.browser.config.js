import config from './jest.config.js';

/** The explorer in a real browser; see scripts/test.mjs. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/browser/*.spec.ts'],
  // Its services bring their own databases.
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
  testTimeout: 60_000,
};

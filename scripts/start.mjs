import { prepareOrExit } from './prepare.mjs';

await prepareOrExit();
// In this process, so that signals reach the service.
await import('../dist/main.js');

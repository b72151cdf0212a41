import { prepareOrExit } from './prepare.mjs';

await prepareOrExit();
await import('../dist/cli/main.js');

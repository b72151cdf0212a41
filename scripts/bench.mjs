import { prepareOrExit } from './prepare.mjs';

await prepareOrExit();
await import('./ts.mjs');
await import('../bench/main.ts');

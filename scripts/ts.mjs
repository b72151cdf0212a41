// Lets Node run TypeScript: `node --import ./scripts/ts.mjs bench/main.ts`. For tests' set-up and benchmarks; the service runs from dist/.
import { register } from 'node:module';

register('./ts-hooks.mjs', import.meta.url);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const TYPESCRIPT = fileURLToPath(new URL('../scripts/ts.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./yardstick-process.ts', import.meta.url));

/** Tokens a second that bare jose verifies with 64 in flight, in a process of its own that does nothing else. */
export async function measureYardstick(seconds: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', TYPESCRIPT, PROGRAM, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the yardstick ended with ${String(code)}`);
  return Number(output);
}

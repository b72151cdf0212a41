#!/usr/bin/env node
import { run } from './run.js';
import { Terminal } from './terminal.js';

const { stdout, stderr, stdin } = process;

// As for the service, an empty variable counts as unset.
const env = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));

const interruption = new AbortController();

for (const stream of [stdout, stderr]) {
  // A reader that has seen enough (`| head`) closes the pipe: no error, and no reason to stop what is being recorded.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = 2;
    interruption.abort();
  });
}

// https://no-color.org
const allowColours = env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb';
const terminal = new Terminal(stdout, stderr, allowColours);
process.exitCode = await run(process.argv.slice(2), {
  env,
  stdin,
  terminal,
  // Only for commands that ask: the others end at once, as Node does it.
  interruption: () => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
    return interruption.signal;
  },
  exitCode: 0,
});

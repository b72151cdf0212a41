#!/usr/bin/env node
import { run } from './run.js';
import { Terminal } from './terminal.js';

const { stdout, stderr, stdin } = process;

// As for the service, an empty variable counts as unset.
const env = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));

for (const stream of [stdout, stderr]) {
  // A reader that has seen enough (`| head`) closes the pipe: no error, and no reason to stop what is being recorded.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = 2;
  });
}

// https://no-color.org
const allowColours = env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb';
const terminal = new Terminal(stdout, stderr, allowColours);
process.exitCode = await run(process.argv.slice(2), { env, stdin, terminal, exitCode: 0 });

import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build, databaseClient, dependencies, explorer, isCurrent, make, root } from './toolchain.mjs';

const PRODUCTS = [dependencies, databaseClient, build, explorer];

/** Installs, generates and builds what is missing or older than its sources. One process at a time does; the others wait for it. */
export async function prepare() {
  if (PRODUCTS.every(isCurrent)) return;
  await withLock(() => {
    for (const product of PRODUCTS) if (!isCurrent(product)) make(product);
  });
}

/** Prepares, and ends the process with the reason where that fails. */
export async function prepareOrExit() {
  try {
    await prepare();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

async function withLock(work) {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lock = join(tmpdir(), `ect-ledger-prepare-${userInfo().uid}-${name}`);
  for (let waits = 0; !take(lock); waits += 1) {
    if (waits === 0) console.log('Waiting for another process that prepares the same checkout …');
    await delay(200);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** A process that was killed left its lock behind. */
function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

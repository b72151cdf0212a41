import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const FOLDER = new URL('../../../src/domain/log/', import.meta.url);

/** Every module that a module loads, itself included; types are gone by then. */
function modulesOf(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, name = ''] of readSource(file).matchAll(/^import (?!type )[^;]*? from '([^']+)';$/gm)) {
    if (name.startsWith('./')) modulesOf(name.slice(2).replace(/\.js$/, '.ts'), known);
    else known.add(name);
  }
  return known;
}

const readSource = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');

describe('what verifies', () => {
  it.each([
    'verify-receipt.ts',
    'receipt.ts',
    'tlog-proof.ts',
    'merkle.ts',
    'note.ts',
    'entry-bundle.ts',
    'tile-path.ts',
  ])('%s loads nothing that a browser has not', (file) => {
    const modules = [...modulesOf(file)];
    expect(modules.filter((name) => !name.endsWith('.ts'))).toEqual([]);
    for (const module of modules) expect(readSource(module)).not.toMatch(/\b(Buffer|process)\./);
  });

  it('would be caught if it did', () => {
    expect([...modulesOf('right-edge.ts')]).toContain('node:crypto');
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findTokens } from '../../src/cli/token-lines.js';
import { bytesOf, collect } from './captured-shell.js';

describe('findTokens', () => {
  test('reads bare lines and JSON lines, whatever ends them, and skips empty ones', async () => {
    const text = '\uFEFFa.b.c\r\n\n  {"ect": "d.e.f", "index": 3}\n \ng.h.i';
    expect(await collect(findTokens(bytesOf(text)))).toEqual([
      { line: 1, ect: 'a.b.c' },
      { line: 3, ect: 'd.e.f' },
      { line: 5, ect: 'g.h.i' },
    ]);
  });

  test('says which lines hold no token', async () => {
    expect(await collect(findTokens(bytesOf('{"ect": "a", "wit": " b "}\n{"ect": "a", "wit": 1}')))).toEqual([
      { line: 1, ect: 'a', wit: 'b' },
      { line: 2, fault: 'has a "wit" that is no string' },
    ]);
    expect(await collect(findTokens(bytesOf('{"jti": "x"}\n{"ect": 1}\n{"ect":\n')))).toEqual([
      { line: 1, fault: 'is JSON without a member "ect" that is a string' },
      { line: 2, fault: 'is JSON without a member "ect" that is a string' },
      { line: 3, fault: 'begins as JSON but is none; JSON takes one line per token' },
    ]);
  });

  test('drops a line that is too long to be a token and goes on after it', async () => {
    const long = 'x'.repeat(700_000);
    expect(await collect(findTokens(bytesOf('a\n', long, long, long, '\nb')))).toEqual([
      { line: 1, ect: 'a' },
      { line: 2, fault: 'is longer than 1048576 characters' },
      { line: 3, ect: 'b' },
    ]);
  });

  test('finds the same tokens however the stream is cut', async () => {
    const token = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(token), fc.array(fc.nat({ max: 200 })), async (tokens, cuts) => {
        const text = tokens.join('\n');
        const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const chunks = places.map((from, at) => text.slice(from, places[at + 1]));
        const found = await collect(findTokens(bytesOf(...chunks)));
        expect(found).toEqual(tokens.map((ect, at) => ({ line: at + 1, ect })));
      }),
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable, printableJson } from '../../src/domain/printable.js';
import { Terminal, styled } from '../../src/cli/terminal.js';

const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/u;
const anyText = fc.string({ unit: 'binary' });

describe('printable', () => {
  test('shows escape sequences, bidirectional overrides and line ends instead of obeying them', () => {
    expect(printable('a\u001b[31mb\u202ec\r\nd\u009be')).toBe('a\\u{1b}[31mb\\u{202e}c\\u{d}\\u{a}d\\u{9b}e');
  });

  test('leaves letters of any script, emoji and box drawing alone', () => {
    expect(printable('Prüfung 検査 ✓ └─ 🩺')).toBe('Prüfung 検査 ✓ └─ 🩺');
  });

  test('never lets a control or format character through', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printable(text)).not.toMatch(UNSAFE);
      }),
    );
  });
});

describe('printableJson', () => {
  test('has no control character but line feeds and parses to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = printableJson(value);
        expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('Terminal', () => {
  const write = (isTTY: boolean, allowColours: boolean): string => {
    const written: string[] = [];
    const sink = {
      isTTY,
      write: (text: string, done: () => void) => {
        written.push(text);
        done();
      },
    };
    void new Terminal(sink, sink, allowColours).print('a ', styled('red', 'b\u001b'));
    return written.join('');
  };

  test('colours on a terminal, around text that is escaped', () => {
    expect(write(true, true)).toBe('a \u001b[31mb\\u{1b}\u001b[0m\n');
  });

  test.each([
    [false, true],
    [true, false],
  ])('writes no colours when isTTY is %s and colours are allowed: %s', (isTTY, allowColours) => {
    expect(write(isTTY, allowColours)).toBe('a b\\u{1b}\n');
  });
});

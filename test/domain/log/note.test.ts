import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogFormatError } from '../../../src/domain/log/log-format-error.js';
import { nodeCrypto } from '../../../src/domain/log/node-crypto.js';
import { MAX_NOTE_BYTES, formatNote, parseNote, signNote, verifyNote } from '../../../src/domain/log/note.js';
import { type NoteKey, formatVkey, makeNoteKey, parseVkey } from '../../../src/domain/log/note-key.js';
import { wrongFormatOf } from './log-format.js';
import { makeSigner } from './log-key.js';

const { signed_note: CHECK } = JSON.parse(
  readFileSync(new URL('../../vectors/merkle.json', import.meta.url), 'utf8'),
) as { readonly signed_note: { readonly vkey: string; readonly text: string; readonly signature: string } };

const NAME = 'example.com/foo';
const SIGNATURE_LINE = `\u2014 ${NAME} ${CHECK.signature}\n`;
const NOTE = `${CHECK.text}\n${SIGNATURE_LINE}`;

const verdictOf = async (note: string, known: readonly NoteKey[]) =>
  verifyNote(parseNote(note), known, nodeCrypto);
const parseKey = (vkey: string) => parseVkey(vkey, nodeCrypto.sha256);
const checkKey = () => parseKey(CHECK.vkey);

describe('the check value of C2SP signed-note', () => {
  it('verifies with its key', async () => {
    expect(await verdictOf(NOTE, [await checkKey()])).toBe('verified');
  });

  it('is taken apart and put together again', async () => {
    const note = parseNote(NOTE);
    expect(note.text).toBe(CHECK.text);
    expect(note.signatures.map(({ name }) => name)).toEqual([NAME]);
    expect(note.signatures[0]?.keyId).toEqual((await checkKey()).id);
    expect(formatNote(note)).toBe(NOTE);
    expect(formatVkey(await checkKey())).toBe(CHECK.vkey);
  });
});

describe('parseNote', () => {
  it('ends the text at the last empty line', () => {
    expect(parseNote(`a\n\nb\n\n\n${SIGNATURE_LINE}`).text).toBe('a\n\nb\n\n');
    expect(parseNote(`\n\n${SIGNATURE_LINE}`).text).toBe('\n');
  });

  it('keeps signatures in order, those of unknown types and lengths too', () => {
    const lines = [
      '\u2014 a AAAAAAE=',
      '\u2014 w/x AAAABAEC',
      `\u2014 m\u00fcller ${Buffer.alloc(5000).toString('base64')}`,
    ];
    const { signatures } = parseNote(`text\n\n${lines.join('\n')}\n`);
    expect(signatures.map(({ name, signature }) => [name, signature.length])).toEqual([
      ['a', 1],
      ['w/x', 2],
      ['m\u00fcller', 4996],
    ]);
  });

  it('lets sixteen post-quantum signatures pass', () => {
    const line = `\u2014 a ${Buffer.alloc(4 + 5000).toString('base64')}\n`;
    expect(parseNote(`text\n\n${line.repeat(16)}`).signatures).toHaveLength(16);
  });

  it.each([
    ['nothing', ''],
    ['no empty line', `text\n${SIGNATURE_LINE}`],
    ['no signature', 'text\n\n'],
    ['no text', `\n${SIGNATURE_LINE}`],
    ['no newline at the end', NOTE.slice(0, -1)],
    ['an empty line at the end', `${NOTE}\n`],
    ['a line that is no signature', `${NOTE}hello\n`],
    ['a hyphen for the dash', NOTE.replace('\u2014', '-')],
    ['an en dash', NOTE.replace('\u2014', '\u2013')],
    ['no space after the dash', NOTE.replace('\u2014 ', '\u2014')],
    ['two spaces after the dash', NOTE.replace('\u2014 ', '\u2014  ')],
    ['no name', NOTE.replace(`${NAME} `, '')],
    ['a name with a plus', NOTE.replace(NAME, 'a+b')],
    ['a name with a Unicode space', NOTE.replace(NAME, 'a\u00a0b')],
    ['a name with a line separator', NOTE.replace(NAME, 'a\u2028b')],
    ['a third word', NOTE.replace('=\n', '= x\n')],
    ['a space at the end of a line', NOTE.replace('=\n', '= \n')],
    ['a signature without padding', NOTE.replace('=\n', '\n')],
    ['a signature in base64url', `text\n\n\u2014 a AAAA-_E=\n`],
    ['a signature whose last bits are not zero', NOTE.replace('QM=', 'QN=')],
    ['a key id alone', `text\n\n\u2014 a AAAAAA==\n`],
    ['half a key id', `text\n\n\u2014 a AAA=\n`],
    ['no base64 at all', `text\n\n\u2014 a \n`],
    ['a tab', NOTE.replace('This', 'This\t')],
    ['Windows line ends', NOTE.replaceAll('\n', '\r\n')],
    ['a carriage return in the text', NOTE.replace('.\n', '.\r\n')],
    ['a null character', NOTE.replace('This', 'This\0')],
    ['a control character in a name', NOTE.replace(NAME, 'a\u0001b')],
    ['half a surrogate pair', NOTE.replace('This', '\ud800')],
    ['a note beyond the limit', `${'x'.repeat(MAX_NOTE_BYTES)}\n\n${SIGNATURE_LINE}`],
    ['a note beyond the limit in bytes only', `${'\u20ac'.repeat(MAX_NOTE_BYTES / 2)}\n\n${SIGNATURE_LINE}`],
    ['signatures without end', `text\n\n${'\u2014 a AAAAAAE=\n'.repeat(101)}`],
  ])('refuses %s', async (_, note) => {
    expect(await wrongFormatOf(() => parseNote(note))).toBe('note');
  });

  it('reads one spelling only, and throws nothing but its own error', () => {
    const piece = fc.constantFrom(
      '\n',
      '\n\n',
      '\u2014 ',
      'a',
      NAME,
      ' ',
      '+',
      '=',
      'AAAAAAE=',
      SIGNATURE_LINE,
      '\t',
      '\u00a0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        try {
          expect(formatNote(parseNote(text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(LogFormatError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('verifyNote', () => {
  it('believes no note in which anything was changed', async () => {
    const key = await checkKey();
    const change = fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom('', ' ', '\n', 'A', 'z', '\u2014'));
    await fc.assert(
      fc.asyncProperty(change, async ([where, cut, added]) => {
        const at = where % NOTE.length;
        const changed = NOTE.slice(0, at) + added + NOTE.slice(at + cut);
        fc.pre(changed !== NOTE);
        const verdict = await verdictOf(changed, [key]).catch((error: unknown) => error);
        expect(verdict).not.toBe('verified');
        if (verdict instanceof Error) expect(verdict).toBeInstanceOf(LogFormatError);
      }),
      { numRuns: 1000 },
    );
  });

  it('ignores unknown keys, even if they share name or id with a known one', async () => {
    const { id, publicKey } = await checkKey();
    const other = await makeSigner(NAME);
    expect(await verdictOf(NOTE, [other.key])).toBe('unknown-key');
    expect(await verdictOf(NOTE, [{ name: 'example.com/bar', id, publicKey }])).toBe('unknown-key');
    expect(await verdictOf(NOTE, [])).toBe('unknown-key');
    const stranger = `\u2014 example.com/bar ${CHECK.signature}\n`;
    expect(
      await verdictOf(`${CHECK.text}\n${stranger}${SIGNATURE_LINE}${stranger}`, [await checkKey()]),
    ).toBe('verified');
  });

  it('refuses a note with a false signature of a known key beside a right one', async () => {
    const [old, next] = [await makeSigner(NAME), await makeSigner(NAME)];
    const note = parseNote(await signNote('text\n', [old, next]));
    const [first, second] = note.signatures;
    const forged = second && { ...second, signature: second.signature.map((byte) => byte ^ 1) };
    const signatures = [first, forged].filter((one) => one !== undefined);
    expect(await verifyNote({ ...note, signatures }, [old.key, next.key], nodeCrypto)).toBe(
      'invalid-signature',
    );
    expect(await verifyNote({ ...note, signatures }, [old.key], nodeCrypto)).toBe('verified');
  });

  it('is satisfied by either key while one replaces the other', async () => {
    const [old, next] = [await makeSigner(NAME), await makeSigner(NAME)];
    const note = await signNote('text\n', [old, next]);
    expect(await verdictOf(note, [old.key])).toBe('verified');
    expect(await verdictOf(note, [next.key])).toBe('verified');
    expect(await verdictOf(note, [old.key, next.key])).toBe('verified');
  });

  it('answers, and does not throw, for a signature or key that cannot be one', async () => {
    const { name, keyId } = parseNote(NOTE).signatures[0] ?? { name: '', keyId: new Uint8Array() };
    const known = [await checkKey()];
    const note = { text: CHECK.text, signatures: [{ name, keyId, signature: new Uint8Array(3) }] };
    expect(await verifyNote(note, known, nodeCrypto)).toBe('invalid-signature');
    const broken = { name, id: keyId, publicKey: new Uint8Array(31) };
    expect(await verifyNote(parseNote(NOTE), [broken], nodeCrypto)).toBe('invalid-signature');
  });
});

describe('signNote', () => {
  it('signs exactly the text, whatever it is', async () => {
    const signer = await makeSigner(NAME);
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 5 }), async (lines) => {
        const text = `${lines.join('\n')}\n`;
        const note = await signNote(text, [signer]);
        expect(parseNote(note).text).toBe(text);
        expect(await verdictOf(note, [signer.key])).toBe('verified');
      }),
    );
  });

  it.each(['', 'text', 'a\tb\n', 'a\n\nb', '\ud800\n'])('refuses the text %j', async (text) => {
    const signer = await makeSigner(NAME);
    expect(await wrongFormatOf(() => signNote(text, [signer]))).toBe('note');
  });

  it('refuses to make a note that nobody signed', async () => {
    expect(await wrongFormatOf(() => signNote('text\n', []))).toBe('note');
  });
});

describe('parseVkey', () => {
  it.each([
    ['nothing', ''],
    ['another id', CHECK.vkey.replace('530d', '530e')],
    ['another name', CHECK.vkey.replace('foo', 'bar')],
    ['another key', CHECK.vkey.replace('Ryeb', 'Ryec').replace('AekyeRrm', 'AekyeRrn')],
    ['an id in upper case', CHECK.vkey.replace('530d903a', '530D903A')],
    ['a key of another type', CHECK.vkey.replace('+Aek', '+Bek')],
    ['a key too short', CHECK.vkey.slice(0, -4)],
    ['a fourth part', `${CHECK.vkey}+x`],
    ['white space', ` ${CHECK.vkey}`],
    ['a newline at the end', `${CHECK.vkey}\n`],
    ['no name', CHECK.vkey.replace(NAME, '')],
  ])('refuses %s', async (_, vkey) => {
    expect(await wrongFormatOf(() => parseKey(vkey))).toBe('vkey');
  });

  it('reads what formatVkey wrote', async () => {
    const { key } = await makeSigner('log.example/a/b');
    expect(await parseKey(formatVkey(key))).toEqual(key);
  });
});

describe('makeNoteKey', () => {
  it.each(['', 'a b', 'a+b', 'a\nb', 'a\u3000b'])('refuses the name %j', async (name) => {
    const make = () => makeNoteKey(name, new Uint8Array(32), nodeCrypto.sha256);
    expect(await wrongFormatOf(make)).toBe('vkey');
  });

  it('refuses a key that is not 32 bytes', async () => {
    const make = () => makeNoteKey(NAME, new Uint8Array(33), nodeCrypto.sha256);
    expect(await wrongFormatOf(make)).toBe('vkey');
  });
});

import { verify } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/**
 * What runs in the thread of `SignatureThread`. JavaScript, so that it is one and the same file where it was built and where tests run it.
 *
 * @typedef {object} Bunch
 * @property {import('./signature-thread.js').Procedure[]} procedures
 * @property {number[]} of which procedure each token is checked by
 * @property {string[]} tokens compact JWSs with a signature of the right form
 */

parentPort?.on('message', (/** @type {Bunch} */ { procedures, of, tokens }) => {
  parentPort?.postMessage(tokens.map((token, at) => check(token, procedures[of[at] ?? -1])));
});

/**
 * @param {string} token
 * @param {import('./signature-thread.js').Procedure | undefined} procedure
 * @returns {boolean | Error} what went wrong stands for a verdict: one key that OpenSSL cannot use must not stop the others
 */
function check(token, procedure) {
  try {
    if (procedure === undefined) throw new Error('no key came with the token');
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    return verify(procedure.hash, Buffer.from(token.slice(0, end)), procedure.key, signature);
  } catch (error) {
    return new Error('a signature cannot be checked', { cause: error });
  }
}

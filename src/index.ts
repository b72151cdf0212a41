/**
 * The library of the ledger: sign ECTs, verify them, and speak its language of errors. The service is started from `main.ts`.
 *
 * A receipt is verified offline with the log's public key, its vkey, which must come from elsewhere than the receipt:
 *
 *     const keys = [await parseVkey(vkey, nodeCrypto.sha256)];
 *     const { isGenuine, steps } = await verifyReceipt(parseReceipt(entry.receipt), { keys, ect }, nodeCrypto);
 *
 * `parseReceipt` and `parseVkey` throw `LogFormatError`; a receipt that is well-formed and false is a verdict.
 */
export { KeyResolver, type VerificationKey } from './application/ports/key-resolver.js';
export { ReplayCache, type SeenFunction } from './application/replay-cache.js';
export type { EctClaims, PolicyDecision } from './domain/ect/claims.js';
export { type DecodedEct, decodeEct } from './domain/ect/jws.js';
export type { ProfileName } from './domain/ect/profile.js';
export type { JsonObject, PublicJwk, VerifiedEct } from './domain/entry.js';
export { type Fault, LedgerError, type ProblemCode } from './domain/errors.js';
export type { LogCrypto } from './domain/log/log-crypto.js';
export { LogFormatError } from './domain/log/log-format-error.js';
export { nodeCrypto } from './domain/log/node-crypto.js';
export { type NoteKey, parseVkey } from './domain/log/note-key.js';
export { type Receipt, type ReceiptJson, parseReceipt } from './domain/log/receipt.js';
export {
  type ReceiptExpectations,
  type ReceiptStep,
  type ReceiptVerdict,
  verifyReceipt,
} from './domain/log/verify-receipt.js';
export { TrustError } from './keys/parse-trust.js';
export { type EctDraft, type SignOptions, signEct } from './keys/sign-ect.js';
export { type PrivateJwk, type SigningKey, generateSigningKey, parseSigningKey } from './keys/signing-key.js';
export {
  type LedgerEntry,
  type LedgerNode,
  type LedgerTrace,
  MemoryLedger,
  type MemoryLedgerOptions,
  type Recorded,
} from './memory-ledger.js';
export {
  checkDag,
  type AdmissionRules,
  type RecordedTask,
  type RecordedTasks,
} from './domain/dag/admission.js';
export { type StaticTrust, type VerifyOptions, verifyEct } from './verify-ect.js';

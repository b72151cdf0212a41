/**
 * The library of the ledger: sign ECTs, verify them, and speak its language of errors. The service is started from `main.ts`.
 */
export { KeyResolver, type VerificationKey } from './application/ports/key-resolver.js';
export { ReplayCache, type SeenFunction } from './application/replay-cache.js';
export type { EctClaims, PolicyDecision } from './domain/ect/claims.js';
export { type DecodedEct, decodeEct } from './domain/ect/jws.js';
export type { ProfileName } from './domain/ect/profile.js';
export type { JsonObject, PublicJwk, VerifiedEct } from './domain/entry.js';
export { type Fault, LedgerError, type ProblemCode } from './domain/errors.js';
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

import type { RemoteJwksState } from './remote-jwks.js';

/** What is trusted, in numbers. */
export interface TrustSummary {
  readonly issuers: number;
  readonly trustDomains: number;
  /** Those that are at hand. */
  readonly keys: number;
  /** One per set that is fetched. */
  readonly remote: readonly RemoteJwksState[];
}

/** One line without names, since anybody may see it. */
export function describeTrust({ issuers, trustDomains, keys, remote }: TrustSummary): string {
  return [
    `${issuers} issuers`,
    ...(trustDomains > 0 ? [`${trustDomains} trust domains`] : []),
    `${keys} keys`,
    ...(remote.length > 0 ? [describeRemote(remote)] : []),
  ].join(', ');
}

function describeRemote(remote: readonly RemoteJwksState[]): string {
  const fetched = remote.flatMap(({ fetchedAtMs }) => fetchedAtMs ?? []);
  const failing = remote.flatMap(({ failingSinceMs }) => failingSinceMs ?? []);
  const unusable = remote.filter(({ isUsable }) => !isUsable).length;
  return [
    `${remote.length} fetched sets`,
    ...(fetched.length > 0 ? [`the oldest of ${timeOf(Math.min(...fetched))}`] : []),
    ...(failing.length > 0 ? [`${failing.length} failing since ${timeOf(Math.min(...failing))}`] : []),
    ...(unusable > 0 ? [`${unusable} not usable`] : []),
  ].join(', ');
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

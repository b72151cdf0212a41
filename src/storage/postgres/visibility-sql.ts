import type { Visibility } from '../../application/caller.js';
import type { Prisma } from './generated/client.js';

/** The schemes of issuers that belong to a trust domain; see `trustDomainOf`. */
const SCHEMES = ['spiffe', 'https'];

/** `canSee` over the row `entry`: $first are the workflows, the one after it the trust domains, null for no limit. */
export function inSight(entry: string, first: number): string {
  return `($${first}::uuid[] IS NULL OR ${entry}."wid" = ANY($${first}::uuid[]))
     AND ($${first + 1}::text[] IS NULL
          OR substring(${entry}."iss" from '^(?:spiffe|https)://([^/]+)') = ANY($${first + 1}::text[]))`;
}

/** The two parameters of `inSight`. */
export function sightParameters({ workflows, trustDomains }: Visibility): readonly unknown[] {
  return [workflows ? [...workflows] : null, trustDomains ? [...trustDomains] : null];
}

/** `canSee` as Prisma asks it. */
export function whereInSight({ workflows, trustDomains }: Visibility): Prisma.EntryWhereInput {
  return {
    ...(workflows && { wid: { in: [...workflows] } }),
    ...(trustDomains && { OR: issuersOf(trustDomains) }),
  };
}

/** Never empty: to Prisma an OR of nothing is no condition at all. */
function issuersOf(trustDomains: ReadonlySet<string>): Prisma.EntryWhereInput[] {
  const authorities = SCHEMES.flatMap((scheme) => [...trustDomains].map((name) => `${scheme}://${name}`));
  const below = authorities.map((authority) => ({ iss: { startsWith: escapeLike(`${authority}/`) } }));
  return [{ iss: { in: authorities } }, ...below];
}

/** Prisma hands its text to LIKE as it is. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

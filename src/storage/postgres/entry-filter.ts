import type { EntryFilter, PageRequest } from '../../application/ports/ledger-store.js';
import type { Prisma } from './generated/client.js';

/** A search as Prisma asks it. */
export function whereOf(
  log: number,
  filter: EntryFilter,
  { order, afterIndex }: PageRequest,
): Prisma.EntryWhereInput {
  const { wid, iss, execAct, kid, jkt, polDecision, fromMs, toMs } = filter;
  return {
    log,
    ...(wid === undefined ? {} : { wid }),
    ...(iss === undefined ? {} : { iss }),
    ...(execAct === undefined ? {} : { execAct }),
    ...(kid === undefined ? {} : { kid }),
    ...(jkt === undefined ? {} : { jkt }),
    ...(polDecision === undefined ? {} : { polDecision }),
    ...(fromMs === undefined && toMs === undefined
      ? {}
      : {
          recordedAtMs: {
            ...(fromMs === undefined ? {} : { gte: BigInt(fromMs) }),
            ...(toMs === undefined ? {} : { lt: BigInt(toMs) }),
          },
        }),
    ...(afterIndex === undefined
      ? {}
      : { index: order === 'asc' ? { gt: BigInt(afterIndex) } : { lt: BigInt(afterIndex) } }),
  };
}

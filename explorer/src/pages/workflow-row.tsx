import type { JSX } from 'preact';
import { searchEntries } from '../api/client.js';
import { useLoad } from '../api/use-load.js';
import type { WorkflowSummary } from '../api/wire.js';
import { formatRoute } from '../route.js';
import { DecisionBadge } from '../ui/badges.js';
import { ago, grouped, moment, shortIssuer, shortUuid, span } from '../ui/words.js';

const ISSUERS_SHOWN = 3;

export function WorkflowRow({ workflow }: { readonly workflow: WorkflowSummary }): JSX.Element {
  const { wid, entries, issuers, first_recorded_at: first, last_recorded_at: last } = workflow;
  return (
    <tr>
      <th scope="row">
        <a class="row-link" href={formatRoute({ place: { page: 'workflow', wid }, query: {} })}>
          <code>
            <b>{shortUuid(wid)}</b>
            {wid.slice(shortUuid(wid).length)}
          </code>
        </a>
      </th>
      <td class="number" data-label="Tasks">
        {grouped(entries)}
      </td>
      <td data-label="Issuers" title={issuers.join('\n')}>
        <ul class="chips">
          {issuers.slice(0, ISSUERS_SHOWN).map((iss) => (
            <li key={iss} class="chip">
              {shortIssuer(iss)}
            </li>
          ))}
          {issuers.length > ISSUERS_SHOWN && (
            <li class="chip chip-quiet">+{issuers.length - ISSUERS_SHOWN}</li>
          )}
        </ul>
      </td>
      <td data-label="Started">
        <time dateTime={first} title={moment(first)}>
          {ago(first, Date.now())}
        </time>
      </td>
      <td data-label="Took" class="brief">
        {span(first, last)}
      </td>
      <td data-label="Flags" class="brief">
        <Flags workflow={workflow} />
      </td>
    </tr>
  );
}

const DECISIONS = ['rejected', 'pending_human_review'] as const;

/** What an auditor would want to see first. Each row asks for itself, once it is shown. */
function Flags({ workflow: { wid, entries } }: { readonly workflow: WorkflowSummary }): JSX.Element {
  const found = useLoad(`flags ${wid} ${entries}`, (signal) =>
    Promise.all(
      DECISIONS.map(async (decision) => {
        const page = await searchEntries({ wid, pol_decision: decision, limit: 1 }, signal);
        return page.entries.length > 0 ? [decision] : [];
      }),
    ),
  );
  if (found.state === 'loading') return <span class="skeleton skeleton-badge" />;
  const decisions = found.state === 'ready' ? found.value.flat() : [];
  return (
    <span class="badges">
      {decisions.map((decision) => (
        <DecisionBadge
          key={decision}
          mark={decision}
          text={decision === 'rejected' ? 'rejected' : 'pending'}
        />
      ))}
      {decisions.length === 0 && <span class="quiet">–</span>}
    </span>
  );
}

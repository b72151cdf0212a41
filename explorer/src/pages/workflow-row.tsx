import type { JSX } from 'preact';
import type { WorkflowSummary } from '../api/wire.js';
import { formatRoute } from '../route.js';
import { Flags } from './flags.js';
import { ago, grouped, moment, shortIssuer, shortUuid, span } from '../ui/words.js';

const ISSUERS_SHOWN = 3;

export function WorkflowRow({ workflow }: { readonly workflow: WorkflowSummary }): JSX.Element {
  const { wid, entries, issuers, first_recorded_at: first, last_recorded_at: last, flags } = workflow;
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
        <Flags flags={flags} />
      </td>
    </tr>
  );
}

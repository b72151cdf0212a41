import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Loaded } from '../api/use-load.js';
import type { WorkflowSummary } from '../api/wire.js';
import { isUuid, type Route } from '../route.js';
import { Icon } from '../ui/icon.js';
import { Empty, Failed, Loading } from '../ui/states.js';
import { count, grouped } from '../ui/words.js';
import { go, replace } from '../use-route.js';
import { findPlace } from './find-place.js';
import type { Search } from './search-for.js';
import { useWorkflows } from './use-workflows.js';
import { WorkflowRow } from './workflow-row.js';

/** All workflows, newest first, and a way to the one that is sought. */
export function WorkflowsPage({ route }: { readonly route: Route }): JSX.Element {
  const sought = route.query['q'] ?? '';
  const workflows = useWorkflows(sought);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Workflows</h1>
        <p class="lead">What agents did, as they signed it. Newest first.</p>
      </div>
      <SearchForm sought={sought} route={route} />
      <List workflows={workflows} sought={sought} />
    </div>
  );
}

function SearchForm({ sought, route }: { readonly sought: string; readonly route: Route }): JSX.Element {
  const [text, setText] = useState(sought);
  const [miss, setMiss] = useState<string>();
  useEffect(() => setText(sought), [sought]);
  const onInput = (value: string) => {
    setText(value);
    setMiss(undefined);
    const trimmed = value.trim();
    if (!isUuid(trimmed)) replace({ ...route, query: trimmed === '' ? {} : { q: trimmed } });
  };
  const onSubmit = async () => {
    const trimmed = text.trim();
    if (!isUuid(trimmed)) return;
    const place = await findPlace(trimmed);
    if (place) go(place);
    else setMiss(trimmed);
  };
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
    >
      <label class="search-box">
        <Icon name="search" />
        <span class="visually-hidden">Search by issuer, workflow or task</span>
        <input
          type="search"
          value={text}
          placeholder="Issuer, or UUID of a workflow or task"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </label>
      {isUuid(text.trim()) && (
        <button type="submit" class="button button-primary">
          Open
        </button>
      )}
      <p class="search-miss" role="status">
        {miss === undefined ? '' : `The ledger has neither a workflow nor a task ${miss}.`}
      </p>
    </form>
  );
}

interface ListProps {
  readonly workflows: ReturnType<typeof useWorkflows>;
  readonly sought: string;
}

function List({
  workflows: { first, shown, search, next, isLoadingMore, loadMore, reload },
  sought,
}: ListProps): JSX.Element {
  const state: Loaded<unknown>['state'] = first.state;
  if (first.state === 'failed') return <Failed problem={first.problem} onRetry={reload} />;
  if (state === 'loading') return <Loading what="workflows" lines={8} />;
  if (shown.length === 0 && !search) return <NothingYet />;
  return (
    <>
      {shown.length > 0 ? <Table workflows={shown} /> : <NoMatch sought={sought} />}
      <div class="list-end">
        <p role="status">
          {grouped(shown.length)} shown{search && `, ${scopeOf(search)}`}
        </p>
        {next !== null && (
          <button type="button" class="button" onClick={loadMore} disabled={isLoadingMore}>
            {isLoadingMore ? 'Loading …' : search?.by === 'name' ? 'Search older' : 'Show older'}
          </button>
        )}
      </div>
    </>
  );
}

/** What of the ledger a search looked at. */
function scopeOf(search: Search): string {
  if (search.by === 'name') return 'of the newest';
  const { asked, matching } = search;
  if (asked.length === matching) return `by ${count(matching, 'matching issuer')}`;
  return `by the last ${grouped(asked.length)} of ${count(matching, 'matching issuer')}: say more of the name`;
}

function Table({ workflows }: { readonly workflows: readonly WorkflowSummary[] }): JSX.Element {
  return (
    <table class="list">
      <caption class="visually-hidden">Workflows, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Workflow</th>
          <th scope="col" class="number">
            Tasks
          </th>
          <th scope="col">Issuers</th>
          <th scope="col">Started</th>
          <th scope="col">Took</th>
          <th scope="col">Flags</th>
        </tr>
      </thead>
      <tbody>
        {workflows.map((workflow) => (
          <WorkflowRow key={workflow.wid} workflow={workflow} />
        ))}
      </tbody>
    </table>
  );
}

function NoMatch({ sought }: { readonly sought: string }): JSX.Element {
  return (
    <Empty title="Nothing found">
      <p>
        No issuer contains “<bdi>{sought}</bdi>”, and no recent workflow begins so.
      </p>
    </Empty>
  );
}

function NothingYet(): JSX.Element {
  return (
    <Empty title="Nothing is recorded yet">
      <p>A small story makes a ledger worth looking at. In the folder of ect-ledger:</p>
      <pre>
        <code>{`npx ect-ledger demo --url ${location.origin}`}</code>
      </pre>
    </Empty>
  );
}

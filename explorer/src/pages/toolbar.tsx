import type { JSX } from 'preact';
import { count } from '../ui/words.js';
import { change, replace } from '../use-route.js';
import { withQuery } from '../route.js';
import { Icon } from '../ui/icon.js';
import { ExportMenu } from './export-menu.js';
import type { GraphExplorerProps } from './graph-explorer.js';
import type { Picture } from './use-drawing.js';
import { LARGE, type ViewState } from './view-state.js';

interface ToolbarProps extends GraphExplorerProps {
  readonly state: ViewState;
  readonly picture: Picture | undefined;
}

export function Toolbar(props: ToolbarProps): JSX.Element {
  const { graph, route, state } = props;
  const found = state.search !== '' && state.trace === undefined ? state.lit?.size : undefined;
  return (
    <div class="toolbar">
      <Choice
        label="View"
        chosen={state.view}
        options={[
          ['graph', 'Graph'],
          ['table', 'Table'],
        ]}
        onChoose={(view) => change(route, { view: view === 'graph' ? undefined : view })}
      />
      {state.view === 'graph' && (
        <Choice
          label="Colour by"
          chosen={state.colourBy}
          options={[
            ['issuer', 'Issuer'],
            ['decision', 'Decision'],
          ]}
          onChoose={(colour) => change(route, { colour: colour === 'issuer' ? undefined : colour })}
        />
      )}
      {state.view === 'graph' && graph.tasks.length > LARGE && <Extent {...props} />}
      <label class="search-box search-small">
        <Icon name="search" />
        <span class="visually-hidden">Find tasks by action, issuer or name</span>
        <input
          type="search"
          value={state.search}
          placeholder="Find tasks"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget: { value } }) =>
            replace(withQuery(route, { q: value === '' ? undefined : value }))
          }
        />
      </label>
      <span class="quiet" role="status">
        {found === undefined ? '' : `${count(found, 'task')} found`}
      </span>
      <ExportMenu {...props} />
    </div>
  );
}

/** How much of a large workflow is shown. */
function Extent({ route, state }: ToolbarProps): JSX.Element {
  const { steps, isOverview } = state;
  const nothing = {
    steps: undefined,
    all: undefined,
    focus: undefined,
    trace: undefined,
    only: undefined,
    depth: undefined,
  };
  return (
    <>
      <Choice
        label="Extent"
        chosen={isOverview ? 'overview' : steps ? 'steps' : 'all'}
        options={[
          ['overview', 'Overview'],
          ...(steps ? [['steps', `Steps ${steps[0] + 1}–${steps[1] + 1}`] as const] : []),
          ['all', 'All tasks'],
        ]}
        onChoose={(extent) => {
          if (extent !== 'steps') change(route, { ...nothing, all: extent === 'all' ? '1' : undefined });
        }}
      />
    </>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly chosen: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly onChoose: (value: Value) => void;
}

/** A few alternatives side by side. */
export function Choice<Value extends string>({
  label,
  chosen,
  options,
  onChoose,
}: ChoiceProps<Value>): JSX.Element {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([value, words]) => (
        <button key={value} type="button" aria-pressed={value === chosen} onClick={() => onChoose(value)}>
          {words}
        </button>
      ))}
    </div>
  );
}

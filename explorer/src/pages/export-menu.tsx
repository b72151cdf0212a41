import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { taskCsv } from '../export/csv.js';
import { download } from '../export/download.js';
import { drawingSvg } from '../export/svg.js';
import { request } from '../api/client.js';
import { readTheme } from '../graph/theme.js';
import { Icon } from '../ui/icon.js';
import type { GraphExplorerProps } from './graph-explorer.js';
import type { Picture } from './use-drawing.js';
import type { ViewState } from './view-state.js';

const FORMATS = [
  ['dot', 'Graphviz (DOT)', 'dot'],
  ['mermaid', 'Mermaid', 'mmd'],
  ['openlineage', 'OpenLineage (NDJSON)', 'ndjson'],
  ['json', 'JSON', 'json'],
] as const;

interface ExportMenuProps extends GraphExplorerProps {
  readonly state: ViewState;
  readonly picture: Picture | undefined;
}

/** Files of what is shown. */
export function ExportMenu({ graph, picture, state, wid, exports }: ExportMenuProps): JSX.Element {
  const name = `ect-${wid ?? 'task'}`;
  const saveSvg = () => {
    if (!picture) return;
    const svg = drawingSvg(picture.drawing, { colourBy: state.colourBy, theme: readTheme() });
    download(`${name}.svg`, 'image/svg+xml', svg);
  };
  const [failure, setFailure] = useState<string>();
  const saveFrom = async (format: string, extension: string) => {
    const response = await request(exports(format));
    download(`${name}.${extension}`, response.headers.get('Content-Type') ?? '', await response.text());
  };
  return (
    <details class="menu">
      <summary class="button">
        <Icon name="download" />
        Export
      </summary>
      <ul>
        <li>
          <button type="button" onClick={saveSvg} disabled={!picture}>
            Picture (SVG)
          </button>
        </li>
        <li>
          <button type="button" onClick={() => download(`${name}.csv`, 'text/csv', taskCsv(graph))}>
            Table (CSV)
          </button>
        </li>
        {FORMATS.map(([format, words, extension]) => (
          <li key={format}>
            <button
              type="button"
              onClick={() => {
                setFailure(undefined);
                saveFrom(format, extension).catch((error: unknown) =>
                  setFailure(error instanceof Error ? error.message : String(error)),
                );
              }}
            >
              {words}
            </button>
          </li>
        ))}
      </ul>
      <p class="menu-failure" role="alert">
        {failure ?? ''}
      </p>
    </details>
  );
}

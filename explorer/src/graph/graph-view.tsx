import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../ui/icon.js';
import { useTheme } from '../ui/use-theme.js';
import type { ColourBy } from './colouring.js';
import type { Drawing } from './drawing.js';
import { Stage } from './stage.js';
import { readTheme } from './theme.js';

export interface GraphViewProps {
  readonly drawing: Drawing;
  readonly colourBy: ColourBy;
  readonly focus: number | undefined;
  readonly lit: ReadonlySet<number> | undefined;
  /** What the whole is, for those who don't see it. */
  readonly label: string;
  /** What one card is, in words. */
  readonly describe: (position: number) => string;
  readonly onPick: (position: number | undefined) => void;
  /** Enter on the card in question. */
  readonly onOpen: (position: number) => void;
}

const STEP = 80;
const ZOOM_STEP = 1.35;

/** A drawing to move around in, by hand and by keys. */
export function GraphView(props: GraphViewProps): JSX.Element {
  const { drawing, colourBy, focus, lit, label, describe } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [stage, setStage] = useState<Stage>();
  const latest = useRef(props);
  latest.current = props;
  const isDark = useTheme();
  const theme = useMemo(readTheme, [isDark]);

  useLayoutEffect(() => {
    if (!canvas.current) return undefined;
    const made = new Stage(canvas.current, { onPick: (position) => latest.current.onPick(position) });
    setStage(made);
    return () => made.close();
  }, []);
  useLayoutEffect(
    () => stage?.show({ drawing, colourBy, theme, focus, lit }),
    [stage, drawing, colourBy, theme, focus, lit],
  );
  useLayoutEffect(() => {
    if (focus !== undefined) stage?.reveal(focus);
  }, [stage, drawing, focus]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (stage && handleKey(event.key, event.shiftKey, stage, latest.current)) event.preventDefault();
  };
  return (
    <div class="graph">
      <div
        class="graph-keys"
        role="application"
        aria-roledescription="graph"
        aria-label={label}
        aria-describedby="graph-help"
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} aria-hidden="true" />
      </div>
      <p id="graph-help" class="visually-hidden">
        {drawing.flow === 'right'
          ? 'Arrow left and right go to a parent and a child, up and down to a neighbour.'
          : 'Arrow up and down go to a parent and a child, left and right to a neighbour.'}{' '}
        Enter opens a task, Escape lets go of it. Plus, minus and zero zoom and fit, Shift with an arrow moves
        the picture. The table shows the same.
      </p>
      <p class="visually-hidden" role="status">
        {focus === undefined ? '' : describe(focus)}
      </p>
      <div class="graph-tools" role="group" aria-label="Zoom">
        <button type="button" class="icon-button" onClick={() => stage?.zoomBy(ZOOM_STEP)} title="Zoom in">
          <Icon name="plus" label="Zoom in" />
        </button>
        <button
          type="button"
          class="icon-button"
          onClick={() => stage?.zoomBy(1 / ZOOM_STEP)}
          title="Zoom out"
        >
          <Icon name="minus" label="Zoom out" />
        </button>
        <button type="button" class="icon-button" onClick={() => stage?.fit()} title="Fit everything">
          <Icon name="fit" label="Fit everything" />
        </button>
      </div>
    </div>
  );
}

const MOVES: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowLeft: [STEP, 0],
  ArrowRight: [-STEP, 0],
  ArrowUp: [0, STEP],
  ArrowDown: [0, -STEP],
};

/** @returns whether the key means something here */
function handleKey(key: string, isShifted: boolean, stage: Stage, props: GraphViewProps): boolean {
  const { focus, onPick, onOpen } = props;
  const move = MOVES[key];
  if (move && isShifted) stage.moveBy(...move);
  else if (move) onPick(neighbour(key, props));
  else if (key === '+' || key === '=') stage.zoomBy(ZOOM_STEP);
  else if (key === '-') stage.zoomBy(1 / ZOOM_STEP);
  else if (key === '0') stage.fit();
  else if (key === 'Escape') onPick(undefined);
  else if (key === 'Enter' && focus !== undefined) onOpen(focus);
  else return false;
  return true;
}

/** Where an arrow leads from the card in question: along a link, or to the nearest card above or below. */
function neighbour(key: string, { drawing, focus }: GraphViewProps): number | undefined {
  if (focus === undefined) return drawing.cards.length > 0 ? 0 : undefined;
  const { x, y, links, flow } = drawing;
  const [back, on] = flow === 'right' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
  if (key === back) return links.find(({ to }) => to === focus)?.from ?? focus;
  if (key === on) return links.find(({ from }) => from === focus)?.to ?? focus;
  const [along, across] = flow === 'right' ? [y, x] : [x, y];
  const sign = key === 'ArrowUp' || key === 'ArrowLeft' ? -1 : 1;
  const distance = (position: number) => {
    const ahead = ((along[position] ?? 0) - (along[focus] ?? 0)) * sign;
    return ahead <= 0 ? Infinity : ahead + 2 * Math.abs((across[position] ?? 0) - (across[focus] ?? 0));
  };
  let nearest = focus;
  for (let position = 0; position < x.length; position += 1)
    if (distance(position) < (nearest === focus ? Infinity : distance(nearest))) nearest = position;
  return nearest;
}

import type { Camera, Size } from './camera.js';
import type { ColourBy } from './colouring.js';
import { CARD_HEIGHT, CARD_WIDTH, type Drawing, type Flow } from './drawing.js';
import { paintBox, paintCard, paintSign } from './paint-card.js';
import type { Theme } from './theme.js';

/** What of a drawing is shown how. */
export interface Scene {
  readonly drawing: Drawing;
  readonly colourBy: ColourBy;
  readonly theme: Theme;
  /** The card in question. */
  readonly focus: number | undefined;
  /** The cards that stay bright; all of them when undefined. */
  readonly lit: ReadonlySet<number> | undefined;
}

/** Below this zoom cards are boxes: nobody could read their text. */
export const READABLE_ZOOM = 0.42;
/** Below this one even a letter is too small. */
const LETTER_ZOOM = 0.2;
const DIMMED = 0.16;
/** A path of more lines than that takes the rasteriser longer than several paths. */
const LINES_PER_PATH = 400;

export function paint(context: CanvasRenderingContext2D, scene: Scene, camera: Camera, view: Size): void {
  const { drawing, theme } = scene;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, view.width, view.height);
  context.save();
  context.translate(camera.left, camera.top);
  context.scale(camera.zoom, camera.zoom);
  paintLinks(context, scene, camera, view);
  const seen = visibleCards(drawing, camera, view);
  const paintOne =
    camera.zoom >= READABLE_ZOOM ? paintCard : camera.zoom >= LETTER_ZOOM ? paintSign : paintBox;
  for (const position of seen) {
    const card = drawing.cards[position];
    if (!card) continue;
    context.globalAlpha = isLit(scene, position) ? 1 : DIMMED;
    const place = { x: drawing.x[position] ?? 0, y: drawing.y[position] ?? 0, zoom: camera.zoom };
    paintOne(context, card, place, { ...scene, isFocus: position === scene.focus });
  }
  context.restore();
}

/** The cards that the view shows at least a part of. */
function visibleCards({ x, y }: Drawing, camera: Camera, view: Size): readonly number[] {
  const left = -camera.left / camera.zoom - CARD_WIDTH;
  const top = -camera.top / camera.zoom - CARD_HEIGHT;
  const right = (view.width - camera.left) / camera.zoom;
  const bottom = (view.height - camera.top) / camera.zoom;
  const seen: number[] = [];
  for (let position = 0; position < x.length; position += 1) {
    const cardX = x[position] ?? 0;
    const cardY = y[position] ?? 0;
    if (cardX > left && cardX < right && cardY > top && cardY < bottom) seen.push(position);
  }
  return seen;
}

/** The card at a point of the screen. */
export function cardAt({ x, y }: Drawing, camera: Camera, atX: number, atY: number): number | undefined {
  const pointX = (atX - camera.left) / camera.zoom;
  const pointY = (atY - camera.top) / camera.zoom;
  // A few pixels around a card that is drawn very small are the card as well.
  const slack = Math.max(0, 6 / camera.zoom - CARD_HEIGHT / 2);
  for (let position = x.length - 1; position >= 0; position -= 1) {
    const dx = pointX - (x[position] ?? 0);
    const dy = pointY - (y[position] ?? 0);
    if (dx >= -slack && dx <= CARD_WIDTH + slack && dy >= -slack && dy <= CARD_HEIGHT + slack)
      return position;
  }
  return undefined;
}

function isLit({ lit }: Scene, position: number): boolean {
  return lit === undefined || lit.has(position);
}

function paintLinks(context: CanvasRenderingContext2D, scene: Scene, camera: Camera, view: Size): void {
  const { drawing, theme, lit } = scene;
  const isSmall = camera.zoom < READABLE_ZOOM / 2;
  const width = Math.max(1.4, (isSmall ? 0.6 : 1) / camera.zoom);
  const seen = drawing.links.filter(({ points }) => isInView(points, camera, view));
  const strength = isSmall && seen.length > 1_500 ? 0.35 : 1;
  const heaviest = seen.reduce((most, { weight }) => Math.max(most, weight), 1);
  for (const isBright of lit === undefined ? [true] : [false, true]) {
    const group =
      lit === undefined ? seen : seen.filter(({ from, to }) => (lit.has(from) && lit.has(to)) === isBright);
    context.strokeStyle = lit !== undefined && isBright ? theme.accent : theme.link;
    context.lineWidth = lit !== undefined && isBright ? width * 1.6 : width;
    const alpha = isBright ? strength : DIMMED * strength;
    const batch = heaviest > 1 ? 1 : LINES_PER_PATH;
    for (let at = 0; at < group.length; at += batch) {
      const links = group.slice(at, at + batch);
      // Links that stand for few recede behind those that stand for many.
      const share = heaviest > 1 ? ((links[0]?.weight ?? 1) / heaviest) ** 2 : 1;
      context.globalAlpha = alpha * Math.max(share, 0.1);
      context.beginPath();
      for (const { points } of links) trace(context, points, drawing.flow, isSmall);
      context.stroke();
      if (!isSmall) for (const { points } of links) paintArrow(context, points, drawing.flow);
    }
  }
  context.globalAlpha = 1;
}

function isInView(points: readonly number[], camera: Camera, view: Size): boolean {
  const [startX = 0, startY = 0] = points;
  const endX = points.at(-2) ?? 0;
  const endY = points.at(-1) ?? 0;
  // Links with bends stay within a few rows of the straight line.
  const slack = points.length > 4 ? 400 : 40;
  const toScreenX = (x: number) => x * camera.zoom + camera.left;
  const toScreenY = (y: number) => y * camera.zoom + camera.top;
  return (
    toScreenX(Math.max(startX, endX) + slack) > 0 &&
    toScreenX(Math.min(startX, endX) - slack) < view.width &&
    toScreenY(Math.max(startY, endY) + slack) > 0 &&
    toScreenY(Math.min(startY, endY) - slack) < view.height
  );
}

/** How far a link that goes back bends out. */
const BEND = 40;

/** The pieces of a curve that leaves and enters every point in the direction of time: start, two control points and end of each. */
export function curve(points: readonly number[], flow: Flow): readonly (readonly number[])[] {
  const pieces: number[][] = [];
  for (let at = 2; at + 1 < points.length; at += 2) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.slice(at - 2, at + 2);
    const [start, end] = flow === 'right' ? [x0, x1] : [y0, y1];
    const out = end > start ? (start + end) / 2 : start + BEND;
    const back = end > start ? out : end - BEND;
    pieces.push(flow === 'right' ? [x0, y0, out, y0, back, y1, x1, y1] : [x0, y0, x0, out, x1, back, x1, y1]);
  }
  return pieces;
}

function trace(
  context: CanvasRenderingContext2D,
  points: readonly number[],
  flow: Flow,
  isStraight: boolean,
): void {
  context.moveTo(points[0] ?? 0, points[1] ?? 0);
  if (isStraight) {
    context.lineTo(points.at(-2) ?? 0, points.at(-1) ?? 0);
    return;
  }
  for (const [, , ax = 0, ay = 0, bx = 0, by = 0, x = 0, y = 0] of curve(points, flow))
    context.bezierCurveTo(ax, ay, bx, by, x, y);
}

function paintArrow(context: CanvasRenderingContext2D, points: readonly number[], flow: Flow): void {
  const x = points.at(-2) ?? 0;
  const y = points.at(-1) ?? 0;
  context.fillStyle = context.strokeStyle;
  context.beginPath();
  context.moveTo(x, y);
  const [alongX, alongY] = flow === 'right' ? [8, 0] : [0, 8];
  const [acrossX, acrossY] = flow === 'right' ? [0, 4.5] : [4.5, 0];
  context.lineTo(x - alongX - acrossX, y - alongY - acrossY);
  context.lineTo(x - alongX + acrossX, y - alongY + acrossY);
  context.fill();
}

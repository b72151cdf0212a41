import type { ColourBy } from './colouring.js';
import { CARD_HEIGHT, CARD_WIDTH, type Card, type Mark } from './drawing.js';
import type { Theme } from './theme.js';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

interface Look {
  readonly theme: Theme;
  readonly colourBy: ColourBy;
  readonly isFocus: boolean;
}

const RADIUS = 8;
const STRIPE = 28;
const TEXT_LEFT = STRIPE + 11;
const TEXT_WIDTH = CARD_WIDTH - TEXT_LEFT - 30;

export function colourOf(
  { tone, mark }: Card,
  { theme, colourBy }: Pick<Look, 'theme' | 'colourBy'>,
): string {
  return colourBy === 'decision' ? theme.marks[mark] : (theme.tones[tone] ?? theme.text);
}

/** A card from afar: its colour, and a hole or a gap where the policy did not approve. */
export function paintBox(
  context: CanvasRenderingContext2D,
  card: Card,
  { x, y, zoom }: Place,
  look: Look,
): void {
  const { theme, isFocus } = look;
  const colour = colourOf(card, look);
  context.fillStyle = colour;
  context.fillRect(x, y, CARD_WIDTH, CARD_HEIGHT);
  if (card.mark === 'rejected' || card.isRevoked) frame(theme.marks.rejected, 4);
  if (isFocus) frame(theme.accent, 6);

  function frame(stroke: string, pixels: number): void {
    const width = Math.min(pixels, 1.5 / zoom + 2);
    context.strokeStyle = stroke;
    context.lineWidth = width * 2;
    context.strokeRect(x - width, y - width, CARD_WIDTH + 2 * width, CARD_HEIGHT + 2 * width);
  }
}

/** A card from half afar: letter and mark, as large as it allows. */
export function paintSign(context: CanvasRenderingContext2D, card: Card, place: Place, look: Look): void {
  const { x, y } = place;
  const { theme } = look;
  paintBox(context, card, place, look);
  context.fillStyle = theme.background;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.font = `700 32px ${theme.font}`;
  context.fillText(card.letter, x + CARD_WIDTH * 0.32, y + CARD_HEIGHT / 2 + 12);
  paintLines(
    context,
    card.mark,
    { x: x + CARD_WIDTH * 0.72, y: y + CARD_HEIGHT / 2, size: 2.6 },
    theme.background,
  );
}

export function paintCard(context: CanvasRenderingContext2D, card: Card, { x, y }: Place, look: Look): void {
  const { theme, isFocus } = look;
  if (card.count > 1) paintPile(context, x, y, theme);
  paintBody(context, card, x, y, look);
  context.textBaseline = 'alphabetic';
  context.fillStyle = theme.background;
  context.font = `600 13px ${theme.font}`;
  context.textAlign = 'center';
  context.fillText(card.letter, x + STRIPE / 2, y + CARD_HEIGHT / 2 + 4.5);
  context.textAlign = 'left';
  context.fillStyle = theme.text;
  context.font = `600 13px ${theme.font}`;
  context.fillText(shortened(context, card.title, TEXT_WIDTH), x + TEXT_LEFT, y + 22);
  context.fillStyle = card.count > 1 && card.mark === 'rejected' ? theme.marks.rejected : theme.quiet;
  context.font = `12px ${theme.font}`;
  context.fillText(shortened(context, card.subtitle, TEXT_WIDTH), x + TEXT_LEFT, y + 39);
  const markColour = card.isRevoked ? theme.marks.rejected : theme.marks[card.mark];
  paintLines(context, card.mark, { x: x + CARD_WIDTH - 17, y: y + CARD_HEIGHT / 2, size: 1 }, markColour);
  if (!isFocus) return;
  context.strokeStyle = theme.accent;
  context.lineWidth = 3;
  context.beginPath();
  context.roundRect(x - 4, y - 4, CARD_WIDTH + 8, CARD_HEIGHT + 8, RADIUS + 4);
  context.stroke();
}

function paintBody(context: CanvasRenderingContext2D, card: Card, x: number, y: number, look: Look): void {
  const { theme } = look;
  context.fillStyle = theme.card;
  context.beginPath();
  context.roundRect(x, y, CARD_WIDTH, CARD_HEIGHT, RADIUS);
  context.fill();
  context.fillStyle = colourOf(card, look);
  context.beginPath();
  context.roundRect(x, y, STRIPE, CARD_HEIGHT, [RADIUS, 0, 0, RADIUS]);
  context.fill();
  // Three kinds of line, so that the decision is seen without colours.
  const { stroke, width, dash } = outline(card, theme);
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.setLineDash([...dash]);
  context.beginPath();
  context.roundRect(x, y, CARD_WIDTH, CARD_HEIGHT, RADIUS);
  context.stroke();
  context.setLineDash([]);
}

interface Outline {
  readonly stroke: string;
  readonly width: number;
  readonly dash: readonly number[];
}

export function outline({ mark, isRevoked, count }: Card, theme: Theme): Outline {
  // Of a pile there is always something to say; its words say what.
  if (count > 1) return { stroke: theme.border, width: 1, dash: [] };
  if (mark === 'rejected' || isRevoked) return { stroke: theme.marks.rejected, width: 2, dash: [] };
  if (mark === 'pending_human_review') return { stroke: theme.marks[mark], width: 1.75, dash: [5, 4] };
  return { stroke: theme.border, width: 1, dash: [] };
}

function paintPile(context: CanvasRenderingContext2D, x: number, y: number, theme: Theme): void {
  for (const offset of [8, 4]) {
    context.fillStyle = theme.card;
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + offset, y + offset, CARD_WIDTH, CARD_HEIGHT, RADIUS);
    context.fill();
    context.stroke();
  }
}

/** Drawn as lines, 12 by 12 around the middle: a tick, a cross, an hourglass of two dots, and nothing without a policy. */
export const MARK_LINES: Readonly<Record<Mark, readonly (readonly number[])[]>> = {
  approved: [[-5, 0.5, -1.5, 4, 5, -4]],
  rejected: [
    [-4.5, -4.5, 4.5, 4.5],
    [-4.5, 4.5, 4.5, -4.5],
  ],
  pending_human_review: [
    [-2.5, -4.5, -2.5, 4.5],
    [2.5, -4.5, 2.5, 4.5],
  ],
  none: [],
};

interface MarkPlace {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

function paintLines(
  context: CanvasRenderingContext2D,
  mark: Mark,
  { x, y, size }: MarkPlace,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 2.2 * size;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  for (const line of MARK_LINES[mark]) {
    context.moveTo(x + (line[0] ?? 0) * size, y + (line[1] ?? 0) * size);
    for (let at = 2; at < line.length; at += 2)
      context.lineTo(x + (line[at] ?? 0) * size, y + (line[at + 1] ?? 0) * size);
  }
  context.stroke();
  context.lineCap = 'butt';
}

const widths = new Map<string, string>();

/** The text, cut off with "…" where it is wider. Measuring is dear, so what was measured is kept. */
function shortened(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  let short = text.slice(0, 80);
  if (context.measureText(short).width > width || short !== text) {
    while (short !== '' && context.measureText(`${short}…`).width > width) short = short.slice(0, -1);
    short = `${short}…`;
  }
  if (widths.size > 20_000) widths.clear();
  widths.set(key, short);
  return short;
}

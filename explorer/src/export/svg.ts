import type { ColourBy } from '../graph/colouring.js';
import { CARD_HEIGHT, CARD_WIDTH, type Card, type Drawing, type Flow } from '../graph/drawing.js';
import { colourOf, MARK_LINES, outline } from '../graph/paint-card.js';
import { curve } from '../graph/painter.js';
import type { Theme } from '../graph/theme.js';

interface SvgOptions {
  readonly colourBy: ColourBy;
  readonly theme: Theme;
}

const MARGIN = 24;
const STRIPE = 30;
/** Letters of the title that fit on a card; SVG measures no text. */
const TITLE_LETTERS = 22;
const SUBTITLE_LETTERS = 26;

/** The picture as an SVG file of its own, which needs no fonts, styles or scripts. */
export function drawingSvg(drawing: Drawing, options: SvgOptions): string {
  const { theme } = options;
  const width = drawing.width + 2 * MARGIN;
  const height = drawing.height + 2 * MARGIN;
  const links = drawing.links.map(
    ({ points }) => `<path d="${pathOf(points, drawing.flow)}" marker-end="url(#arrow)"/>`,
  );
  const cards = drawing.cards.map((card, position) =>
    cardSvg(card, drawing.x[position] ?? 0, drawing.y[position] ?? 0, options),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif">`,
    `<defs><marker id="arrow" viewBox="0 0 8 9" refX="8" refY="4.5" markerWidth="8" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4.5L0 9z" fill="${theme.link}"/></marker></defs>`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${theme.background}"/>`,
    `<g fill="none" stroke="${theme.link}" stroke-width="1.4">${links.join('')}</g>`,
    ...cards,
    '</svg>',
    '',
  ].join('\n');
}

function pathOf(points: readonly number[], flow: Flow): string {
  const pieces = curve(points, flow).map(([, , ...rest]) => `C${rest.map(round).join(' ')}`);
  return `M${round(points[0] ?? 0)} ${round(points[1] ?? 0)}${pieces.join('')}`;
}

function cardSvg(card: Card, x: number, y: number, { colourBy, theme }: SvgOptions): string {
  const { stroke, width, dash } = outline(card, theme);
  const colour = colourOf(card, { theme, colourBy });
  const middle = CARD_HEIGHT / 2;
  const mark = MARK_LINES[card.mark].map((line) => `<polyline points="${line.join(' ')}"/>`).join('');
  return [
    `<g transform="translate(${round(x)} ${round(y)})">`,
    `<rect width="${CARD_WIDTH}" height="${CARD_HEIGHT}" rx="8" fill="${theme.card}" stroke="${stroke}" stroke-width="${width}" stroke-dasharray="${dash.join(' ')}"/>`,
    `<path d="M8 0H${STRIPE}V${CARD_HEIGHT}H8a8 8 0 0 1-8-8V8a8 8 0 0 1 8-8z" fill="${colour}"/>`,
    `<text x="${STRIPE / 2}" y="${middle + 4.5}" text-anchor="middle" font-size="13" font-weight="600" fill="${theme.background}">${escaped(card.letter)}</text>`,
    `<text x="${STRIPE + 12}" y="22" font-size="13" font-weight="600" fill="${theme.text}">${escaped(cut(card.title, TITLE_LETTERS))}</text>`,
    `<text x="${STRIPE + 12}" y="39" font-size="12" fill="${theme.quiet}">${escaped(cut(card.subtitle, SUBTITLE_LETTERS))}</text>`,
    `<g transform="translate(${CARD_WIDTH - 20} ${middle})" fill="none" stroke="${theme.marks[card.mark]}" stroke-width="2.2" stroke-linecap="round">${mark}</g>`,
    '</g>',
  ].join('');
}

function cut(text: string, letters: number): string {
  const characters = Array.from(text);
  return characters.length > letters ? `${characters.slice(0, letters - 1).join('')}…` : text;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Texts come from tokens; XML allows no control characters at all, and no half of a surrogate pair. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\u0000-\u001f\ufffe\uffff\p{Cs}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

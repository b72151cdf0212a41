import type { Mark } from './drawing.js';
import { TONES } from './colouring.js';

/** The colours of the style sheet, for where CSS does not reach: canvas and SVG files. */
export interface Theme {
  readonly background: string;
  readonly card: string;
  readonly border: string;
  readonly text: string;
  readonly quiet: string;
  readonly link: string;
  readonly accent: string;
  readonly tones: readonly string[];
  readonly marks: Readonly<Record<Mark, string>>;
  readonly font: string;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: read('canvas'),
    card: read('surface'),
    border: read('border-strong'),
    text: read('text'),
    quiet: read('text-quiet'),
    link: read('link-line'),
    accent: read('accent'),
    tones: Array.from({ length: TONES }, (_, tone) => read(`tone-${tone}`)),
    marks: {
      approved: read('approved'),
      rejected: read('rejected'),
      pending_human_review: read('pending'),
      none: read('text-faint'),
    },
    font: getComputedStyle(document.body).fontFamily,
  };
}

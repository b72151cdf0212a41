/** What is drawn, whatever it stands for: cards and links between them, placed on a plane. Units are CSS pixels at a zoom of 1. */

export type Mark = 'approved' | 'rejected' | 'pending_human_review' | 'none';

export interface Card {
  readonly title: string;
  readonly subtitle: string;
  /** One or two letters that stand for the colour, for those who can't tell colours apart. */
  readonly letter: string;
  /** Number of a colour; see `palette.ts`. */
  readonly tone: number;
  readonly mark: Mark;
  /** Whether the key was revoked. */
  readonly isRevoked: boolean;
  /** Drawn as a pile when it stands for several tasks. */
  readonly count: number;
}

export interface Link {
  readonly from: number;
  readonly to: number;
  /** Where it passes: x, y, x, y … */
  readonly points: readonly number[];
  /** How many links it stands for. */
  readonly weight: number;
}

/** Where the cards are. */
export interface Layout {
  /** Left edges. */
  readonly x: readonly number[];
  /** Top edges. */
  readonly y: readonly number[];
  readonly links: readonly Link[];
  readonly width: number;
  readonly height: number;
  /** Where time goes, and with it every link. */
  readonly flow: Flow;
}

export type Flow = 'right' | 'down';

export interface Drawing extends Layout {
  readonly cards: readonly Card[];
}

/** What a layout is made from. */
export interface Links {
  readonly count: number;
  /** Longest way from a root, for each. */
  readonly layers: readonly number[];
  readonly pairs: readonly (readonly [from: number, to: number, weight: number])[];
}

export const CARD_WIDTH = 248;
export const CARD_HEIGHT = 52;
export const ROW_GAP = 18;
/** Between the layers. */
export const LAYER_GAP = 56;

/** How large a layout can be shown in a window of this width by height. */
export function fitIn({ width, height }: Layout, aspect: number): number {
  return Math.min(aspect / width, 1 / height);
}

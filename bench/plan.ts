/** How much is measured. A load is as large as it takes to fill its time when the aim is just met, and is cut off when it takes much longer. */
export interface Plan {
  readonly name: string;
  /** Yardstick, singles and batches are measured so often, the yardstick once more at the end. */
  readonly rounds: number;
  readonly seconds: {
    readonly yardstick: number;
    readonly oneConnection: number;
    readonly manyConnections: number;
    readonly batches: number;
  };
  /** Questions per ancestry figure. */
  readonly questions: number;
  /** Tokens that are remembered when replay detection is measured. */
  readonly rememberedTokens: number;
  /** Whether the largest bodies and very many at once are tried for their memory. */
  readonly stress: boolean;
}

export const FULL: Plan = {
  name: 'full',
  rounds: 3,
  seconds: { yardstick: 3, oneConnection: 4, manyConnections: 8, batches: 8 },
  questions: 40,
  rememberedTokens: 1_000_000,
  stress: true,
};

export const QUICK: Plan = {
  name: 'quick',
  rounds: 1,
  seconds: { yardstick: 2, oneConnection: 2, manyConnections: 4, batches: 4 },
  questions: 15,
  rememberedTokens: 200_000,
  stress: false,
};

export const CONNECTIONS = 64;
export const BATCH_TOKENS = 200;
/** Batches sent at the same time. */
export const BATCHES_IN_FLIGHT = 4;
export const WORKFLOW_TOKENS = 10;

/** The aims; rates as a share of the yardstick. */
export const AIMS = {
  single: 0.4,
  batches: 0.75,
  oneClientP50Ms: 5,
  oneClientP99Ms: 20,
  ancestry1000Ms: 40,
  ancestry10000Ms: 250,
  receiptP50Ms: 5,
  /** What a leaf costs in a large tree over what it costs in a small one. */
  treeGrowth: 1.1,
  memoryBytes: 300e6,
  /** "Flat": the last round's mean over the first one's, with room for what a garbage collector leaves to chance. */
  memoryGrowth: 1.1,
} as const;

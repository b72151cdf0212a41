const DECIMAL = /^(?:0|[1-9][0-9]*)$/;

/** Whether a value is what an index or a size can be: a whole number from 0 to 2^53 − 1. */
export function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The number of an ASCII decimal without leading zeroes, as C2SP writes sizes; `undefined` for other text and beyond 2^53 − 1. */
export function parseDecimal(text: string): number | undefined {
  const value = Number(text);
  return DECIMAL.test(text) && isNatural(value) ? value : undefined;
}

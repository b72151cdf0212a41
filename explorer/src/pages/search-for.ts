/** As many as the ledger takes in one question, and as long as an address may well be. */
const MAX_ISSUERS = 50;
const MAX_CHARACTERS = 6_000;

/** What a text means: issuers that contain it, or else the beginning of a workflow's name. */
export type Search =
  | {
      readonly by: 'issuer';
      /** The matching issuers that the ledger is asked for. */
      readonly asked: readonly string[];
      /** How many match. */
      readonly matching: number;
    }
  | { readonly by: 'name'; readonly prefix: string };

/** @param issuers those that are known, the last used first */
export function searchFor(text: string, issuers: readonly string[]): Search {
  const wanted = text.toLowerCase();
  const matching = issuers.filter((iss) => iss.toLowerCase().includes(wanted));
  if (matching.length === 0) return { by: 'name', prefix: wanted };
  let characters = 0;
  const asked = matching
    .slice(0, MAX_ISSUERS)
    .filter((iss) => (characters += encodeURIComponent(iss).length) <= MAX_CHARACTERS);
  return { by: 'issuer', asked, matching: matching.length };
}

/**
 * The two drafts' names for the same things (ECT §4, "Profiles"): one table, not two code paths.
 */
export interface Profile {
  readonly name: ProfileName;
  /** JOSE `typ`, lower case, without `application/`. */
  readonly typ: string;
  readonly parents: 'par' | 'pred';
  readonly extension: 'ext' | 'ect_ext';
  /** Where `pol`, `pol_decision`, `pol_enforcer` stand: in the payload or in the extension object. */
  readonly policyIn: 'payload' | 'extension';
  /** Whether `sha-256:` and the like may stand before a hash. */
  readonly allowsHashPrefix: boolean;
}

export type ProfileName = 'wimse-exec' | 'exec';

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  'wimse-exec': {
    name: 'wimse-exec',
    typ: 'wimse-exec+jwt',
    parents: 'par',
    extension: 'ext',
    policyIn: 'payload',
    allowsHashPrefix: true,
  },
  exec: {
    name: 'exec',
    typ: 'exec+jwt',
    parents: 'pred',
    extension: 'ect_ext',
    policyIn: 'extension',
    allowsHashPrefix: false,
  },
};

/** The profile of a JOSE `typ`, compared case-insensitively, an `application/` prefix tolerated (RFC 7515 §4.1.9). */
export function profileOfTyp(typ: unknown): Profile | undefined {
  if (typeof typ !== 'string') return undefined;
  const short = typ.toLowerCase().replace(/^application\//, '');
  return Object.values(PROFILES).find((profile) => profile.typ === short);
}

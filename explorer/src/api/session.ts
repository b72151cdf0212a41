/** The bearer token for a ledger that asks for one. It ends with the tab and is written nowhere else. */
const STORED_AS = 'ect-ledger.token';

export interface Access {
  /** Whether the ledger has refused to answer without a token, or with the one there is. */
  readonly isSignInNeeded: boolean;
  readonly isSignedIn: boolean;
  /** Counts the changes of the token: what was loaded before is to be loaded again. */
  readonly generation: number;
}

type Listener = (access: Access) => void;

const listeners = new Set<Listener>();
let access: Access = { isSignInNeeded: false, isSignedIn: bearerToken() !== undefined, generation: 0 };

export function bearerToken(): string | undefined {
  return sessionStorage.getItem(STORED_AS) ?? undefined;
}

export function currentAccess(): Access {
  return access;
}

export function onAccess(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signIn(token: string): void {
  sessionStorage.setItem(STORED_AS, token);
  become({ isSignInNeeded: false, isSignedIn: true, generation: access.generation + 1 });
}

export function signOut(): void {
  sessionStorage.removeItem(STORED_AS);
  become({ isSignInNeeded: false, isSignedIn: false, generation: access.generation + 1 });
}

/** The ledger answered that it does not know who asks. */
export function refused(): void {
  if (!access.isSignInNeeded) become({ ...access, isSignInNeeded: true });
}

function become(changed: Access): void {
  access = changed;
  for (const listener of listeners) listener(access);
}

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { signIn } from '../api/session.js';
import { feed } from '../live/feed.js';
import { useAccess } from './use-access.js';

/** Asks for the token without which this ledger does not answer. */
export function SignIn(): JSX.Element {
  const [token, setToken] = useState('');
  const { isSignedIn } = useAccess();
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        signIn(token.trim());
        feed.start();
      }}
    >
      <h1>Sign in</h1>
      <p>This ledger answers only those whom it knows. Paste a bearer token with the scope ledger:read.</p>
      {isSignedIn && (
        <p class="notice" role="alert">
          The ledger does not accept the token that you gave. It may have expired.
        </p>
      )}
      <label>
        Bearer token
        <textarea
          rows={5}
          required
          autocomplete="off"
          spellcheck={false}
          value={token}
          onInput={({ currentTarget: { value } }) => setToken(value)}
        />
      </label>
      <button type="submit" class="button button-primary" disabled={token.trim() === ''}>
        Sign in
      </button>
      <p class="quiet">It is kept in this tab until it is closed, and sent to this ledger only.</p>
    </form>
  );
}

import type { ComponentChildren, JSX } from 'preact';
import type { Problem } from '../api/problem.js';
import { currentAccess, signOut } from '../api/session.js';
import { Icon } from './icon.js';

/** Lines where text will be. */
export function Loading({
  what,
  lines = 4,
}: {
  readonly what: string;
  readonly lines?: number;
}): JSX.Element {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">Loading {what} …</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton" />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Empty({ title, children }: EmptyProps): JSX.Element {
  return (
    <div class="state">
      <Icon name="empty" />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

interface FailedProps {
  readonly problem: Problem;
  readonly onRetry?: () => void;
}

/** What went wrong, and the ways on. */
export function Failed({ problem, onRetry }: FailedProps): JSX.Element {
  const isKnown = !['unreachable', 'unreadable', 'unexpected'].includes(problem.code);
  return (
    <div class="state state-failed" role="alert">
      <Icon name="warning" />
      <h2>{problem.title}</h2>
      <p>{problem.message}</p>
      <p class="actions">
        {onRetry && (
          <button type="button" class="button" onClick={onRetry}>
            Try again
          </button>
        )}
        {problem.code === 'forbidden' && currentAccess().isSignedIn && (
          <button type="button" class="button" onClick={signOut}>
            Use another token
          </button>
        )}
        {isKnown && <a href={`problems/${encodeURIComponent(problem.code)}`}>What this means</a>}
      </p>
    </div>
  );
}

/** That this is not all. */
export function Notice({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="notice" role="note">
      <Icon name="warning" />
      <p>{children}</p>
    </div>
  );
}

import { useLayoutEffect, useState } from 'preact/hooks';
import { Problem } from './problem.js';

export type Loaded<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: Value }
  | { readonly state: 'failed'; readonly problem: Problem };

/**
 * Loads something and loads it again when `key` changes; what was asked for before is given up.
 *
 * @param key names what is loaded
 */
export function useLoad<Value>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
): Loaded<Value> & { readonly reload: () => void } {
  const [attempt, setAttempt] = useState(0);
  const [held, setHeld] = useState<{ readonly key: string; readonly loaded: Loaded<Value> }>();
  // Before anything is painted: what is asked for takes longest.
  useLayoutEffect(() => {
    const controller = new AbortController();
    const settle = (loaded: Loaded<Value>) => {
      if (!controller.signal.aborted) setHeld({ key, loaded });
    };
    load(controller.signal).then(
      (value) => settle({ state: 'ready', value }),
      (error: unknown) => settle({ state: 'failed', problem: problemOf(error) }),
    );
    return () => controller.abort();
    // `load` is a new function at each rendering; `key` says when it does something else.
  }, [key, attempt]);
  const loaded: Loaded<Value> = held?.key === key ? held.loaded : { state: 'loading' };
  const reload = () => {
    setHeld(undefined);
    setAttempt(attempt + 1);
  };
  return { ...loaded, reload };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('unexpected', 'This page made a mistake', String(error));
}

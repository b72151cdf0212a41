import { useEffect, useState } from 'preact/hooks';
import { formatRoute, parseRoute, type Route, withQuery } from './route.js';

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

export function go(route: Route): void {
  location.hash = formatRoute(route);
}

/** Goes there without a new step in the history: for what follows typing and dragging. */
export function replace(route: Route): void {
  history.replaceState(null, '', formatRoute(route));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Changes values of the query, staying on the page. */
export function change(route: Route, changes: Readonly<Record<string, string | undefined>>): void {
  go(withQuery(route, changes));
}

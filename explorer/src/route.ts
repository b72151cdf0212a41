/** Where in the explorer somebody is. Every state worth coming back to is in the address, after the `#`. */
export type Place =
  | { readonly page: 'workflows' }
  | { readonly page: 'workflow'; readonly wid: string }
  | { readonly page: 'task'; readonly jti: string }
  | { readonly page: 'nowhere' };

export interface Route {
  readonly place: Place;
  /** Names and values; an absent name is its default. */
  readonly query: Readonly<Record<string, string>>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** @param hash as `location.hash`: anybody may have written it */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?', 2);
  return { place: parsePlace(path), query: Object.fromEntries(new URLSearchParams(search)) };
}

export function formatRoute({ place, query }: Route): string {
  const search = new URLSearchParams(query).toString();
  return `#${formatPlace(place)}${search === '' ? '' : `?${search}`}`;
}

/** The query with some values changed; `undefined` takes one out. */
export function withQuery(
  { place, query }: Route,
  changes: Readonly<Record<string, string | undefined>>,
): Route {
  const changed = Object.entries({ ...query, ...changes }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return { place, query: Object.fromEntries(changed) };
}

function parsePlace(path: string): Place {
  const [kind = '', name = '', ...more] = path.split('/').slice(1);
  if (more.length > 0) return { page: 'nowhere' };
  if (kind === '' || (kind === 'workflows' && name === '')) return { page: 'workflows' };
  if (kind === 'workflows' && isUuid(name)) return { page: 'workflow', wid: name.toLowerCase() };
  if (kind === 'tasks' && isUuid(name)) return { page: 'task', jti: name.toLowerCase() };
  return { page: 'nowhere' };
}

function formatPlace(place: Place): string {
  switch (place.page) {
    case 'workflow':
      return `/workflows/${place.wid}`;
    case 'task':
      return `/tasks/${place.jti}`;
    case 'workflows':
    case 'nowhere':
      return '/';
  }
}

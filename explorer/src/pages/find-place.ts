import { getEntry, searchEntries } from '../api/client.js';
import { Problem } from '../api/problem.js';
import type { Route } from '../route.js';

/** Where a workflow or a task of this name is shown. */
export async function findPlace(uuid: string): Promise<Route | undefined> {
  const { entries } = await searchEntries({ wid: uuid, limit: 1 });
  if (entries.length > 0) return { place: { page: 'workflow', wid: uuid.toLowerCase() }, query: {} };
  try {
    return placeOfTask(await getEntry({ jti: uuid }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Several workflows use the name: the page of the task asks which one is meant.
    return error.code === 'ambiguous-jti' ? placeOfTask({ jti: uuid }) : undefined;
  }
}

/** A task is shown in its workflow, where it has one. */
function placeOfTask({ jti, wid }: { readonly jti: string; readonly wid?: string }): Route {
  return wid === undefined
    ? { place: { page: 'task', jti }, query: {} }
    : { place: { page: 'workflow', wid }, query: { focus: jti } };
}

import { useEffect, useState } from 'preact/hooks';
import { feed, type FeedState } from './feed.js';

/** What the feed of recordings last said. */
export function useFeed(): FeedState {
  const [state, setState] = useState(() => feed.state);
  useEffect(() => feed.listen(setState), []);
  return state;
}

import type { JSX } from 'preact';
import { Icon } from '../ui/icon.js';
import { feed, type FeedState } from './feed.js';
import { useFeed } from './use-feed.js';

const WORDS: Readonly<Record<FeedState['connection'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  paused: 'Paused',
  absent: 'Not live',
};

/** Whether the page follows the ledger, and a way to have it stand still. */
export function LiveIndicator(): JSX.Element {
  const { connection } = useFeed();
  const isStopped = connection === 'paused' || connection === 'absent';
  return (
    <div class={`live live-${connection}`}>
      <span class="live-dot" aria-hidden="true" />
      <span role="status">{WORDS[connection]}</span>
      {connection !== 'absent' && (
        <button
          type="button"
          class="icon-button small"
          onClick={() => (isStopped ? feed.start() : feed.pause())}
        >
          <Icon
            name={isStopped ? 'play' : 'pause'}
            label={isStopped ? 'Follow the ledger' : 'Stop following'}
          />
        </button>
      )}
    </div>
  );
}

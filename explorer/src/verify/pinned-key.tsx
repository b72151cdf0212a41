import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Check } from './check.js';
import { pinVkeys, storedVkeys } from './pinned-keys.js';

interface PinnedKeyProps {
  readonly checks: readonly Check[];
  readonly onPinned: () => void;
}

/** The log's key that this browser goes by, and ways to change it: what is right, only the reader can know. */
export function PinnedKey({ checks, onPinned }: PinnedKeyProps): JSX.Element {
  const [text, setText] = useState(() => storedVkeys().join('\n'));
  const offered = checks.flatMap(({ acceptable = [] }) => acceptable);
  const pin = (vkeys: readonly string[]) => {
    pinVkeys(vkeys);
    setText(vkeys.join('\n'));
    onPinned();
  };
  return (
    <div class="pinned-key">
      {offered.length > 0 && (
        <p>
          Compare the new key with what you were told by another way than this page.{' '}
          <button type="button" class="link-button" onClick={() => pin(offered)}>
            Accept the new key
          </button>
        </p>
      )}
      <details>
        <summary>The log’s key</summary>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            pin(text.split(/\s+/).filter((vkey) => vkey !== ''));
          }}
        >
          <label>
            <span class="quiet">As you know it from elsewhere (vkey, one a line)</span>
            <textarea
              rows={3}
              spellcheck={false}
              value={text}
              onInput={({ currentTarget: { value } }) => setText(value)}
            />
          </label>
          <button type="submit" class="button">
            Pin and verify
          </button>
        </form>
      </details>
    </div>
  );
}

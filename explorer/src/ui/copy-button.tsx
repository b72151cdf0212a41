import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './icon.js';

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  /** Only the sign is shown, the label is said. */
  readonly isSmall?: boolean;
}

const THANKS_MS = 1_600;

export function CopyButton({ text, label, isSmall = false }: CopyButtonProps): JSX.Element {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  const copy = () => {
    // Outside of secure contexts there is no clipboard.
    const copied = isSecureContext
      ? navigator.clipboard.writeText(text)
      : Promise.reject(new Error('insecure'));
    copied
      .then(
        () => setOutcome('copied'),
        () => setOutcome('failed'),
      )
      .finally(() => setTimeout(() => setOutcome(undefined), THANKS_MS));
  };
  const words = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : label;
  return (
    <button type="button" class={isSmall ? 'icon-button small' : 'button'} onClick={copy} title={label}>
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} {...(isSmall && { label: words })} />
      {!isSmall && <span aria-live="polite">{words}</span>}
    </button>
  );
}

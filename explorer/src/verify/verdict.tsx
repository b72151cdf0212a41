import type { JSX } from 'preact';
import { Icon, type IconName } from '../ui/icon.js';
import type { Check } from './check.js';

const ICONS: Readonly<Record<Check['outcome'], IconName>> = {
  passed: 'check',
  failed: 'cross',
  skipped: 'skip',
};
const WORDS: Readonly<Record<Check['outcome'], string>> = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'not checked',
};

/** Each step with its outcome, and what follows from all of them. */
export function Verdict({ checks }: { readonly checks: readonly Check[] }): JSX.Element {
  const failed = checks.filter(({ outcome }) => outcome === 'failed').length;
  const skipped = checks.filter(({ outcome }) => outcome === 'skipped').length;
  const overall = failed > 0 ? 'failed' : skipped > 0 ? 'skipped' : 'passed';
  return (
    <div class={`verdict verdict-${overall}`}>
      <p class="verdict-head">
        <Icon name={failed > 0 ? 'cross' : skipped > 0 ? 'warning' : 'check'} />
        <strong>{headline(failed, skipped)}</strong>
      </p>
      <ol>
        {checks.map(({ name, title, outcome, detail }) => (
          <li key={name} class={`step step-${outcome}`} data-step={name} data-outcome={outcome}>
            <Icon name={ICONS[outcome]} label={WORDS[outcome]} />
            <div>
              <span class="step-title">{title}</span>
              <span class="step-detail">{detail}</span>
            </div>
          </li>
        ))}
      </ol>
    </div>
  );
}

function headline(failed: number, skipped: number): string {
  if (failed > 0) return 'Broken: do not rely on this entry';
  return skipped > 0
    ? 'Nothing is wrong, but not everything could be checked'
    : 'Genuine: everything was checked here';
}

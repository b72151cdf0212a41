/** Words for what the ledger says in numbers and names. */

/** The telling end of an issuer: `spiffe://example.com/agent/build` → `build`. Two may end alike; the whole is shown beside it. */
export function shortIssuer(iss: string): string {
  const parts = iss.split(/[/:#]/).filter((part) => part !== '');
  return parts.at(-1) ?? iss;
}

export function shortUuid(uuid: string): string {
  return uuid.slice(0, 8);
}

const counting = new Intl.NumberFormat('en', { useGrouping: true });

/** `1 task`, `2,400 tasks`. */
export function count(number: number, word: string): string {
  return `${counting.format(number)} ${word}${number === 1 ? '' : 's'}`;
}

export function grouped(number: number): string {
  return counting.format(number);
}

const dateAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** In the reader's time zone; what cannot be a time as it came. */
export function moment(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : dateAndTime.format(date);
}

const SPANS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** How long from one time to another: `2 h 5 min`, `340 ms`. */
export function span(from: string, to: string): string {
  const ms = Date.parse(to) - Date.parse(from);
  if (Number.isNaN(ms)) return '';
  if (ms === 0) return '< 1 ms';
  if (ms < 1_000) return `${ms} ms`;
  let rest = Math.round(ms / 1_000);
  const parts: string[] = [];
  for (const [seconds, unit] of SPANS) {
    const whole = Math.floor(rest / seconds);
    rest -= whole * seconds;
    if (whole > 0 || parts.length > 0) parts.push(`${whole} ${unit}`);
  }
  return parts
    .slice(0, 2)
    .filter((text) => !text.startsWith('0 '))
    .join(' ');
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `5 minutes ago`; days at most, then the date. */
export function ago(time: string, nowMs: number): string {
  const seconds = (Date.parse(time) - nowMs) / 1_000;
  if (Math.abs(seconds) < 45) return 'just now';
  if (Math.abs(seconds) < 2_700) return relative.format(Math.round(seconds / 60), 'minute');
  if (Math.abs(seconds) < 79_200) return relative.format(Math.round(seconds / 3_600), 'hour');
  if (Math.abs(seconds) < 6 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day');
  return moment(time);
}

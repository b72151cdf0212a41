import type { JSX } from 'preact';
import { type Issuer, markOf } from '../graph/colouring.js';
import type { TaskGraph } from '../graph/task-graph.js';
import { DecisionBadge, RevokedBadge } from '../ui/badges.js';
import { ago, count, grouped, moment, span } from '../ui/words.js';

interface SummaryProps {
  readonly graph: TaskGraph;
  readonly issuers: ReadonlyMap<string, Issuer>;
}

/** The workflow in one line: how much, by how many, when, and what an auditor should look at. */
export function Summary({ graph: { tasks }, issuers }: SummaryProps): JSX.Element | null {
  const first = tasks[0];
  const last = tasks.at(-1);
  if (!first || !last) return null;
  const marks = tasks.map(markOf);
  const rejected = marks.filter((mark) => mark === 'rejected').length;
  const pending = marks.filter((mark) => mark === 'pending_human_review').length;
  const revoked = tasks.filter(({ key_status: status }) => status === 'revoked').length;
  return (
    <p class="summary">
      <span>{count(tasks.length, 'task')}</span>
      <span>{count(issuers.size, 'issuer')}</span>
      <span title={moment(first.recorded_at)}>started {ago(first.recorded_at, Date.now())}</span>
      <span>took {span(first.recorded_at, last.recorded_at)}</span>
      {rejected > 0 && <DecisionBadge mark="rejected" text={`${grouped(rejected)} rejected`} />}
      {pending > 0 && (
        <DecisionBadge mark="pending_human_review" text={`${grouped(pending)} pending review`} />
      )}
      {revoked > 0 && <RevokedBadge text={`${grouped(revoked)} by revoked keys`} />}
    </p>
  );
}

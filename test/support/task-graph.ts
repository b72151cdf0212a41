import fc from 'fast-check';
import type { TaskGraph } from '../../src/domain/export/task-graph.js';
import type { DagNode } from '../../src/domain/entry.js';

/** What somebody might write into a token to break out of a label. */
const TRAPS = [
  '"]; n9 -> n9 [label="x',
  '\\',
  '\\"',
  '\\N\\G\\l\n',
  '"];\nclick n1 href "javascript:alert(1)"',
  '%%{init: {"securityLevel": "loose"}}%%',
  '%% comment',
  'end',
  'subgraph x',
  '---\ntitle: x\n---',
  '`**bold**`',
  '1. one',
  '- one',
  '# one',
  'style: #60;b#62;',
  'classDef x:#60;',
  ':::approved',
  '&lt;b&gt;&amp;&#60;',
  '#quot;#35;#9829;',
  'ﬂ°°60¶ß',
  '<script>alert(1)</script>',
  '<TABLE>',
  'www.example.com https://example.com a@example.com',
  '*/ // # {}[]()|<>',
  '\u202Eevil\u0000\u001B[31m\u2028\uD800\uFFFE',
  '  padded  ',
  '${x}{{x}}',
  '🌳漢字é',
] as const;

/** Any text with and without traps; not empty. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ minLength: 1, maxLength: 300 }),
  fc.constantFrom(...TRAPS),
  fc.array(fc.constantFrom(...TRAPS), { minLength: 2, maxLength: 3 }).map((parts) => parts.join('')),
);

const task = fc.record({
  execAct: hostileText,
  iss: hostileText,
  iat: fc.nat(2_000_000_000),
  recordedAtMs: fc.nat(2_000_000_000_000),
  polDecision: fc.constantFrom(undefined, 'approved', 'rejected', 'pending_human_review'),
  /** Numbers of parents: one below the task's own is shown, any other is not. */
  links: fc.uniqueArray(fc.nat(12), { maxLength: 4 }),
});

/** Graphs of some tasks with hostile words, several parents, and parents that are not shown. */
export const taskGraph: fc.Arbitrary<TaskGraph> = fc
  .record({ tasks: fc.array(task, { maxLength: 8 }), truncated: fc.boolean(), isWorkflow: fc.boolean() })
  .map(({ tasks, truncated, isWorkflow }) => ({
    title: `Workflow ${uuidOf(99)}`,
    truncated,
    nodes: tasks.map(({ links, ...words }, i): DagNode => ({
      ...words,
      jti: uuidOf(i),
      wid: isWorkflow ? uuidOf(99) : undefined,
      index: 10 + i,
      parents: links.map((link) => uuidOf(link < i ? link : 50 + link)),
      kid: 'agent-a-key',
      jkt: 'thumbprint',
    })),
  }));

export function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The arrows that a picture of the graph must have, as `parent child`, each named by its `jti`. */
export function arrowsOf({ nodes }: TaskGraph): readonly string[] {
  return nodes.flatMap(({ jti, parents }) => parents.map((parent) => `${parent} ${jti}`)).sort();
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DagNode } from '../../../src/domain/entry.js';
import { formatDot } from '../../../src/domain/export/dot.js';
import { formatMermaid } from '../../../src/domain/export/mermaid.js';
import { formatOpenLineage } from '../../../src/domain/export/openlineage.js';
import { pictureOf } from '../../../src/domain/export/picture.js';
import { linkTasks, type TaskGraph, TRUNCATED_NOTE } from '../../../src/domain/export/task-graph.js';
import { draw, spaced } from '../../support/graphviz.js';
import { readFlowchart } from '../../support/mermaid-flowchart.js';
import { readRunEvents } from '../../support/openlineage.js';
import { arrowsOf, taskGraph, uuidOf } from '../../support/task-graph.js';

const WID = uuidOf(99);

function taskOf(number: number, parents: readonly number[], more: Partial<DagNode> = {}): DagNode {
  return {
    jti: uuidOf(number),
    wid: WID,
    index: 10 + number,
    iss: 'spiffe://example.com/agent/a',
    execAct: `step_${number}`,
    iat: 1_772_064_150,
    recordedAtMs: 1_772_064_151_123,
    parents: parents.map(uuidOf),
    kid: 'agent-a-key',
    jkt: 'thumbprint',
    ...more,
  };
}

const graphOf = (nodes: readonly DagNode[], truncated = false): TaskGraph => ({
  title: `Workflow ${WID}`,
  nodes,
  truncated,
});

/** 0 → 1, 2 → 3, and a parent of 2 that is not shown. */
const DIAMOND = graphOf([
  taskOf(0, [], { polDecision: 'approved' }),
  taskOf(1, [0]),
  taskOf(2, [0, 50], { polDecision: 'rejected' }),
  taskOf(3, [1, 2], { polDecision: 'pending_human_review' }),
]);

describe('the picture of a graph', () => {
  test('has an arrow per parent, and a box of its own for one that is not shown', () => {
    fc.assert(
      fc.property(taskGraph, (graph) => {
        const { boxes, arrows } = pictureOf(graph);
        const jtis = new Map(boxes.map(({ id, jti }) => [id, jti]));
        expect(jtis.size).toBe(boxes.length);
        expect(arrows.map((ids) => ids.map((id) => jtis.get(id)).join(' ')).sort()).toEqual(arrowsOf(graph));
      }),
    );
  });

  test('keeps a caption short and without control characters', () => {
    const [box] = pictureOf(graphOf([taskOf(1, [], { execAct: `\u202e${'x'.repeat(256)}` })])).boxes;
    expect(box?.caption).toEqual([`\\u{202e}${'x'.repeat(58)}…`, 'spiffe://example.com/agent/a', '#11']);
  });
});

describe('the parents of a task', () => {
  const other = uuidOf(98);

  test('are those of its own workflow, though another uses the same jti', () => {
    const nodes = [taskOf(1, [], { wid: other, index: 1 }), taskOf(1, [], { index: 2 }), taskOf(3, [1])];
    expect(linkTasks(nodes)[2]?.parents).toEqual([nodes[1]]);
  });

  test('are, without a workflow, those that were recorded before it', () => {
    const free = taskOf(3, [1], { wid: undefined, index: 2 });
    const nodes = [taskOf(1, [], { index: 3 }), taskOf(1, [], { wid: other, index: 1 }), free];
    expect(linkTasks(nodes)[2]?.parents).toEqual([nodes[1]]);
  });
});

describe('DOT', () => {
  test('is drawn by Graphviz with every word as it stands, whatever the words are', async () => {
    await fc.assert(
      fc.asyncProperty(taskGraph, async (graph) => {
        const drawing = await draw(formatDot(graph));
        const { boxes, arrows } = pictureOf(graph);
        const expected = boxes.map(
          ({ id, jti, caption }) => [id, { lines: caption.map(spaced), tooltip: jti }] as const,
        );
        expect(drawing.boxes).toEqual(new Map(expected));
        expect([...drawing.arrows].sort()).toEqual([...arrows].sort());
      }),
      { numRuns: 300 },
    );
  });

  test('looks like this', () => {
    expect(formatDot(DIAMOND)).toBe(`// Workflow ${WID}
digraph ledger {
  graph [label="Workflow ${WID}", labelloc=t, rankdir=TB, fontname="Helvetica"];
  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10];
  n10 [label="step_0\\nspiffe://example.com/agent/a\\n#10 · approved", tooltip="${uuidOf(0)}", fillcolor="#dcfce7", color="#15803d"];
  n11 [label="step_1\\nspiffe://example.com/agent/a\\n#11", tooltip="${uuidOf(1)}", fillcolor="#f4f4f5", color="#52525b"];
  n12 [label="step_2\\nspiffe://example.com/agent/a\\n#12 · rejected", tooltip="${uuidOf(2)}", fillcolor="#fee2e2", color="#b91c1c"];
  n13 [label="step_3\\nspiffe://example.com/agent/a\\n#13 · pending_human_review", tooltip="${uuidOf(3)}", fillcolor="#fef3c7", color="#b45309"];
  p0 [label="00000000…\\nnot shown", tooltip="${uuidOf(50)}", fillcolor="#ffffff", color="#a1a1aa", style="rounded,filled,dashed"];
  n10 -> n11;
  n10 -> n12;
  p0 -> n12;
  n11 -> n13;
  n12 -> n13;
}
`);
  });
});

describe('Mermaid', () => {
  test('has labels of letters, digits and entity codes only, which say every word as it stands', () => {
    fc.assert(
      fc.property(taskGraph, (graph) => {
        const flowchart = readFlowchart(formatMermaid(graph));
        const { boxes, arrows } = pictureOf(graph);
        const captions = boxes.map(({ id, caption }) => [id, caption.join('\n')] as const);
        const note = graph.truncated ? [['truncated', TRUNCATED_NOTE] as const] : [];
        expect([...flowchart.boxes]).toEqual([...note, ...captions]);
        expect(flowchart.arrows).toEqual(arrows);
      }),
      { numRuns: 500 },
    );
  });

  test('looks like this', () => {
    expect(formatMermaid(graphOf(DIAMOND.nodes.slice(0, 3)))).toBe(`flowchart TB
accTitle: Workflow ${WID}
n10["step_0<br/>spiffe#58;#47;#47;example#46;com/agent/a<br/>#35;10#32;#183;#32;approved"]
n11["step_1<br/>spiffe#58;#47;#47;example#46;com/agent/a<br/>#35;11"]
n12["step_2<br/>spiffe#58;#47;#47;example#46;com/agent/a<br/>#35;12#32;#183;#32;rejected"]
p0["00000000#8230;<br/>not shown"]
n10 --> n11
n10 --> n12
p0 --> n12
classDef approved fill:#dcfce7,stroke:#15803d,color:#18181b
class n10 approved
classDef none fill:#f4f4f5,stroke:#52525b,color:#18181b
class n11 none
classDef rejected fill:#fee2e2,stroke:#b91c1c,color:#18181b
class n12 rejected
classDef absent fill:#ffffff,stroke:#a1a1aa,color:#18181b,stroke-dasharray:4
class p0 absent
`);
  });

  test('says when it has more arrows than Mermaid draws by itself', () => {
    const star = (children: number) =>
      formatMermaid(
        graphOf([taskOf(0, []), ...Array.from({ length: children }, (_, i) => taskOf(i + 1, [0]))]),
      );
    expect(star(500)).not.toContain('%%');
    expect(star(501)).toContain('\n%% 501 arrows: draw it with maxEdges and maxTextSize set higher\n');
  });
});

describe('OpenLineage', () => {
  test('is a valid run event per task, whatever the words are', () => {
    fc.assert(
      fc.property(taskGraph, (graph) => {
        const text = formatOpenLineage(graph);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        const events = readRunEvents(text);
        expect(events.map(({ run, job }) => [run.runId, job.namespace, job.name])).toEqual(
          graph.nodes.map(({ jti, iss, execAct }) => [jti, iss, execAct]),
        );
      }),
    );
  });

  test('names every parent: upstream where its job is known, else in a tag', () => {
    fc.assert(
      fc.property(taskGraph, (graph) => {
        const named = readRunEvents(formatOpenLineage(graph)).flatMap(({ run: { runId, facets } }) => [
          ...(facets.jobDependencies?.upstream ?? []).map(({ run }) => `${run.runId} ${runId}`),
          ...facets.tags.tags
            .filter(({ key }) => key === 'ect.parent_not_shown')
            .map(({ value }) => `${value} ${runId}`),
        ]);
        expect(named.sort()).toEqual(arrowsOf(graph));
      }),
    );
  });

  test('says when the task ended, where it stands in the log, what was decided and which workflow it is a part of', () => {
    const [event] = readRunEvents(formatOpenLineage(graphOf([taskOf(1, [], { polDecision: 'approved' })])));
    expect(event).toMatchObject({
      eventTime: '2026-02-26T00:02:30.000Z',
      job: { namespace: 'spiffe://example.com/agent/a', name: 'step_1' },
      run: {
        runId: uuidOf(1),
        facets: {
          parent: { run: { runId: WID }, job: { namespace: 'urn:ect-ledger:workflow', name: WID } },
          tags: {
            tags: [
              { key: 'ect.index', value: '11', source: 'ECT-LEDGER' },
              { key: 'ect.recorded_at', value: '2026-02-26T00:02:31.123Z', source: 'ECT-LEDGER' },
              { key: 'ect.pol_decision', value: 'approved', source: 'ECT-LEDGER' },
            ],
          },
        },
      },
    });
    expect(event?.run.facets).not.toHaveProperty('jobDependencies');
    const [free] = readRunEvents(formatOpenLineage(graphOf([taskOf(1, [], { wid: undefined })])));
    expect(free?.run.facets).not.toHaveProperty('parent');
  });
});

test('every format says that a key is revoked', () => {
  const graph = graphOf([taskOf(1, [], { keyRevokedAtMs: 1_772_064_200_000, polDecision: 'approved' })]);
  expect(pictureOf(graph).boxes[0]?.caption[2]).toBe('#11 · approved · key revoked');
  expect(readRunEvents(formatOpenLineage(graph))[0]?.run.facets.tags.tags).toContainEqual({
    key: 'ect.key_revoked_at',
    value: '2026-02-26T00:03:20.000Z',
    source: 'ECT-LEDGER',
  });
});

test('every format says that a graph is not whole, and none says it of one that is', () => {
  const cut = graphOf(DIAMOND.nodes, true);
  const dot = formatDot(cut);
  expect(dot).toContain(`// ${TRUNCATED_NOTE}\n`);
  expect(dot).toContain(`label="Workflow ${WID}\\n${TRUNCATED_NOTE}"`);
  expect(formatMermaid(cut)).toContain(`%% ${TRUNCATED_NOTE}\n`);
  const tag = { key: 'ect.truncated', value: 'true', source: 'ECT-LEDGER' };
  for (const { run } of readRunEvents(formatOpenLineage(cut)))
    expect(run.facets.tags.tags).toContainEqual(tag);
  for (const format of [formatDot, formatMermaid, formatOpenLineage])
    expect(format(DIAMOND)).not.toMatch(/truncated/i);
});

import type { DagNode } from '../entry.js';
import { printableJson } from '../printable.js';
import { linkTasks, type LinkedTask, type TaskGraph } from './task-graph.js';

/** https://openlineage.io/spec/2-0-2/OpenLineage.json and its facets; each facet names the version that it follows. */
const SPEC = 'https://openlineage.io/spec';
const EVENT_SCHEMA = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`;
const PRODUCER = 'urn:ect-ledger:openlineage:1';
/** Namespace of the jobs that stand for whole workflows; the `wid` is all that is known of one. */
const WORKFLOWS = 'urn:ect-ledger:workflow';

/**
 * The tasks as OpenLineage run events, a line of JSON each (NDJSON): one COMPLETE per task, whose run is the `jti`, whose job is the
 * issuer and the action, and whose upstream jobs are the parents. `iss` and `exec_act` of a parent that is not shown are unknown: it is
 * named by a tag. So is what OpenLineage has no place for.
 */
export function formatOpenLineage({ nodes, truncated }: TaskGraph): string {
  return linkTasks(nodes)
    .map((task) => `${printableJson(runEvent(task, truncated), 0)}\n`)
    .join('');
}

function runEvent(task: LinkedTask, truncated: boolean): object {
  const { node } = task;
  const upstream = task.parents.filter((parent) => typeof parent !== 'string');
  return {
    eventType: 'COMPLETE',
    eventTime: new Date(node.iat * 1000).toISOString(),
    producer: PRODUCER,
    schemaURL: EVENT_SCHEMA,
    run: {
      runId: node.jti,
      facets: {
        ...(node.wid !== undefined && { parent: workflowOf(node.wid) }),
        ...(upstream.length > 0 && {
          jobDependencies: facet('1-0-1/JobDependenciesRunFacet', { upstream: upstream.map(dependencyOn) }),
        }),
        tags: facet('1-0-0/TagsRunFacet', { tags: tagsOf(task, truncated) }),
      },
    },
    job: {
      ...jobOf(node),
      facets: {
        jobType: facet('2-0-4/JobTypeJobFacet', {
          processingType: 'BATCH',
          integration: 'ECT',
          jobType: 'TASK',
        }),
      },
    },
    inputs: [],
    outputs: [],
  };
}

function facet(schema: string, members: object): object {
  const [, name = ''] = schema.split('/');
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${schema}.json#/$defs/${name}`, ...members };
}

function jobOf({ iss, execAct }: DagNode): { readonly namespace: string; readonly name: string } {
  return { namespace: iss, name: execAct };
}

/** The run that the task is a part of, as a scheduler's run is of its tasks. */
function workflowOf(wid: string): object {
  return facet('1-2-0/ParentRunFacet', { run: { runId: wid }, job: { namespace: WORKFLOWS, name: wid } });
}

function dependencyOn(parent: DagNode): object {
  return { job: jobOf(parent), run: { runId: parent.jti }, dependency_type: 'DIRECT_INVOCATION' };
}

function tagsOf({ node, parents }: LinkedTask, truncated: boolean): readonly object[] {
  const absent = parents.filter((parent) => typeof parent === 'string');
  const tags: readonly (readonly [string, string])[] = [
    ['ect.index', String(node.index)],
    ['ect.recorded_at', new Date(node.recordedAtMs).toISOString()],
    ...(node.polDecision === undefined ? [] : ([['ect.pol_decision', node.polDecision]] as const)),
    ...(node.keyRevokedAtMs === undefined
      ? []
      : ([['ect.key_revoked_at', new Date(node.keyRevokedAtMs).toISOString()]] as const)),
    ...absent.map((jti) => ['ect.parent_not_shown', jti] as const),
    ...(truncated ? ([['ect.truncated', 'true']] as const) : []),
  ];
  return tags.map(([key, value]) => ({ key, value, source: 'ECT-LEDGER' }));
}

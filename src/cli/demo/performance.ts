import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateSigningKey, parseSigningKey, signEct } from '../../index.js';
import { type LedgerClient, Refusal, describeProblem, pointersOf } from '../client.js';
import { Failure } from '../failure.js';
import type { AgentKey } from '../key-file.js';
import type { BatchResult, Problem } from '../replies.js';
import { isBusy } from '../retry.js';
import { type Terminal, styled } from '../terminal.js';
import type { Cast } from './cast.js';
import { type Scene, type Task, SCENES } from './scenes.js';

/** How long a ledger may take to notice a changed trust file; it looks every second. */
const PATIENCE_MS = 15_000;
const POLL_MS = 300;

export interface Setting {
  readonly client: Pick<LedgerClient, 'record' | 'recordBatch'>;
  readonly terminal: Terminal;
  readonly cast: Cast;
  readonly audience: string;
  /** Time to read between the scenes. */
  readonly pauseMs: number;
}

/** Plays the story once, as a workflow of its own, and tells it. */
export class Performance {
  readonly wid = randomUUID();
  private readonly names = new Map<string, string>();

  constructor(private readonly setting: Setting) {}

  /** @throws Failure when the ledger does anything else than the story says */
  async play(): Promise<void> {
    for (const [at, scene] of SCENES.entries()) {
      await this.tell(at + 1, scene);
      const ects = await Promise.all(scene.tasks.map((task) => this.sign(task)));
      const results = await this.sendUntilHeard(ects);
      for (const [of, task] of scene.tasks.entries()) await this.report(scene, task, results[of]);
      await sleep(this.setting.pauseMs);
    }
  }

  /** The `jti` of a task that was played. */
  jtiOf(name: string): string {
    const jti = this.names.get(name) ?? randomUUID();
    this.names.set(name, jti);
    return jti;
  }

  private async tell(number: number, { words }: Scene): Promise<void> {
    const { terminal } = this.setting;
    await terminal.print();
    for (const [at, line] of words.entries()) {
      await terminal.print(styled('bold', `${at === 0 ? `${number}.` : '  '} ${line}`));
    }
    await sleep(this.setting.pauseMs);
  }

  private async sign(task: Task): Promise<string> {
    const agent = this.setting.cast.get(task.role);
    if (agent === undefined) throw new Error(`nobody plays ${task.role}`);
    const [pol, polDecision] = task.policy;
    const draft = {
      iss: agent.iss,
      aud: this.setting.audience,
      wid: this.wid,
      jti: this.jtiOf(task.name),
      execAct: task.act,
      parents: task.parents.map((name) => this.jtiOf(name)),
      pol,
      polDecision,
      ...(task.extension && { extension: task.extension }),
    };
    return signEct(draft, task.isForged ? await forgedKey(agent) : agent.key);
  }

  /**
   * The trust file was written a moment ago: the ledger may not have read it, or may have read it and not said so in its log yet. And it may
   * be busy.
   */
  private async sendUntilHeard(ects: readonly string[]): Promise<readonly BatchResult[]> {
    const giveUpAtMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const results = await this.send(ects);
      const isEarly = results.some(
        ({ status, problem }) => isBusy(status) || problem?.code === 'unknown-key',
      );
      if (!isEarly || Date.now() > giveUpAtMs) return results;
      this.setting.terminal.status('waiting for the ledger to take up its trust file …');
      await sleep(POLL_MS);
    }
  }

  private async send(ects: readonly string[]): Promise<readonly BatchResult[]> {
    const [only] = ects;
    if (only === undefined || ects.length > 1)
      return (await this.setting.client.recordBatch(ects.map((ect) => ({ ect })))).results;
    try {
      const { status, entry } = await this.setting.client.record({ ect: only });
      return [{ status, index: entry.index, jti: entry.jti }];
    } catch (error) {
      if (error instanceof Refusal) return [{ status: error.problem.status, problem: error.problem }];
      throw error;
    }
  }

  private async report(scene: Scene, task: Task, result: BatchResult | undefined): Promise<void> {
    const { problem } = result ?? {};
    if (problem?.code !== scene.refusedWith) throw offScript(task, problem);
    if (problem) await this.reportRefusal(task, problem);
    else await this.reportEntry(task, result?.index);
  }

  private async reportEntry({ act, policy, role }: Task, index: number | undefined): Promise<void> {
    const [pol, decision] = policy;
    const mark = decision === 'approved' ? styled('green', '✓ recorded') : styled('yellow', '✓ recorded');
    const iss = this.setting.cast.get(role)?.iss ?? role;
    await this.setting.terminal.print('   ', mark, ` #${index ?? '?'} `, styled('bold', act), ` by ${iss}`);
    await this.setting.terminal.print(styled('dim', `     ${pol}: ${decision}`));
  }

  private async reportRefusal({ act }: Task, problem: Problem): Promise<void> {
    const { terminal } = this.setting;
    await terminal.print('   ', styled('red', `✗ refused, ${problem.status}`), ' ', styled('bold', act));
    await terminal.print(styled('dim', `     ${describeProblem(problem)}`));
    for (const pointer of pointersOf(problem)) await terminal.print(styled('dim', `     ${pointer}`));
  }
}

/** Looks like the agent's key, and is not. */
async function forgedKey({ key }: AgentKey): Promise<AgentKey['key']> {
  return parseSigningKey((await generateSigningKey(key.kid)).privateJwk);
}

const WAYS_OUT: Readonly<Record<string, string>> = {
  'unknown-key':
    'the ledger reads another trust file: name it with --trust-file, or start it with TRUST_FILE',
  'wrong-audience': 'the ledger has an id (LEDGER_ID): name it with --aud',
};

function offScript({ act }: Task, problem: Problem | undefined): Failure {
  if (problem === undefined) return new Failure(`the ledger recorded ${act}, which it should have refused`);
  return new Failure(describeProblem(problem), WAYS_OUT[problem.code] ?? `it should have recorded ${act}`);
}

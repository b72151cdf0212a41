import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Metrics } from '../application/ports/metrics.js';
import type { ProblemCode } from '../domain/errors.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const TOKENS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** Counts for `GET /metrics` in the Prometheus text format. */
export class PrometheusMetrics extends Metrics {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];

  private readonly recordedTotal = new Counter({
    name: 'ect_ledger_recorded_total',
    help: 'ECTs recorded',
    registers: this.registers,
  });
  private readonly rejectedTotal = new Counter({
    name: 'ect_ledger_rejected_total',
    help: 'ECTs rejected, by problem code',
    labelNames: ['code'],
    registers: this.registers,
  });
  private readonly batchSize = new Histogram({
    name: 'ect_ledger_batch_size',
    help: 'ECTs in one append',
    buckets: TOKENS,
    registers: this.registers,
  });
  private readonly appendSeconds = new Histogram({
    name: 'ect_ledger_append_seconds',
    help: 'Duration of one append, commit included',
    buckets: SECONDS,
    registers: this.registers,
  });
  private readonly verifySeconds = new Histogram({
    name: 'ect_ledger_verification_seconds',
    help: 'Time to verify one ECT, waiting for its turn included',
    buckets: SECONDS,
    registers: this.registers,
  });
  private readonly queue = new Gauge({
    name: 'ect_ledger_queue_depth',
    help: 'ECTs waiting for an append',
    registers: this.registers,
  });
  private readonly replayChecks = new Counter({
    name: 'ect_ledger_replay_checks_total',
    help: 'Tokens asked about for shared replay detection, by whether they were seen before',
    labelNames: ['seen'],
    registers: this.registers,
  });
  private readonly selfCheckFailures = new Counter({
    name: 'ect_ledger_proof_self_check_failures_total',
    help: 'Proofs that did not verify before they left; must always be 0',
    registers: this.registers,
  });
  private readonly keyFetches = new Counter({
    name: 'ect_ledger_key_fetches_total',
    help: 'Fetches of key sets, by issuer or trust domain and outcome (ok, failed)',
    labelNames: ['owner', 'outcome'],
    registers: this.registers,
  });
  private readonly eventClients = new Gauge({
    name: 'ect_ledger_event_clients',
    help: 'Clients that follow /events',
    registers: this.registers,
  });
  private readonly eventsTotal = new Counter({
    name: 'ect_ledger_events_total',
    help: 'Entries sent to clients of /events',
    registers: this.registers,
  });
  private readonly requestSeconds = new Histogram({
    name: 'ect_ledger_http_request_seconds',
    help: 'Duration of HTTP requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers: this.registers,
  });

  constructor() {
    super();
    collectDefaultMetrics({ register: this.registry });
  }

  override recorded(count: number): void {
    this.recordedTotal.inc(count);
  }

  override rejected(code: ProblemCode): void {
    this.rejectedTotal.inc({ code });
  }

  override appended(tokens: number, seconds: number): void {
    this.batchSize.observe(tokens);
    this.appendSeconds.observe(seconds);
  }

  override verified(seconds: number): void {
    this.verifySeconds.observe(seconds);
  }

  override queueDepth(tokens: number): void {
    this.queue.set(tokens);
  }

  override replayChecked(wasSeen: boolean): void {
    this.replayChecks.inc({ seen: String(wasSeen) });
  }

  override keysFetched(owner: string, succeeded: boolean): void {
    this.keyFetches.inc({ owner, outcome: succeeded ? 'ok' : 'failed' });
  }

  override selfCheckFailed(): void {
    this.selfCheckFailures.inc();
  }

  override following(clients: number): void {
    this.eventClients.set(clients);
  }

  override followed(entries: number): void {
    this.eventsTotal.inc(entries);
  }

  /** @param route the route's pattern, never the path as sent, so that the number of series stays bounded */
  answered(route: string, method: string, status: number, seconds: number): void {
    this.requestSeconds.observe({ route, method, status }, seconds);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}

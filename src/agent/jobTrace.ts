import type { ClaimedJob } from '../contract/agentProtocol';
import { readTraceparent, spanIdOf, type TracePlace, traceIdOf, traceparentOf } from '../contract/traceIds';
import type { Clock } from '../kernel/clock';
import { newSpanId, type Tracing } from '../kernel/tracing';

/** Spans of one job, in the trace of its run. Without tracing, it only passes on the parent span from the server. */
export class JobTrace {
  private readonly task: TracePlace | null;
  private readonly traceId: string;
  private readonly jobSpan: string;
  private readonly startedAt: Date;

  constructor(
    private readonly tracing: Tracing | undefined,
    private readonly clock: Clock,
    private readonly job: Pick<ClaimedJob, 'jobId' | 'runId' | 'executionId' | 'task' | 'attempt' | 'traceparent'>,
  ) {
    this.task = readTraceparent(job.traceparent);
    this.traceId = this.task?.traceId ?? traceIdOf(job.runId);
    this.jobSpan = spanIdOf('job', job.jobId);
    this.startedAt = clock.now();
  }

  /** `TRACEPARENT` of the command, so that its own spans belong to this trace. Nothing without tracing. */
  get environment(): Readonly<Record<string, string>> {
    if (this.tracing === undefined) return this.task === null ? {} : { TRACEPARENT: traceparentOf(this.task) };
    const sampled = this.tracing.sampled(this.traceId);
    const spanId = spanIdOf('command', this.job.jobId);
    return { TRACEPARENT: traceparentOf({ traceId: this.traceId, spanId, sampled }) };
  }

  /** Runs one part of the job. */
  async step<T>(name: 'checkout' | 'inputs' | 'command' | 'outputs', work: () => Promise<T>): Promise<T> {
    if (this.tracing === undefined) return work();
    const start = this.clock.now();
    let failure: string | null = 'failed';
    try {
      const done = await work();
      failure = null;
      return done;
    } finally {
      const spanId = name === 'command' ? spanIdOf('command', this.job.jobId) : newSpanId();
      this.emit(name, spanId, this.jobSpan, start, failure, {});
    }
  }

  end({ exitCode, reason }: { readonly exitCode: number | null; readonly reason: string | null }): void {
    const failure = reason ?? (exitCode === 0 ? null : `exit code ${exitCode}`);
    const { executionId, runId, jobId, attempt } = this.job;
    this.emit(`job ${this.job.task}`, this.jobSpan, this.task?.spanId ?? null, this.startedAt, failure, {
      'slipway.execution.id': executionId,
      'slipway.run.id': runId,
      'slipway.job.id': jobId,
      'slipway.try': attempt,
      ...(exitCode !== null && { 'process.exit.code': exitCode }),
    });
  }

  private emit(
    name: string,
    spanId: string,
    parentId: string | null,
    start: Date,
    failure: string | null,
    attributes: Readonly<Record<string, string | number>>,
  ): void {
    this.tracing?.emit({
      name,
      traceId: this.traceId,
      spanId,
      parentId,
      start,
      end: this.clock.now(),
      failure,
      attributes,
    });
  }
}

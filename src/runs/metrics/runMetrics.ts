import type { Change } from '../../engine/changes';
import type { Execution } from '../../engine/execution';
import type { Metrics } from '../../kernel/metrics';
import type { RunObserver } from '../events/committed';

/** Seconds: from a task that only runs echo to a deployment that takes a day. */
const RUN_SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 86_400];
const TASK_SECONDS = [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600];
const WAIT_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];
const LAG_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30];

/** Metrics of everything that this process commits. Their sum over all servers describes the installation. */
export function observeRuns(metrics: Metrics): RunObserver {
  const started = metrics.counter({
    name: 'slipway_executions_started_total',
    help: 'Executions that were created, by kind: PIPELINE, WORKFLOW (standalone) or STAGE_WORKFLOW.',
    labels: ['kind'],
  });
  const durations = metrics.histogram(
    {
      name: 'slipway_execution_duration_seconds',
      help: 'Time from the begin of an attempt of an execution to its end, by kind and final status.',
      labels: ['kind', 'status'],
    },
    RUN_SECONDS,
  );
  const tasks = metrics.histogram(
    {
      name: 'slipway_task_duration_seconds',
      help: 'Time from the start of a task to its end with all of its tries, by final status. Tasks that never started are not counted.',
      labels: ['status'],
    },
    TASK_SECONDS,
  );
  const waits = metrics.histogram(
    { name: 'slipway_job_wait_seconds', help: 'Time from the queuing of a job to its start by an agent.' },
    WAIT_SECONDS,
  );
  const lost = metrics.counter({
    name: 'slipway_leases_lost_total',
    help: 'Started jobs whose agent was lost, by whether the task is tried again.',
    labels: ['retried'],
  });
  const events = metrics.counter({ name: 'slipway_events_total', help: 'Events of executions that were written.' });
  const lag = metrics.histogram(
    {
      name: 'slipway_event_lag_seconds',
      help: 'Time from an event to its read by a live stream of this server.',
    },
    LAG_SECONDS,
  );
  const firings = metrics.counter({
    name: 'slipway_trigger_firings_total',
    help: 'Firings of triggers that have an outcome, by kind of the event and status.',
    labels: ['kind', 'status'],
  });
  const attempts = metrics.counter({
    name: 'slipway_delivery_attempts_total',
    help: 'Attempts to deliver events to subscriptions, by outcome: DELIVERED, RETRIED, FAILED or SKIPPED.',
    labels: ['outcome'],
  });
  const refusedHooks = metrics.counter({
    name: 'slipway_hooks_refused_total',
    help: 'Webhooks for triggers that were refused, by the code of the error.',
    labels: ['code'],
  });

  const noteExecution = ({ before, after }: Change<Execution>) => {
    const { status, endedAt, attemptStartedAt, createdAt } = after;
    if (before === null) started.inc({ kind: kindOf(after) });
    if (endedAt === null || before?.endedAt != null) return;
    const begin = attemptStartedAt ?? (after.attempt === 1 ? createdAt : endedAt);
    durations.observe({ kind: kindOf(after), status }, seconds(begin, endedAt));
  };

  return {
    committed({ events: written, changes }) {
      events.inc(written.length);
      for (const { type, data } of written) {
        if (type === 'JOB_LOST') lost.inc({ retried: String((data as { readonly retried: boolean }).retried) });
      }
      for (const { executions, tasks: moved } of changes) {
        for (const change of executions.values()) noteExecution(change);
        for (const { before, after } of moved.values()) {
          const { status, startedAt, endedAt } = after;
          if (endedAt === null || startedAt === null || before?.endedAt != null) continue;
          tasks.observe({ status }, seconds(startedAt, endedAt));
        }
      }
    },
    waited: (milliseconds) => waits.observe(milliseconds / 1000),
    lagged: (milliseconds) => lag.observe(Math.max(0, milliseconds) / 1000),
    fired: ({ kind, status }) => firings.inc({ kind, status }),
    delivered: (outcome) => attempts.inc({ outcome }),
    refusedHook: (code) => refusedHooks.inc({ code }),
  };
}

const kindOf = ({ kind, parentStageExecutionId }: Execution): string =>
  parentStageExecutionId === null ? kind : 'STAGE_WORKFLOW';

const seconds = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime()) / 1000;

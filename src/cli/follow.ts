import { onEachEvent, untilInterrupted } from './events';
import { Followed } from './failure';
import { RunReport } from './report';
import type { Run } from './run';
import { findRun } from './runs';
import type { Session } from './session';
import { Silence } from './silence';
import { readPlaces, readRun, sayNext, sayWhy } from './showRun';
import { duration, words } from './ui';

interface FollowOptions {
  readonly after?: number | null;
  readonly events?: boolean;
  readonly report?: RunReport;
  /** Called once, with the controller that stops following. */
  readonly onBegin?: (stop: AbortController) => void;
  /** Called with each status of the run that is shown. */
  readonly onStatus?: (status: string, stop: AbortController) => void;
}

/**
 * Follows a run until it is final, reports its end, and returns it. `after` is the last known event; without it, the
 * current state is shown first. With `events`, `--json` prints a line for each event.
 */
export async function followRun(
  session: Session,
  id: string,
  { after = null, events = false, report = new RunReport(session.ui), onBegin, onStatus }: FollowOptions = {},
): Promise<Run> {
  const { api, ui } = session;
  // The current state names the workflows of the events to come.
  if (after !== null) report.learn(await readRun(api, id));
  const silence = new Silence(session, id);
  await ui.beginProgress();
  try {
    silence.interrupted();
    await untilInterrupted(id, (stop) => {
      const { signal } = stop;
      onBegin?.(stop);
      return onEachEvent(
        api,
        id,
        { after: after === null ? null : String(after), signal },
        async ({ event, snapshot, gap }) => {
          if (gap !== null) ui.say(ui.paint.yellow('Some events are no longer available. Current state:'));
          if (snapshot !== null) report.showAll(snapshot.execution);
          if (event?.type === 'BESIDE_TASK_CREATED' && event.data.taskType === 'restore')
            report.learnPlaces(await readPlaces(api, id));
          if (event !== null) report.show(event);
          if (events && event !== null) ui.answerLine(event);
          ui.progress(report.doing());
          if (snapshot !== null) silence.joining();
          else silence.interrupted();
          onStatus?.(report.current, stop);
        },
      );
    });
  } finally {
    silence.end();
    ui.endProgress();
  }
  const run = await readRun(api, id);
  const how = `${ui.status(run.status).trimEnd()} after ${duration(run.durationMs)}`;
  ui.say(words(how, run.attempt > 1 ? `in attempt ${run.attempt}` : '', ui.paint.dim(run.id)));
  await sayWhy(session, run);
  if (run.status !== 'SUCCESS') sayNext(ui, run);
  return run;
}

/** `slipway watch`. Fails if a restore fails in the meantime, even if the run was SUCCESS before. */
export async function watchRun(session: Session, named: string | undefined): Promise<void> {
  const report = new RunReport(session.ui);
  const run = await followRun(session, (await findRun(session, named)).id, { events: true, report });
  session.ui.answerLine({ execution: run });
  if (report.restoreError !== null) throw new Followed(report.restoreError.code, report.restoreError.message);
  requireSuccess(run);
}

/** Fails with the run’s code unless the run succeeded. */
export function requireSuccess(run: Run): void {
  if (run.status === 'SUCCESS') return;
  throw new Followed(run.failureCode ?? run.status, run.failureDetails ?? `The run is ${run.status}.`);
}

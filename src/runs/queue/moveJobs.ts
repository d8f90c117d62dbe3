import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { Db } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import type { Place } from './job';
import { comparePlaces, placesAt, type Spot } from './places';
import { findNeighbor, keepPriorities, replaceJobs, spreadRanks } from './queueOrder.store';
import { findSeenJobs, readPlacedJobs, requireAhead, type SeenJob } from './queueRights';

export const queueEnds = ['TOP', 'BOTTOM'] as const;

/** Jobs to move. They keep their order. Exactly one of `before`, `after` and `to` is given. */
export interface MoveJobs {
  readonly jobIds: readonly string[];
  readonly before?: string | null;
  readonly after?: string | null;
  readonly to?: (typeof queueEnds)[number] | null;
}

export const LARGEST_MOVE = 500;

/** A spot without a gap between its ranks; the second try finds one. */
class NoGap extends Error {
  constructor(readonly spot: Spot) {
    super('the ranks have no gap');
  }
}

/**
 * Moves waiting jobs to another place in the queue. A job that moves between jobs of another priority takes on that
 * priority. Fails, with the current neighbors of the place, if one of them was claimed in the meantime.
 */
export async function moveJobs(app: App, actor: Actor, input: MoveJobs): Promise<void> {
  refuseErrors(input);
  const anchorId = input.before ?? input.after ?? null;
  const ids = anchorId === null ? input.jobIds : [...input.jobIds, anchorId];
  const jobs = (await readPlacedJobs(app.database, actor, ids)).slice(0, input.jobIds.length);
  for (const { subject } of jobs) actor.access.require('ABORT_WORKFLOW', 'Execution', subject);
  try {
    await moveOnce(app, actor, input, anchorId, jobs);
  } catch (error) {
    if (!(error instanceof NoGap)) throw error;
    const { spot } = error;
    await app.database.atOnce((db) => spreadRanks(db, spot));
    await moveOnce(app, actor, input, anchorId, jobs);
  }
}

function moveOnce(app: App, actor: Actor, input: MoveJobs, anchorId: string | null, seen: readonly SeenJob[]) {
  const runIds = [...new Set(seen.map(({ runId }) => runId))];
  return inRuns(app, runIds, actor, async (db) => {
    const jobs = await readPlacedJobs(db, actor, input.jobIds);
    const gone = jobs.find(({ state }) => state !== 'WAITING');
    if (gone !== undefined) throw await claimed(db, actor, gone);
    const spot = await spotOf(db, actor, input, anchorId);
    // They are the whole queue, or all that is left of it.
    if (spot === null) return;
    const inOrder = jobs.toSorted((a, b) => comparePlaces(placeOf(a), placeOf(b)));
    const places = placesAt(spot, jobs.length);
    if (places === null) throw new NoGap(spot);
    const moves = inOrder.flatMap((job, index) => {
      const to = places[index];
      return to === undefined ? [] : [{ job, to, ...to, jobId: job.jobId }];
    });
    if (moves.some(({ job, to }) => comparePlaces(to, placeOf(job)) < 0)) requireAhead(actor.access);
    const moved = new Set(await replaceJobs(db, moves));
    const missed = jobs.find(({ jobId }) => !moved.has(jobId));
    if (missed !== undefined) throw await claimed(db, actor, missed);
    const promoted = moves.filter(({ job, to }) => to.precedence !== placeOf(job).precedence);
    // Not −0.
    const kept = promoted.map(({ jobId, to }) => ({ jobId, priority: 0 - to.precedence }));
    if (kept.length > 0) db.sent([keepPriorities(db, kept)]);
    for (const { job, to } of moves) {
      const { jobId, taskExecutionId, name, attempt, execution } = job;
      db.event(job, 'JOB_MOVED', { jobId, taskExecutionId, name, attempt, priority: -to.precedence });
      auditDetail(db, {
        ...{ kind: 'job', id: jobId, name, applicationId: execution.applicationId },
        before: { priority: -placeOf(job).precedence },
        after: { priority: -to.precedence, before: input.before, after: input.after, to: input.to },
      });
    }
    db.wake(topic.queue);
  });
}

const placeOf = ({ jobId, place }: SeenJob): Place => {
  if (place === null) throw new Error(`job ${jobId} has no place in the queue`);
  return place;
};

async function spotOf(db: Db, actor: Actor, { jobIds, before, to }: MoveJobs, anchorId: string | null) {
  if (anchorId === null) {
    const anchor = await findNeighbor(db, to === 'TOP' ? 'FORWARD' : 'BACK', null, jobIds);
    return anchor === null
      ? null
      : { anchor, side: to === 'TOP' ? ('BEFORE' as const) : ('AFTER' as const), neighbor: null };
  }
  const [found] = await readPlacedJobs(db, actor, [anchorId]);
  if (found === undefined || found.state !== 'WAITING') throw await claimed(db, actor, found);
  const anchor = placeOf(found);
  const side = before == null ? ('AFTER' as const) : ('BEFORE' as const);
  const neighbor = await findNeighbor(db, side === 'AFTER' ? 'FORWARD' : 'BACK', anchor, jobIds);
  return { anchor, side, neighbor };
}

/** The job no longer waits: shows the jobs that are now on both sides of its place, as far as the caller may see them. */
async function claimed(db: Db, actor: Actor, job: SeenJob | undefined): Promise<Refusal> {
  const jobId = job?.jobId ?? '';
  const place = job?.place ?? null;
  const [previous, next] = await Promise.all([
    place === null ? null : findNeighbor(db, 'BACK', place, [jobId]),
    findNeighbor(db, 'FORWARD', place, [jobId]),
  ]);
  const visible = await findSeenJobs(
    db,
    actor,
    [previous, next].flatMap((one) => one?.jobId ?? []),
  );
  const shown = (one: { readonly jobId: string } | null) => (one !== null && visible.has(one.jobId) ? one.jobId : null);
  const state = job?.state ?? 'ENDED';
  const neighbors = { previous: shown(previous), next: shown(next) };
  return new Refusal('NOT_WAITING', `The job "${job?.name ?? ''}" (${jobId}) ${jobStateText[state]}.`, {
    ...{ jobId, state, neighbors },
  });
}

export const jobStateText: Readonly<Record<SeenJob['state'], string>> = {
  WAITING: 'was claimed while it was moved',
  OFFERED: 'was offered to an agent',
  RUNNING: 'is already running',
  HELD: 'is not in the queue, because its run is paused',
  ENDED: 'has ended',
};

function refuseErrors({ jobIds, before, after, to }: MoveJobs): void {
  const errors: InputError[] = [];
  const refuse = (field: string, value: unknown, rule: string, message: string) =>
    errors.push({ field, value, rule, message });
  const given = [before, after, to].filter((one) => one != null);
  if (given.length !== 1) {
    refuse('before', before ?? null, 'EXCLUSIVE', 'Give exactly one of "before", "after" and "to".');
  }
  if (jobIds.length < 1 || jobIds.length > LARGEST_MOVE) {
    refuse('jobIds', jobIds.length, 'RANGE', `"jobIds" must have 1 to ${LARGEST_MOVE} ids; it has ${jobIds.length}.`);
  }
  const anchor = before ?? after ?? null;
  if (new Set(jobIds).size < jobIds.length || (anchor !== null && jobIds.includes(anchor))) {
    refuse('jobIds', jobIds, 'DUPLICATE', 'A job may be named only once, and can’t move next to itself.');
  }
  if (errors.length > 0) throw invalidInput(errors);
}

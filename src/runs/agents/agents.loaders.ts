import { type AgentToken, OFFLINE_AFTER_MS } from '../../contract/labels';
import { type BatchLoad, byKey, groupBy } from '../../kernel/loaders';
import type { App } from '../app';
import type { Job } from '../queue/job';
import { findSamples } from './agentNotes.store';
import { countNamesakes, countRunning, findJobsOfAgents, findTokens } from './agents.store';
import type { AgentSample } from './agents.table';

export const slotsUsedBy: BatchLoad<number, App> = async (app, ids) =>
  new Map((await countRunning(app.database, ids)).map(({ agentId, running }) => [agentId, running]));

export const jobsOfAgent: BatchLoad<Job[], App> = async (app, ids) =>
  groupBy(await findJobsOfAgents(app.database, ids), ({ holderId }) => holderId);

export const namesakesOf: BatchLoad<number, App> = async (app, ids) => {
  const since = new Date(app.clock.now().getTime() - OFFLINE_AFTER_MS);
  return new Map((await countNamesakes(app.database, ids, since)).map(({ id, others }) => [id, others]));
};

export const agentTokenById: BatchLoad<AgentToken, App> = async (app, ids) =>
  byKey(await findTokens(app.database, ids), ({ id }) => id);

/** Key of a series of samples. */
export const seriesKey = (agentId: string, hours: number, stepSeconds: number): string =>
  `${agentId} ${hours} ${stepSeconds}`;

/** One statement for all agents with the same hours and steps. */
export const samplesOf: BatchLoad<AgentSample[], App> = async (app, keys) => {
  const series = groupBy(keys, (key) => key.slice(key.indexOf(' ')));
  const found = new Map<string, AgentSample[]>();
  for (const [suffix, own] of series) {
    const [, hours = 1, stepSeconds = 30] = suffix.split(' ').map(Number);
    const since = new Date(app.clock.now().getTime() - hours * 3_600_000);
    const ids = own.map((key) => key.slice(0, key.indexOf(' ')));
    const rows = groupBy(await findSamples(app.database, ids, since, stepSeconds), ({ agentId }) => agentId);
    for (const [id, samples] of rows) found.set(id + suffix, samples);
  }
  return found;
};

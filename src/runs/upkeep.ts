import { deleteEndedSessions } from '../access/sessions';
import { deleteExpiredKeys } from '../access/trust/exchangeToken';
import { RepeatedWork } from '../kernel/repeatedWork';
import type { App } from './app';
import { pruneArtifacts } from './artifacts/artifactRetention';
import { sweepCaches } from './caches/caches';
import { pruneDeliveries } from './eventSubscriptions/deliveryRetention';
import { expireExports } from './exports/writeExports';
import { pruneEvents } from './events/eventRetention';
import { pruneLogs } from './logs/logRetention';
import { moveLogs } from './logs/moveLogs';
import { pruneFirings } from './triggers/firingRetention';
import { sealLogs } from './logs/sealLogs';

const SEAL = 5000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Work = (until: AbortSignal) => Promise<number>;

/** What happens to events, logs, artifacts and caches as they get old. */
export function upkeepOf(app: App): RepeatedWork {
  const deleting = (what: string, prune: Work) => async (until: AbortSignal) => {
    const deleted = await prune(until);
    if (deleted > 0) app.log.info({ deleted }, `deleted ${what}`);
  };
  const artifacts = deleting('old artifacts', (until) => pruneArtifacts(app, until));
  const contents = deleting('unused content', (until) => app.contents.sweep(until));
  return new RepeatedWork(app.log, [
    {
      ...{ what: 'delete old events', firstMs: 0, everyMs: HOUR },
      work: deleting('old events', (until) => pruneEvents(app, until)),
    },
    { what: 'seal logs', firstMs: SEAL, everyMs: SEAL, work: (until) => sealLogs(app, until) },
    { what: 'move logs', firstMs: MINUTE, everyMs: MINUTE, work: (until) => moveLogs(app, until) },
    {
      ...{ what: 'delete old logs', firstMs: HOUR, everyMs: HOUR },
      work: deleting('old logs', (until) => pruneLogs(app, until)),
    },
    {
      ...{ what: 'delete old deliveries', firstMs: HOUR, everyMs: HOUR },
      work: deleting('old deliveries', (until) => pruneDeliveries(app, until)),
    },
    {
      ...{ what: 'delete old firings of triggers', firstMs: MINUTE, everyMs: HOUR },
      work: deleting('old firings of triggers', (until) => pruneFirings(app, until)),
    },
    {
      ...{ what: 'delete expired keys of CI jobs', firstMs: HOUR, everyMs: HOUR },
      work: deleting('expired keys of CI jobs', () => deleteExpiredKeys(app)),
    },
    {
      ...{ what: 'delete sessions that have ended', firstMs: HOUR, everyMs: HOUR },
      work: deleting('sessions that have ended', () => deleteEndedSessions(app)),
    },
    {
      ...{ what: 'delete expired exports', firstMs: HOUR, everyMs: HOUR },
      work: deleting('expired exports', () => expireExports(app)),
    },
    { what: 'delete old caches', firstMs: HOUR, everyMs: HOUR, work: () => sweepCaches(app) },
    {
      ...{ what: 'delete old artifacts or unused content', firstMs: MINUTE, everyMs: HOUR },
      // After the artifacts, whose content may be unused then; also if they could not be deleted.
      work: (until) => artifacts(until).finally(() => contents(until)),
    },
  ]);
}

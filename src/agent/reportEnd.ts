import type { Log } from '../kernel/log';
import { backOff } from './backoff';
import { Batch } from '../kernel/batch';
import { ServerRefusal, ServerUnavailable } from './httpClient';
import type { HeldJob } from './leases';
import type { EntryAnswer, JobResult } from '../contract/agentProtocol';
import type { ProtocolClient } from './protocolClient';
import type { ExecutedJob } from './runJob';

/** Maximum number of times that an incomplete log is sent again. */
const RESEND_ROUNDS = 3;

/** Reports the end of a job until the server knows it or the claim has ended. Returns true if the server knows. */
export type ReportEnd = (held: HeldJob, executed: ExecutedJob) => Promise<boolean>;

export function createReport(client: ProtocolClient, log: Log, over: AbortSignal): ReportEnd {
  const batch = new Batch<JobResult, EntryAnswer>((results) => finishAll(client, results, over));

  return async (held, executed) => {
    const { jobId, token } = held.job;
    let { logBytes } = executed;
    let rounds = 0;
    for (let failures = 0; !held.gone.aborted; ) {
      const { logSha256 = null, logWritten = null } = executed;
      const result = { jobId, token, ...executed.end, logBytes, logSha256, logWritten };
      const answer = await batch.add(result).catch((error: unknown) => {
        if (error instanceof ServerUnavailable) return unavailable;
        if (error instanceof ServerRefusal) return { jobId, ok: false, code: error.code, message: error.message };
        // The whole agent stops; the job is already lost.
        if (held.gone.aborted) return unavailable;
        throw error;
      });
      if (answer.ok) return true;
      if (answer === unavailable || answer.code === 'INTERNAL' || answer.code === 'UNAVAILABLE') {
        await backOff(++failures, held.gone);
      } else if (answer.code === 'LOG_GAP' && logBytes !== null) {
        rounds++;
        const canResend = rounds <= RESEND_ROUNDS && answer.offset !== undefined && executed.resendLog !== undefined;
        logBytes = canResend ? ((await executed.resendLog?.(answer.offset ?? 0)) ?? null) : null;
      } else {
        log.warn({ jobId }, `the server rejected the end of ${held.job.task}: ${answer.code}: ${answer.message}`);
        held.lose(answer.message ?? 'the server rejected its result');
      }
    }
    return false;
  };
}

const unavailable: EntryAnswer = { jobId: '', ok: false, code: 'UNAVAILABLE' };

/** A batch that is rejected as a whole is split: one entry that the server can't read must not block the others. */
async function finishAll(
  client: ProtocolClient,
  results: readonly JobResult[],
  over: AbortSignal,
): Promise<readonly EntryAnswer[]> {
  try {
    const answers = new Map((await client.finish(results, over)).map((answer) => [answer.jobId, answer]));
    return results.map(({ jobId }) => answers.get(jobId) ?? unavailable);
  } catch (error) {
    const divisible = error instanceof ServerRefusal && (error.status === 400 || error.status === 413);
    if (!divisible || results.length === 1) throw error;
    const middle = Math.ceil(results.length / 2);
    const first = await finishAll(client, results.slice(0, middle), over);
    const second = await finishAll(client, results.slice(middle), over);
    return [...first, ...second];
  }
}

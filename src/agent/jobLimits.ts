import type { ClaimedJob } from '../contract/agentProtocol';
import { StopRequest } from './stopRequest';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Asks the job to stop when its time limit passes, which counts from its start. */
export function timeLimit(job: ClaimedJob, startedAt: number) {
  const controller = new AbortController();
  const expire = () =>
    controller.abort(new StopRequest('TIMED_OUT', `It did not end within ${job.timeoutMs / 1000} s.`, job.graceMs));
  const left = Math.max(0, job.timeoutMs - (performance.now() - startedAt));
  const timer = setTimeout(expire, Math.min(left, LONGEST_TIMER_MS));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** Aborts once a stopping job has used up its grace period, or its claim has ended. */
export function graceLimit(stop: AbortSignal, gone: AbortSignal) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    const { graceMs }: StopRequest = stop.reason;
    timer = setTimeout(() => controller.abort(stop.reason), Math.min(graceMs, LONGEST_TIMER_MS));
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  return {
    signal: AbortSignal.any([controller.signal, gone]),
    clear: () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', begin);
    },
  };
}

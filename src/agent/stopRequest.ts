/** Reason why a job must end early, and its grace period: the reason of an aborted `stop` signal. */
export class StopRequest extends Error {
  override readonly name = 'StopRequest';

  constructor(
    readonly reason: 'CANCELLED' | 'TIMED_OUT' | 'AGENT_STOPPED',
    message: string,
    readonly graceMs: number,
  ) {
    super(message);
  }
}

/** The claim has ended: the reason of an aborted `gone` signal. The job must not report anything. */
export class ClaimOver extends Error {
  override readonly name = 'ClaimOver';
}

/** Why a job is to end early, and how long it has for that: the reason of an aborted `stop` signal. */
export class StopRequest extends Error {
  override readonly name = 'StopRequest';

  constructor(
    readonly reason: 'CANCELLED' | 'TIMED_OUT',
    message: string,
    readonly graceMs: number,
  ) {
    super(message);
  }
}

/** The claim is over: the reason of an aborted `gone` signal. Nothing about the job is anybody's business any more. */
export class ClaimOver extends Error {
  override readonly name = 'ClaimOver';
}

import type { IncomingMessage } from 'node:http';
import { notFound, Refusal, refusalCodes } from '../../kernel/errors';
import type { App } from '../../runs/app';
import type { HookDesk, KnownHook } from '../../runs/triggers/hookDesk';
import { requireSignature } from '../../runs/triggers/receiveDelivery';
import type { Signed } from '../../runs/triggers/signatures';
import { refusalFields } from '../graphql/errors';
import { BadDeliveries } from './badDeliveries';
import type { FrontAnswer } from './httpServer';
import { RefusalLog } from './refusalLog';

const PREFIX = '/hooks/';
/** Node discards an unread body of this size. Requests with a larger one, or of unknown length, go to the route. */
const SMALL_BODY = 64 * 1024;

const MESSAGE = 'Too many webhooks that can’t be verified are arriving. Try again in 1 s.';
const DETAILS = { retryAfterSeconds: 1 };
const answer: FrontAnswer = {
  status: refusalCodes.RATE_LIMITED.http,
  headers: { 'content-type': 'application/json; charset=utf-8', 'retry-after': '1' },
  body: JSON.stringify({
    error: { message: MESSAGE, ...refusalFields(new Refusal('RATE_LIMITED', MESSAGE, DETAILS)) },
  }),
};

interface RefusedHook {
  readonly code: string;
  readonly status: number;
  /** Null for those of a storm from many addresses. */
  readonly address: string | null;
  readonly triggerId: string | null;
}

/**
 * Decides which webhooks are let in. A sender of many deliveries that can’t be verified gets 429 before its request
 * reaches a route, and so do unknown senders while many of them send such: a storm costs little more than the reading
 * of its headers.
 */
export class HookGate {
  private readonly bad: BadDeliveries;
  private readonly refusals: RefusalLog;

  constructor(
    private readonly app: App,
    private readonly desk: HookDesk,
  ) {
    this.bad = new BadDeliveries(app.clock);
    this.refusals = new RefusalLog(app.log);
  }

  /** Response to a request that no route needs to see. */
  answer({ method, url = '', headers }: IncomingMessage, addressOf: () => string): FrontAnswer | undefined {
    if (method !== 'POST' || !url.startsWith(PREFIX)) return undefined;
    if (!(Number(headers['content-length'] ?? Number.NaN) <= SMALL_BODY)) return undefined;
    const address = addressOf();
    const at = this.limitedAt(address, url.slice(PREFIX.length));
    if (at === undefined) return undefined;
    this.note({
      code: 'RATE_LIMITED',
      status: answer.status,
      address: at.shared ? null : address,
      triggerId: at.triggerId,
    });
    return answer;
  }

  /** The trigger at a path. Throws NOT_FOUND, or RATE_LIMITED. */
  async find(path: string, address: string): Promise<KnownHook> {
    if (this.limitedAt(address, path) !== undefined) throw new Refusal('RATE_LIMITED', MESSAGE, DETAILS);
    const hook = await this.desk.find(path);
    if (hook !== null) return hook;
    this.bad.note(address, null, null);
    throw notFound('webhook', 'of this address');
  }

  /** Throws UNAUTHENTICATED. */
  verify(hook: KnownHook, delivery: Signed, address: string): void {
    const { path, trigger } = hook;
    try {
      requireSignature(hook, delivery);
    } catch (error) {
      this.desk.reject(trigger.id);
      this.bad.note(address, path, trigger.id);
      throw error;
    }
    this.bad.prove(address, path);
  }

  /** Logs a refused delivery: one line a second for each trigger, sender and code. A path is a secret. */
  note(refusal: RefusedHook): void {
    const { code, address, triggerId } = refusal;
    for (const observer of this.app.observers) observer.refusedHook(code);
    this.refusals.noteEqual(`${code} ${address ?? ''} ${triggerId ?? ''}`, { ...refusal, route: '/hooks/:path' });
  }

  async close(): Promise<void> {
    this.refusals.flush();
  }

  private limitedAt(address: string, path: string): ReturnType<BadDeliveries['limitedAt']> {
    const at = this.bad.limitedAt(address, path);
    if (at !== undefined) {
      if (at.triggerId !== null) this.desk.reject(at.triggerId);
      return at;
    }
    // Addresses that this server knows stay open to those who share theirs with a guesser.
    return this.desk.knows(path) ? undefined : this.bad.limitedAt(address, null);
  }
}

import { Webhook } from 'standardwebhooks';
import { Unreadable } from '../../catalog/secrets/secretKeys';
import { findSecret } from '../../catalog/secrets/secrets.store';
import { OutgoingError, type OutgoingResponse } from '../../kernel/outgoing/outgoing';
import type { App } from '../app';
import { cloudEvent, envelope, sourceOf } from './bodies/cloudEvent';
import { type Call, commitPlaces, type HostResponse, statusReport } from './bodies/codeHosts';
import { githubHeaders, reportToGithub } from './bodies/github';
import { gitlabHeaders, reportToGitlab } from './bodies/gitlab';
import { type Message, messageOf } from './bodies/message';
import { slackBody } from './bodies/slack';
import { teamsBody } from './bodies/teams';
import type { EventFacts } from './eventFacts';
import type { EventSubscription } from './eventSubscriptions';
import { type Result, retryAfterOf } from './outcome';
import { secretsAt, type Target } from './target';

/** A receiver, and how requests to it end early. */
export interface Receiver {
  readonly app: App;
  readonly subscription: EventSubscription;
  readonly target: Target;
  readonly until?: AbortSignal;
}

const refused = (code: string, message: string, response?: OutgoingResponse, now?: Date): Result => ({
  ...{ is: 'REFUSED', code, message, responseStatus: response?.status ?? null },
  retryAfter: response === undefined || now === undefined ? null : retryAfterOf(response.headers['retry-after'], now),
  gone: response?.status === 410,
});

/** Sends one event. The result says what happened; only a stop of the server or a defect is thrown. */
export async function sendDelivery(receiver: Receiver, id: string, facts: EventFacts): Promise<Result> {
  const { app, subscription } = receiver;
  switch (subscription.format) {
    case 'CLOUDEVENTS':
      return postSigned(receiver, id, cloudEvent(facts, sourceOf(app.config.SLIPWAY_PUBLIC_URL)));
    case 'SLACK':
      return postJson(receiver, slackBody(messageOf(facts)));
    case 'TEAMS':
      return postJson(receiver, teamsBody(messageOf(facts)));
    default:
      return reportStatus(receiver, facts);
  }
}

/** Sends a test request, which concerns no event. */
export async function sendTest(receiver: Receiver, id: string): Promise<Result> {
  const { app, subscription } = receiver;
  const { format, name } = subscription;
  if (format === 'CLOUDEVENTS') {
    const type = 'dev.cdeventsx.slipway-subscription.tested.0.1.0';
    const subject = { id: subscription.id, content: {} };
    const sent = { id, type, subject, time: app.clock.now(), chainId: id };
    return postSigned(receiver, id, envelope(sourceOf(app.config.SLIPWAY_PUBLIC_URL), sent, { test: true }));
  }
  const message: Message = { title: `Test of the subscription ${name}`, tone: 'neutral', facts: [], link: null };
  if (format === 'SLACK') return postJson(receiver, slackBody(message));
  if (format === 'TEAMS') return postJson(receiver, teamsBody(message));
  return withHost(receiver, async (call) => {
    await call({ method: 'GET', path: format === 'GITHUB' ? '/rate_limit' : '/version' });
    return { is: 'ACCEPTED', responseStatus: 200 };
  });
}

/** Signed as Standard Webhooks specifies: one signature for each secret that counts. */
function postSigned(receiver: Receiver, id: string, event: object): Promise<Result> {
  const now = receiver.app.clock.now();
  const body = JSON.stringify(event);
  const signatures = secretsAt(receiver.target, now).map((secret) => new Webhook(secret).sign(id, now, body));
  return post(receiver, body, {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  });
}

const postJson = (receiver: Receiver, body: object): Promise<Result> =>
  post(receiver, JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8' });

const timeoutOf = ({ config }: App): number => config.SLIPWAY_WEBHOOK_TIMEOUT_SECONDS * 1000;

async function post({ app, target, until }: Receiver, body: string, headers: Record<string, string>): Promise<Result> {
  try {
    const url = new URL(target.url);
    const timeoutMs = timeoutOf(app);
    const response = await app.outgoing.request(url, {
      method: 'POST',
      headers,
      body,
      timeoutMs,
      ...(until && { until }),
    });
    const { status } = response;
    if (status >= 200 && status < 300) return { is: 'ACCEPTED', responseStatus: status };
    return unsuccessful(response, app.clock.now());
  } catch (error) {
    if (error instanceof OutgoingError) return refused(error.code, error.message);
    throw error;
  }
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

function unsuccessful(response: OutgoingResponse, now: Date): Result {
  const { status } = response;
  const [code, message] = isRedirect(status)
    ? ['REDIRECT', `The receiver redirects (HTTP ${status}), which is not followed: subscribe with the final URL.`]
    : ['HTTP_STATUS', `The receiver responded with HTTP ${status}.`];
  return refused(code, message, response, now);
}

class HostFault extends Error {
  constructor(readonly response: OutgoingResponse) {
    super(`HTTP ${response.status}`);
  }
}

async function reportStatus(receiver: Receiver, facts: EventFacts): Promise<Result> {
  const { app, subscription, target } = receiver;
  const report = statusReport(facts);
  if (report === null) return { is: 'NOT_SENT', code: 'NOTHING_TO_SEND', message: 'No status follows from the event.' };
  const places = await commitPlaces(app.database, subscription, facts, new URL(target.url));
  if (places.length === 0) {
    const message = 'No commit is known: the run has checked none out, and the subscription names none.';
    return { is: 'NOT_SENT', code: 'NO_COMMIT', message };
  }
  const send = subscription.format === 'GITHUB' ? reportToGithub : reportToGitlab;
  return withHost(receiver, async (call) => {
    for (const place of places) await send(call, place, report);
    return { is: 'ACCEPTED', responseStatus: 200 };
  });
}

/** Requests to the API of a code host, with the token from the secrets. */
async function withHost(receiver: Receiver, work: (call: Call) => Promise<Result>): Promise<Result> {
  const { app, subscription, target, until } = receiver;
  const token = await tokenOf(receiver);
  if (token === null)
    return refused('SECRET_MISSING', `The secret ${subscription.tokenSecret} does not exist or can’t be read.`);
  const own = subscription.format === 'GITHUB' ? githubHeaders(token) : gitlabHeaders(token);
  const base = target.url.replace(/\/+$/, '');
  const timeoutMs = timeoutOf(app);
  const call: Call = async ({ method, path, body }): Promise<HostResponse> => {
    const response = await app.outgoing.request(new URL(base + path), {
      ...{ method, timeoutMs },
      headers: { ...own, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(until && { until }),
    });
    if (response.status < 200 || response.status >= 300) throw new HostFault(response);
    return { status: response.status, body: parsed(response.body) };
  };
  try {
    return await work(call);
  } catch (error) {
    if (error instanceof OutgoingError) return refused(error.code, error.message);
    if (!(error instanceof HostFault)) throw error;
    // If one repository is gone, the others may still exist.
    const result = unsuccessful(error.response, app.clock.now());
    return result.is === 'REFUSED' ? { ...result, gone: false } : result;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function tokenOf({ app, subscription: { applicationId, tokenSecret } }: Receiver): Promise<string | null> {
  if (applicationId === null || tokenSecret === null) return null;
  const secret = await findSecret(app.database, { applicationId, environmentId: null }, tokenSecret);
  if (secret === undefined) return null;
  try {
    return (await app.secretKeys.open(secret)).trim();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

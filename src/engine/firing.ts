import { isSecretName } from '../access/audit/redact';
import { dataIn, type Scope, type Value, valuesSeen } from '../catalog/language/conditionValues';
import { matches } from '../catalog/language/conditionOperators';
import { readExpression } from '../catalog/language/expressions';
import type { TriggerDefinition } from '../catalog/language/triggerShape';
import { fillMessage } from './approvalMessage';
import { imageRef, type PushedImage, sameRepository, type SourceFacts } from './pushedImages';

/** Inputs of the start that a firing makes. */
export interface FiringInputs {
  readonly variables: Readonly<Record<string, string>>;
  /** Image by name of the service. */
  readonly images: Readonly<Record<string, string>>;
  readonly notes: string | null;
}

/** Decision about an event: nothing starts, or a start with these inputs. */
export type FiringDecision =
  | { readonly is: 'START'; readonly inputs: FiringInputs }
  | { readonly is: 'FILTERED' | 'SKIPPED' | 'FAILED'; readonly code: FiringCode; readonly reason: string };

/** Reasons why an event starts nothing, other than the error of a start. */
export const firingCodes = {
  EVENT_NOT_WANTED: 'The event, branch, repository or tag is not one that the trigger names.',
  CONDITION_FALSE: 'The condition `if` is false.',
  CONDITION_ERROR: 'The condition `if` can’t be decided, or an expression has no value.',
  SWITCHED_OFF: 'The trigger was turned off or deleted after the event.',
  MISSED_TICK: 'No server ran at the time of the schedule, and `missed` is SKIP.',
  TRIGGER_CYCLE: 'The event is the end of an execution that the trigger caused, directly or through others.',
  AUTHOR_GONE: 'The author of the trigger was deleted, or its key was revoked or has expired.',
} as const;
export type FiringCode = keyof typeof firingCodes;

/** Values that every expression of a trigger can use. */
interface Common {
  readonly trigger: { readonly id: string; readonly name: string };
  readonly time: Date;
}
export interface Delivered {
  readonly event: string | null;
  readonly delivery: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, and its text, from which numbers are read exactly. */
  readonly payload: unknown;
  readonly text: string;
}
export interface EndedExecution {
  readonly id: string;
  readonly kind: 'PIPELINE' | 'WORKFLOW';
  readonly name: string;
  readonly status: string;
  readonly attempt: number;
  readonly notes: string | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Image by name of the service. */
  readonly images: Readonly<Record<string, string>>;
}

const textMap = (values: Readonly<Record<string, string>>): Value => new Map(Object.entries(values));

/** Decides about a webhook. */
export function decideWebhook(
  definition: TriggerDefinition,
  common: Common,
  delivered: Delivered,
  facts: SourceFacts,
): FiringDecision {
  const { webhook } = definition.on;
  const unwanted = webhook === null ? null : unwantedEvent(webhook.events, delivered);
  if (unwanted !== null) return unwanted;
  if (webhook?.branches != null) {
    const wanted = facts.branch !== null && matches(facts.branch, `^(?:${webhook.branches})$`);
    if (!wanted) {
      const what = facts.branch === null ? 'The event names no branch' : `The branch ${facts.branch} does not match`;
      return filtered(`${what}: ${webhook.branches}`);
    }
  }
  return decide(definition, common, new Map<string, Value>([...deliveryScope(delivered), ...Object.entries(facts)]));
}

/** Decides about one image that a registry announces. `repositories` are those that count, if the trigger names none. */
export function decideImage(
  definition: TriggerDefinition,
  common: Common,
  delivered: Delivered,
  image: PushedImage,
  repositories: readonly string[],
): FiringDecision {
  const wanted = definition.on.image;
  const counts = wanted?.repository != null ? [wanted.repository] : repositories;
  if (!counts.some((one) => sameRepository(one, image.repository))) {
    return filtered(`The repository ${image.repository} is none of: ${counts.join(', ') || 'none is known'}`);
  }
  if (wanted?.tags != null && (image.tag === null || !matches(image.tag, `^(?:${wanted.tags})$`))) {
    return filtered(`The tag ${image.tag ?? 'is missing, and'} does not match: ${wanted.tags}`);
  }
  const { repository, tag, digest } = image;
  const shown = new Map<string, Value>([
    ['ref', imageRef(image)],
    ['repository', repository],
    ['tag', tag],
    ['digest', digest],
  ]);
  const scope = new Map<string, Value>([...deliveryScope(delivered), ['image', shown]]);
  const decision = decide(definition, common, scope);
  const service = wanted?.service ?? null;
  if (decision.is !== 'START' || service === null || Object.hasOwn(decision.inputs.images, service)) return decision;
  const images = { ...decision.inputs.images, [service]: imageRef(image) };
  return { is: 'START', inputs: { ...decision.inputs, images } };
}

export function decideSchedule(definition: TriggerDefinition, common: Common, tick: Date): FiringDecision {
  const schedule = new Map<string, Value>([
    ['time', tick.toISOString()],
    ['cron', definition.on.schedule?.cron ?? ''],
    ['time_zone', definition.on.schedule?.timeZone ?? ''],
  ]);
  return decide(definition, common, new Map<string, Value>([['schedule', schedule]]));
}

export function decideExecution(definition: TriggerDefinition, common: Common, ended: EndedExecution): FiringDecision {
  const { id, kind, name, status, attempt, notes, variables, outputs, images } = ended;
  const execution = new Map<string, Value>([
    ...Object.entries({ id, kind, name, status, notes }),
    ['attempt', BigInt(attempt)],
    ['variables', textMap(variables)],
    ['outputs', textMap(outputs)],
    ['images', textMap(images)],
  ]);
  return decide(definition, common, new Map<string, Value>([['execution', execution]]));
}

function unwantedEvent(events: readonly string[], { event, payload }: Delivered): FiringDecision | null {
  // GitHub tests an address with a ping.
  if (events.length === 0) return event === 'ping' ? filtered('A ping only tests the address') : null;
  const action =
    typeof payload === 'object' && payload !== null && 'action' in payload && typeof payload.action === 'string'
      ? payload.action
      : null;
  const names = event === null ? [] : [event, ...(action === null ? [] : [`${event}:${action}`])];
  if (events.some((one) => names.includes(one))) return null;
  return filtered(`The event ${names.at(-1) ?? 'has no name, and'} is none of: ${events.join(', ')}`);
}

const filtered = (reason: string): FiringDecision => ({ is: 'FILTERED', code: 'EVENT_NOT_WANTED', reason });

function deliveryScope({ event, delivery, headers, text, payload }: Delivered): [string, Value][] {
  const json = dataIn(text);
  return [
    ['event', event ?? ''],
    ['delivery', delivery ?? ''],
    ['headers', textMap(headers)],
    ['payload', typeof json === 'string' ? (typeof payload === 'string' ? payload : new Map()) : json],
  ];
}

function decide(definition: TriggerDefinition, { trigger, time }: Common, own: Scope): FiringDecision {
  const scope = new Map<string, Value>([
    ...own,
    ['trigger', new Map(Object.entries(trigger))],
    ['time', time.toISOString()],
  ]);
  const { condition } = definition;
  if (condition !== null) {
    const expression = readExpression(condition);
    const decision = 'decide' in expression ? expression.decide(scope) : { error: expression.message };
    // The reason is stored, so it shows no value whose name is that of a secret.
    const references =
      'decide' in expression ? expression.references.filter(({ path }) => !path.some(isSecretName)) : [];
    const seen = valuesSeen({ references }, scope);
    const shown = seen === '' ? condition : `${condition} (${seen})`;
    if ('error' in decision) {
      return {
        is: 'FAILED',
        code: 'CONDITION_ERROR',
        reason: `The condition can’t be decided, because ${decision.error}: ${shown}`,
      };
    }
    if (!decision.value) return { is: 'FILTERED', code: 'CONDITION_FALSE', reason: `The condition is false: ${shown}` };
  }
  const failures: string[] = [];
  const filled = (text: string): string => {
    const value = fillMessage(
      text,
      (part) => ({ value: part }),
      () => () => scope,
    );
    if ('value' in value) return value.value;
    failures.push(value.reason);
    return '';
  };
  const all = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, text]) => [name, filled(text)]));
  const inputs = {
    variables: all(definition.variables),
    images: all(definition.images),
    notes: definition.notes === null ? null : filled(definition.notes).slice(0, 5000),
  };
  const [failure] = failures;
  if (failure !== undefined) return { is: 'FAILED', code: 'CONDITION_ERROR', reason: failure };
  return { is: 'START', inputs };
}

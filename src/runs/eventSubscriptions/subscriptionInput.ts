import type { Actor } from '../../access/actor';
import { findReadableIds } from './filterTargets.queries';
import { broken, readIds } from '../../access/permissionInput';
import type { SubjectType } from '../../access/subjects';
import { readValue } from '../../catalog/language/expressions';
import { messageParts, UNCLOSED } from '../../catalog/language/messageExpressions';
import { executionStatuses } from '../../contract/statuses';
import type { Db } from '../../kernel/database/database';
import { type InputError, invalidInput } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import { isVariableName } from '../../kernel/naming';
import type { App } from '../app';
import { eventTypeNames } from './eventKinds';
import type { SubscriptionFilter, SubscriptionFormat } from './eventSubscriptions';

const MOST = 100;
const LONGEST_URL = 2000;
const LONGEST_TEMPLATE = 500;

const defaultApis: Readonly<Partial<Record<SubscriptionFormat, string>>> = {
  GITHUB: 'https://api.github.com',
  GITLAB: 'https://gitlab.com/api/v4',
};

/** Formats that use the API of a code host with a token. */
export const usesToken = (format: SubscriptionFormat): boolean => format in defaultApis;

export function readUrl(
  app: App,
  format: SubscriptionFormat,
  given: string | null | undefined,
  errors: InputError[],
): URL | undefined {
  const text = given ?? defaultApis[format];
  const refuse = (rule: string, message: string) => {
    errors.push(broken('url', null, rule, message));
    return undefined;
  };
  if (text === undefined) return refuse('REQUIRED', 'give the URL of the receiver.');
  if (text.length > LONGEST_URL) return refuse('TOO_LONG', `it has more than ${LONGEST_URL} characters.`);
  if (!URL.canParse(text)) return refuse('URL', 'it is not a URL, such as https://ci.example.com/hooks/slipway.');
  const url = new URL(text);
  url.hash = '';
  const problem = app.outgoing.problem(url);
  if (problem === null) return url;
  return refuse('ADDRESS', `${problem}. An operator can permit other destinations with SLIPWAY_OUTGOING_ALLOW.`);
}

/** A secret of Standard Webhooks. */
export function readSigningSecret(given: string, errors: InputError[]): void {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(given) ?? [];
  const bytes = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length;
  if (bytes >= 24 && bytes <= 64) return;
  errors.push(broken('secret', null, 'SECRET', 'expected "whsec_" and 24 to 64 bytes in base64.'));
}

/** A text with expressions. They may read variables of the run only. */
export function readTemplate(field: string, text: string | null, errors: InputError[]): void {
  if (text === null) return;
  if (text === '' || text.length > LONGEST_TEMPLATE) {
    errors.push(broken(field, text.slice(0, 100), 'LENGTH', `must have 1 to ${LONGEST_TEMPLATE} characters.`));
  }
  for (const part of messageParts(text)) {
    if (part.is === 'TEXT') continue;
    const read = part.source === null ? { at: 1, message: UNCLOSED } : readValue(part.source);
    if ('message' in read) errors.push(broken(field, text, 'EXPRESSION', `${part.text}: ${read.message}.`));
    else if (read.references.some(({ path }) => path[0] !== 'vars')) {
      errors.push(broken(field, text, 'EXPRESSION', `${part.text} may only use variables, such as vars.COMMIT.`));
    }
  }
}

export function readTokenSecret(format: SubscriptionFormat, name: string | null, errors: InputError[]): void {
  if (usesToken(format)) {
    if (name === null || !isVariableName(name))
      errors.push(broken('tokenSecret', name, 'REQUIRED', 'give the name of the secret that holds the token.'));
  } else if (name !== null) {
    errors.push(broken('tokenSecret', name, 'FORMAT', 'only the formats GITHUB and GITLAB use a token.'));
  }
}

const referred = {
  applicationIds: ['application', 'Application'],
  pipelineIds: ['pipeline', 'Pipeline'],
  workflowIds: ['workflow', 'Workflow'],
  environmentIds: ['environment', 'Environment'],
} as const satisfies Partial<Record<keyof SubscriptionFilter, readonly [string, SubjectType]>>;

/** Checks a filter and returns it as it is stored. What it names must exist for the actor. */
export async function readFilter(
  db: Db,
  actor: Actor,
  given: SubscriptionFilter,
  applicationId: string | null,
  errors: InputError[],
): Promise<SubscriptionFilter> {
  const filter: Record<string, readonly string[]> = {};
  const words = (field: 'eventTypes' | 'statuses', known: readonly string[]) => {
    const values = given[field];
    if (values == null) return;
    const unknown = values.filter((one) => !known.includes(one));
    for (const one of unknown)
      errors.push(
        broken(`filter.${field}`, one, 'ONE_OF', `"${one}" is unknown; expected one of ${known.join(', ')}.`),
      );
    filter[field] = [...new Set(values)];
  };
  words('eventTypes', eventTypeNames);
  words('statuses', executionStatuses);
  for (const [field, [table, type]] of Object.entries(referred)) {
    const values = given[field as keyof typeof referred];
    if (values == null) continue;
    const ids = readIds(values, `filter.${field}`, errors);
    filter[field] = ids;
    const found = await findReadableIds(db, actor, { table, type, applicationId }, ids.filter(isId));
    for (const id of ids.filter((one) => isId(one) && !found.includes(one)))
      errors.push(
        broken(`filter.${field}`, id, 'UNKNOWN', `no ${table} with the id "${id}" exists, or you may not see it.`),
      );
  }
  if (applicationId !== null && filter.applicationIds !== undefined)
    errors.push(
      broken(
        'filter.applicationIds',
        filter.applicationIds,
        'EXCLUSIVE',
        'the subscription belongs to one application.',
      ),
    );
  for (const [field, values] of Object.entries(filter)) {
    if (values.length === 0) errors.push(broken(`filter.${field}`, [], 'NOT_EMPTY', 'give at least one, or omit it.'));
    if (values.length > MOST)
      errors.push(broken(`filter.${field}`, values.length, 'TOO_MANY', `give at most ${MOST}.`));
  }
  return filter;
}

export function refuse(errors: readonly InputError[]): void {
  if (errors.length > 0) throw invalidInput(errors);
}

import { setTimeout as wait } from 'node:timers/promises';
import { ObserveDocument, type ObservedFragment, ObservedDocument } from '../client/generated';
import { findEnvironment, nameOfEnvironment } from './environments';
import { exit, Failure } from './failure';
import type { Session } from './session';
import { moment } from './ui';

const POLL_MS = 500;
/** By then, an observation without an agent, or with the longest usual time limit, is over. */
const PATIENCE_MS = 900_000;

/** `slipway observe`: observes what is actually running in an environment, and compares it with the record. */
export async function observe(
  session: Session,
  named: string,
  { follow }: { readonly follow: boolean },
): Promise<void> {
  const { api, ui } = session;
  const environment = await findEnvironment(session, named);
  const { id } = environment;
  const before = lastOf((await api.ask(ObservedDocument, { id })).environment);
  const { observeEnvironment } = await api.ask(ObserveDocument, { input: { environmentId: id } });
  if (!follow) return ui.answer(observeEnvironment.environment);
  let found = (await api.ask(ObservedDocument, { id })).environment;
  for (let waited = 0; found.observers.some((one) => isSame(one, before)); waited += POLL_MS) {
    if (waited >= PATIENCE_MS)
      throw new Failure(
        exit.refused,
        'TIMED_OUT',
        'The observation is taking too long. Run "slipway deployed" later to see the result.',
      );
    await wait(POLL_MS);
    found = (await api.ask(ObservedDocument, { id })).environment;
  }
  ui.answer(found);
  if (!ui.json)
    ui.table(
      ['SERVICE', 'DEPLOYED', 'RUNS', 'OBSERVED'],
      found.deployments.map(({ service, image, drifted, observed }) => [
        ...[service?.name ?? '(hidden)', image],
        observed === null
          ? ui.paint.dim('not observed')
          : (drifted ? ui.paint.red : ui.paint.green)(observed.image ?? 'nothing'),
        observed === null ? '' : moment(observed.at),
      ]),
    );
  const failed = found.observers.find(({ lastOutcome }) => lastOutcome !== 'SUCCEEDED');
  if (failed !== undefined) {
    const who = failed.workflow?.name ?? 'a workflow';
    throw new Failure(
      exit.failed,
      'NOT_OBSERVED',
      `${who} could not observe ${nameOfEnvironment(environment)}: ${failed.lastReason}.`,
    );
  }
  if (found.deployments.some(({ drifted }) => drifted))
    throw new Failure(exit.failed, 'DRIFTED', `${nameOfEnvironment(environment)} differs from the record.`);
}

const keyOf = ({ workflow }: ObservedFragment['observers'][number]): string => workflow?.name ?? '';
const lastOf = ({ observers }: Pick<ObservedFragment, 'observers'>) =>
  new Map(observers.map((one) => [keyOf(one), one.lastAt]));
const isSame = (one: ObservedFragment['observers'][number], before: ReturnType<typeof lastOf>): boolean =>
  (one.lastAt ?? null) === (before.get(keyOf(one)) ?? null);

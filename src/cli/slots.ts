import type { Given } from '../client/requests';
import {
  MoveSlotWaiterDocument,
  type SlotMemberFragment,
  SlotsDocument,
  type SlotsQuery,
  WithdrawSlotWaiterDocument,
} from '../client/generated';
import { allPages, type DeployedOptions, filtersOf, placeOf, requireEnvironment } from './deployed';
import { nameOf } from './run';
import { applicationOf, findRun, type SeenOptions, seenVersion } from './runs';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed } from './ui';

type Slotted = Given<SlotsQuery>['environments']['nodes'][number];

/** `slipway slots`: shows what deploys to each environment, and what waits for it, in order. */
export async function showSlots(
  session: Session,
  options: Pick<DeployedOptions, 'application' | 'environment'>,
): Promise<void> {
  const { api, ui } = session;
  const filters = await filtersOf(session, options);
  const found = await allPages(async (after) => (await api.ask(SlotsDocument, { filters, after })).environments);
  requireEnvironment(found, options);
  ui.answer(found);
  if (ui.json) return;
  const rows = found.flatMap((environment) => rowsOf(ui, environment));
  if (rows.length === 0) return ui.say('No deployment is running or waiting.');
  ui.table(['ENVIRONMENT', 'PLACE', 'RUN', 'WHAT', 'STEP', 'SINCE', 'BEGINS ABOUT'], rows);
  if (found.some(({ slot }) => slot.waiting.length > 0)) {
    ui.say('', ui.paint.dim('To change the queue: slipway slots move RUN, or slipway slots withdraw RUN'));
  }
}

function rowsOf({ paint }: Session['ui'], environment: Slotted): string[][] {
  const { holder, waiting } = environment.slot;
  const row = (place: string, { execution, stageExecution, since }: SlotMemberFragment, begins: string) => [
    placeOf(environment),
    place,
    execution?.id ?? '(hidden)',
    execution === null ? '' : nameOf(execution),
    stageExecution === null ? '' : `${stageExecution.pipelineStageName} › ${stageExecution.pipelineStepName}`,
    moment(since),
    begins,
  ];
  return [
    ...(holder === null ? [] : [row(paint.green('deploys'), holder, '')]),
    ...waiting.map((one) => row(String(one.position), one, one.estimate === null ? 'unknown' : moment(one.estimate))),
  ];
}

export interface WaiterOptions extends SeenOptions {
  readonly reason?: string;
}

export interface MoveOptions extends WaiterOptions {
  readonly before?: string;
}

/** `slipway slots move`: moves a waiting run ahead in its queues. */
export async function moveWaiter(session: Session, named: string, options: MoveOptions): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const other = options.before === undefined ? undefined : await findRun(session, options.before);
  const input = { ...inputFor(run, options), before: other?.id };
  const { execution } = (await api.change(MoveSlotWaiterDocument, { input })).moveSlotWaiter;
  ui.say(`${run.id} is ${other === undefined ? 'first in its queues' : `in front of ${other.id}`}.`);
  ui.answer({ execution });
}

/** `slipway slots withdraw`: ends a waiting run before it begins. */
export async function withdrawWaiter(
  session: Session,
  named: string,
  { yes = false, ...options }: WaiterOptions & { readonly yes?: boolean },
): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  if (!yes) await refuseUnlessConfirmed(ui, `Withdraw ${run.id}? It ends ABORTED.`, false);
  const { execution } = (await api.change(WithdrawSlotWaiterDocument, { input: inputFor(run, options) }))
    .withdrawSlotWaiter;
  ui.say(`${ui.status(execution?.status ?? 'ABORTED').trimEnd()} ${run.id}`);
  ui.answer({ execution });
}

const inputFor = (run: Awaited<ReturnType<typeof findRun>>, { reason, ...seen }: WaiterOptions) => ({
  applicationId: applicationOf(run),
  executionId: run.id,
  reason,
  expectedVersion: seenVersion(run, seen),
});

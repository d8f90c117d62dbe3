import {
  ApplicationIdDocument,
  type DeployedImageFragment,
  DeployedDocument,
  DeployedHistoryDocument,
  type EnvironmentFilter,
} from '../client/generated';
import { exit, Failure } from './failure';
import { actorName } from './run';
import type { Session } from './session';
import { moment, type Ui } from './ui';

export interface DeployedOptions {
  readonly application?: string;
  readonly environment?: string;
  readonly history?: boolean;
  readonly limit: number;
}

interface Place {
  readonly name: string;
  readonly application: { readonly name: string } | null;
}

/** `slipway deployed`: shows what is deployed where, since when and by whom; with `--history`, every deployment. */
export async function showDeployed(session: Session, options: DeployedOptions): Promise<void> {
  const filters = await filtersOf(session, options);
  await (options.history ? showHistory : showStanding)(session, filters, options);
}

export async function filtersOf(
  { api }: Session,
  { application, environment }: Pick<DeployedOptions, 'application' | 'environment'>,
): Promise<EnvironmentFilter[]> {
  const equals = (value: string) => ({ operator: 'EQUALS' as const, values: [value] });
  const id =
    application === undefined
      ? undefined
      : (await api.ask(ApplicationIdDocument, { name: application })).applicationByName.id;
  return [
    {
      ...(id !== undefined && { application: equals(id) }),
      ...(environment !== undefined && { name: equals(environment) }),
    },
  ];
}

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

export async function allPages<Node>(read: (after: string | null) => Promise<Page<Node>>): Promise<Node[]> {
  const found: Node[] = [];
  for (let after: string | null | undefined = null; ; ) {
    const { nodes, pageInfo }: Page<Node> = await read(after ?? null);
    found.push(...nodes);
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
}

async function showStanding(
  { api, ui }: Session,
  filters: EnvironmentFilter[],
  options: DeployedOptions,
): Promise<void> {
  const found = await allPages(async (after) => (await api.ask(DeployedDocument, { filters, after })).environments);
  requireEnvironment(found, options);
  ui.answer(found);
  if (ui.json) return;
  const rows = found.flatMap((environment) => {
    const all = [...environment.deployments, ...environment.unsettledDeployments];
    // A newer deployment that did not succeed is listed below the current one.
    const names = [...new Set(all.map(serviceOf))].sort();
    return names.flatMap((name) =>
      all
        .filter((one) => serviceOf(one) === name)
        .map((one) => [
          placeOf(environment),
          name,
          mark(ui, one),
          imageOf(ui, one),
          since(one),
          one.runId,
          actorName(one.actor),
        ]),
    );
  });
  if (rows.length === 0) return ui.say('Nothing is deployed.');
  ui.table(['ENVIRONMENT', 'SERVICE', '  STATUS', 'IMAGE', 'SINCE', 'RUN', 'BY'], rows);
  for (const { observers, ...environment } of found)
    for (const { workflow, lastOutcome, lastReason, observedAt } of observers) {
      if (lastOutcome !== 'FAILED') continue;
      const last = observedAt == null ? 'never observed' : `not observed since ${moment(observedAt)}`;
      ui.say(
        '',
        ui.paint.yellow(`! ${placeOf(environment)}: ${last} by ${workflow?.name ?? '(hidden)'}: ${lastReason}.`),
      );
    }
  if (found.some(({ deployments }) => deployments.some(({ drifted }) => drifted)))
    ui.say('', ui.paint.red('! DRIFTED: what runs differs from what was deployed.'));
  if (found.some(({ unsettledDeployments }) => unsettledDeployments.length > 0)) {
    ui.say('', ui.paint.yellow('! These did not succeed, or not yet: the machines may differ from the record.'));
  }
}

async function showHistory(
  { api, ui }: Session,
  filters: EnvironmentFilter[],
  options: DeployedOptions,
): Promise<void> {
  const first = options.limit;
  const read = async (after: string | null) =>
    (await api.ask(DeployedHistoryDocument, { filters, after, first })).environments;
  const found = await allPages(read);
  requireEnvironment(found, options);
  const all = found
    .flatMap(({ deploymentHistory, ...environment }) =>
      deploymentHistory.nodes.map((deployment) => ({ ...deployment, environment })),
    )
    .sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt))
    .slice(0, first);
  ui.answer(all);
  if (ui.json) return;
  if (all.length === 0) return ui.say('Nothing was ever deployed.');
  ui.table(
    ['STARTED', 'ENVIRONMENT', 'SERVICE', '  STATUS', 'IMAGE', 'RUN', 'BY', 'TASK'],
    all.map((one) => [
      ...[moment(one.startedAt), placeOf(one.environment), serviceOf(one), mark(ui, one), one.image, one.runId],
      ...[actorName(one.actor), one.task ?? ''],
    ]),
  );
}

export const placeOf = ({ name, application }: Place): string =>
  application === null ? name : `${application.name}/${name}`;
/** The image of the record; if another one was observed since, that one, too. */
function imageOf(
  { paint }: Ui,
  one: DeployedImageFragment & { drifted?: boolean; observed?: { image?: string | null; at: string } | null },
): string {
  if (one.drifted !== true || one.observed == null) return one.image;
  return `${one.image} ${paint.red(`DRIFTED: ${one.observed.image ?? 'nothing'} runs (${moment(one.observed.at)})`)}`;
}
const serviceOf = ({ service }: DeployedImageFragment): string => service?.name ?? '(hidden)';
const since = ({ startedAt, endedAt }: DeployedImageFragment): string => moment(endedAt ?? startedAt);

function mark({ paint }: Ui, { status }: DeployedImageFragment): string {
  if (status === 'SUCCEEDED') return paint.green('  SUCCEEDED');
  return status === 'REMOVED'
    ? paint.dim('  REMOVED')
    : (status === 'FAILED' ? paint.red : paint.yellow)(`! ${status}`);
}

export function requireEnvironment(
  found: readonly object[],
  { environment }: Pick<DeployedOptions, 'environment'>,
): void {
  if (found.length > 0 || environment === undefined) return;
  throw new Failure(exit.refused, 'NOT_FOUND', `No environment that you may see is named "${environment}".`, {}, [
    '"slipway deployed" lists them.',
  ]);
}

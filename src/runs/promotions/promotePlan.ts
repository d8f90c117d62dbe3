import { createHash } from 'node:crypto';
import type { Actor } from '../../access/actor';
import { type Environment, environments } from '../../catalog/environments/environments';
import { GIVEN_ENVIRONMENT } from '../../catalog/language/workflow';
import { readPart, unknownName } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import type { RecordedDeployment } from '../../engine/deployment';
import type { VariableInput } from '../../engine/resolveVariables';
import type { WorkflowPlan } from '../../engine/startPlan';
import type { Db } from '../../kernel/database/database';
import { type InputError, invalidInput, Refusal } from '../../kernel/errors';
import { type BatchLoad, groupBy, Loaders } from '../../kernel/loaders';
import type { App } from '../app';
import { imageAges, newerOf } from '../deployments/compareEnvironments';
import { findStanding } from '../deployments/deployments.store';
import { inWords } from '../deployments/movedOn';
import { planPipelineStart, planWorkflowStart, type StartExecution } from '../execution/planStart';
import { findCatalog } from '../execution/startTargets.store';
import type { MayOverrideFreeze } from '../freezes/overrideFreeze';

export interface Promote extends MayOverrideFreeze {
  /** Defaults to the environment that the target comes after. */
  readonly fromId?: string | null;
  readonly toId: string;
  /** Names or ids; null: all that differ. */
  readonly services?: readonly string[] | null;
  /** Pipeline or workflow to start, by ID or name. Defaults to the only one that fits. */
  readonly pipelineId?: string | null;
  readonly workflowId?: string | null;
  readonly variableInputs?: readonly VariableInput[] | null;
  readonly overrule?: boolean | null;
  readonly planToken?: string | null;
  readonly notes?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface Promotion {
  readonly serviceId: string;
  readonly service: string;
  readonly deployment: RecordedDeployment;
  /** Deployment of the target that it replaces. */
  readonly current: RecordedDeployment | null;
  /** True if the target has the newer image. */
  readonly older: boolean;
}

export interface PromotionPlan {
  readonly from: Environment;
  readonly to: Environment;
  readonly promotions: readonly Promotion[];
  /** Start that it makes; null if nothing, or more than one definition, fits. */
  readonly start: (StartExecution & { readonly name: string }) | null;
  readonly refusals: readonly Refusal[];
  readonly token: string;
}

/** Everything that a promotion would start, and everything that prevents it. */
export async function planPromotion(app: App, actor: Actor, input: Promote): Promise<PromotionPlan> {
  const db = app.database;
  const to = await readPart(app, actor, environments, input.toId);
  const from = await readSource(app, actor, to, input.fromId ?? null);
  const promotions = await findPromotions(app, from, to, input.services ?? null);
  const refusals: Refusal[] = [];
  if (promotions.length === 0) {
    const message = `${to.name} has the images of ${from.name} already, or ${from.name} has none.`;
    refusals.push(new Refusal('NOTHING_TO_PROMOTE', message));
  }
  const newer = promotions.filter(({ older }) => older);
  if (newer.length > 0 && input.overrule !== true) {
    const conflicts = newer.map(({ service, deployment, current }) => ({
      ...{ environment: to.name, service, deployed: current?.image ?? null, runId: current?.runId ?? null },
      image: deployment.image,
    }));
    const message = `${to.name} has newer images: ${inWords(conflicts)}. Send overrule: true to replace them.`;
    refusals.push(new Refusal('ENVIRONMENT_MOVED_ON', message, { conflicts }));
  }
  const start = promotions.length === 0 ? null : await findStart(app, db, to, promotions, input);
  if (start instanceof Refusal) refusals.push(start);
  const meaning = [from.id, to.id, promotions.map((one) => [one.deployment.id, one.current?.id ?? null])];
  return {
    ...{ from, to, promotions, refusals, start: start instanceof Refusal ? null : start },
    token: createHash('sha256').update(JSON.stringify(meaning)).digest('base64url'),
  };
}

async function readSource(app: App, actor: Actor, to: Environment, fromId: string | null): Promise<Environment> {
  const named = fromId === null && to.after !== null ? await environmentBefore(app.database, to) : undefined;
  const id = fromId ?? named?.id;
  if (id === undefined) throw invalid('fromId', `name it: "${to.name}" declares no environment that it comes after.`);
  const from = await readPart(app, actor, environments, id);
  if (from.applicationId !== to.applicationId) throw invalid('fromId', 'is an environment of another application.');
  if (from.id === to.id) throw invalid('fromId', 'is the target itself.');
  return from;
}

const invalid = (field: string, message: string): Refusal =>
  invalidInput([{ field, value: null, rule: 'ENVIRONMENT', message: `${field}: ${message}` }]);

/** Environment that another one comes after, in the order that the definitions declare. */
export const environmentBefore = async (
  db: Db,
  { applicationId, after }: Environment,
): Promise<Environment | undefined> => (after === null ? undefined : environments.findByName(db, applicationId, after));

const pairKey = (fromId: string, toId: string): string => `${fromId} ${toId}`;

/** Services whose image in one environment differs from that in the other, by service name. */
export const promotionsBetween = (loaders: Loaders<App>, from: Environment, to: Environment): Promise<Promotion[]> =>
  loaders.load(promotionsOfPair, pairKey(from.id, to.id)).then((found) => found ?? []);

/** Three statements for any number of pairs of environments. */
const promotionsOfPair: BatchLoad<Promotion[], App> = async (app, keys) => {
  const asked = keys.map((key) => ({ key, ids: key.split(' ') }));
  const db = app.database;
  const standing = await findStanding(db, 'environmentId', [...new Set(asked.flatMap(({ ids }) => ids))]);
  const rows = standing.filter(({ status }) => status === 'SUCCEEDED');
  const known = await services.findAll(db, 'row.id = ANY ($1::uuid[])', [rows.map(({ serviceId }) => serviceId)]);
  const has = new Map(rows.map((row) => [pairKey(row.environmentId, row.serviceId), row]));
  const pairs = asked.flatMap(({ key, ids: [from = '', to = ''] }) =>
    known.flatMap(({ id: serviceId, name: service }) => {
      const deployment = has.get(pairKey(from, serviceId));
      const current = has.get(pairKey(to, serviceId)) ?? null;
      if (deployment === undefined || deployment.image === current?.image) return [];
      return [{ key, serviceId, service, deployment, current }];
    }),
  );
  const ages = await imageAges(
    app,
    pairs.flatMap(({ deployment, current }) => (current === null ? [] : [deployment, current])),
  );
  const promotions = pairs.map((pair) => ({ ...pair, older: newerOf(pair.deployment, pair.current, ages) === 'B' }));
  return groupBy(promotions, ({ key }) => key);
};

/** The promotions of the services that the caller names, or all. */
async function findPromotions(
  app: App,
  from: Environment,
  to: Environment,
  asked: readonly string[] | null,
): Promise<Promotion[]> {
  const promotions = await promotionsBetween(new Loaders(app), from, to);
  if (asked === null) return promotions;
  const known = await services.ofApplications(app.database, [to.applicationId]);
  const chosen = asked.map((named) => {
    const found = known.find(({ id, name }) => id === named || name === named);
    if (found === undefined) throw unknownName('service', named);
    return found.id;
  });
  return promotions.filter(({ serviceId }) => chosen.includes(serviceId));
}

/** The pipeline or workflow that the caller names, or the only one that deploys these services there and nowhere else. */
async function findStart(
  app: App,
  db: Db,
  to: Environment,
  promotions: readonly Promotion[],
  { pipelineId, workflowId, variableInputs, notes, overrideFreeze }: Promote,
): Promise<(StartExecution & { readonly name: string }) | Refusal> {
  const { applicationId } = to;
  const serviceInputs = promotions.map(({ service, deployment }) => ({ name: service, image: deployment.image }));
  const common = { applicationId, serviceInputs, notes, overrideFreeze };
  const catalog = await findCatalog(db, applicationId);
  const [allPipelines, allWorkflows] = await Promise.all([
    pipelines.definedIn(db, [applicationId]),
    workflows.definedIn(db, [applicationId]),
  ]);
  const given = { name: 'environment', variableValue: { type: 'NAME' as const, value: to.name } };
  const candidates: { name: string; input: StartExecution; plans: () => Promise<Fit> }[] = [
    ...(workflowId == null ? allPipelines : []).map(({ row, revision }) => {
      const input = { ...common, entityId: row.id, executionType: 'PIPELINE' as const, variableInputs };
      const plans = async (): Promise<Fit> => {
        const { plan, errors } = await planPipelineStart(app, revision.definition, catalog, input);
        return { plans: [...plan.elements.values()], errors };
      };
      return { name: row.name, input, plans };
    }),
    ...(pipelineId == null ? allWorkflows : []).map(({ row, revision: { definition } }) => {
      const isTemplate = definition.environment === GIVEN_ENVIRONMENT;
      const variables = [...(variableInputs ?? []), ...(isTemplate ? [given] : [])];
      const input = { ...common, entityId: row.id, executionType: 'WORKFLOW' as const, variableInputs: variables };
      const plans = async (): Promise<Fit> => {
        const { plan, errors } = planWorkflowStart(definition, catalog, input);
        return { plans: [plan], errors };
      };
      return { name: row.name, input, plans };
    }),
  ];
  const asked = pipelineId ?? workflowId;
  if (asked != null) {
    const named = candidates.find(({ name, input }) => input.entityId === asked || name === asked);
    if (named === undefined) {
      const kind = pipelineId == null ? 'workflow' : 'pipeline';
      return new Refusal('NOT_FOUND', `This application has no ${kind} "${asked}".`);
    }
    const fit = await named.plans();
    if (fit.plans.some(({ environmentId }) => environmentId === to.id)) return startOf(named, fit);
    return new Refusal('NOT_STARTABLE', `"${named.name}" does not deploy to ${to.name}.`);
  }
  const fitting: { one: (typeof candidates)[number]; fit: Fit }[] = [];
  for (const one of candidates) {
    const fit = await one.plans();
    if (fits(fit, to, promotions)) fitting.push({ one, fit });
  }
  const best = fitting.some(({ one }) => one.input.executionType === 'PIPELINE')
    ? fitting.filter(({ one }) => one.input.executionType === 'PIPELINE')
    : fitting;
  const [only, another] = best;
  if (only !== undefined && another === undefined) return startOf(only.one, only.fit);
  const names = best.map(({ one }) => one.name).join(', ');
  const message =
    only === undefined
      ? `No pipeline or workflow deploys exactly these services to ${to.name}, and nothing else. Name one, or other services.`
      : `Several definitions deploy these services to ${to.name}: ${names}. Name one of them.`;
  return new Refusal('NOT_STARTABLE', message);
}

/** A definition that fits may still lack inputs, which the caller can give. */
function startOf({ name, input }: { name: string; input: StartExecution }, { errors }: Fit) {
  if (errors.length > 0) return invalidInput(errors);
  return { ...input, name };
}

interface Fit {
  readonly plans: readonly WorkflowPlan[];
  readonly errors: readonly InputError[];
}

/** Missing variables don't count: the caller can give them. */
function fits({ plans, errors }: Fit, to: Environment, promotions: readonly Promotion[]): boolean {
  const deploying = plans.filter(({ images }) => Object.keys(images).length > 0);
  return (
    errors.every(({ field }) => !field.startsWith('serviceInputs')) &&
    deploying.every(({ environmentId }) => environmentId === to.id) &&
    promotions.every(({ serviceId }) => deploying.some(({ images }) => images[serviceId] !== undefined))
  );
}

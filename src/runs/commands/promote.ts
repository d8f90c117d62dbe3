import type { Actor } from '../../access/actor';
import type { Execution } from '../../engine/execution';
import { notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findExecution } from '../execution/executions.store';
import { environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import { type Promote, planPromotion } from '../promotions/promotePlan';
import { keyedRequest, once } from './idempotency';
import { findIdempotencyKey } from './idempotencyKeys.store';
import { startExecution } from './startExecution';

/** Starts a pipeline or workflow with the images that one environment has, to bring them to the next one. */
export async function promote(app: App, actor: Actor, input: Promote): Promise<Execution> {
  const { applicationId } = await readPart(app, actor, environments, input.toId);
  const request = keyedRequest(applicationId, 'promote', input);
  const used = await findIdempotencyKey(app.database, applicationId, input.idempotencyKey);
  const again = async ({ executionId }: { readonly executionId: string }) => {
    const known = await findExecution(app.database, executionId);
    if (known === undefined) throw notFound('execution', executionId);
    return known;
  };
  return once(app, request, used, again, async () => {
    const plan = await planPromotion(app, actor, input);
    const stale = input.planToken != null && input.planToken !== plan.token;
    if (stale) throw new Refusal('PLAN_STALE', 'The environments have changed since the preview. Preview it again.');
    const [refusal] = plan.refusals;
    if (refusal !== undefined || plan.start === null)
      throw refusal ?? new Error('a plan without a refusal has a start');
    const { name: _, ...start } = plan.start;
    return startExecution(app, actor, start, request);
  });
}

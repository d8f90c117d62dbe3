import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { configurationOf } from '../../catalog/definitions/configuration';
import { hookOf, type HookSender, isUnsigned } from '../../catalog/language/triggerShape';
import { requireMayStartIn } from '../../catalog/triggers/changeTriggers';
import type { Trigger } from '../../catalog/triggers/triggers';
import { hookOfTrigger } from '../../catalog/triggers/triggers.store';
import { refusalOf } from '../../kernel/errors';
import type { Context } from '../graphql/context';
import { OnNewArtifact, OnWebhook, WebhookDetails } from './triggers.types';

/** Condition of a trigger. */
interface OfTrigger {
  readonly row: Trigger;
}

const ADDRESS = 'Address. Null for callers who may not start what the trigger starts.';

@Resolver(() => OnWebhook)
export class OnWebhookResolver {
  @FieldResolver(() => WebhookDetails, { nullable: true, description: ADDRESS })
  webhookDetails(@Root() root: OfTrigger, @Ctx() context: Context): Promise<object | null> {
    return detailsOf(root, context);
  }
}

@Resolver(() => OnNewArtifact)
export class OnNewArtifactResolver {
  @FieldResolver(() => WebhookDetails, { nullable: true, description: ADDRESS })
  webhookDetails(@Root() root: OfTrigger, @Ctx() context: Context): Promise<object | null> {
    return detailsOf(root, context);
  }
}

/** Only callers who may change the trigger see its address, which may be all that a sender needs. */
async function detailsOf({ row }: OfTrigger, { app, actor, loaders }: Context): Promise<object | null> {
  const [configuration, hook] = await Promise.all([
    loaders.load(configurationOf, row.applicationId),
    loaders.load(hookOfTrigger, row.id),
  ]);
  if (configuration === undefined || hook === undefined) return null;
  if ((await refusalOf(() => requireMayStartIn(configuration, actor, row))) !== null) return null;
  const base = app.config.SLIPWAY_PUBLIC_URL ?? '';
  const sender = hookOf(row.definition)?.sender ?? 'CUSTOM';
  return {
    ...{ webhookURL: `${base}/hooks/${hook.path}`, method: 'POST', header: headerOf(sender), payload: 'JSON' },
    ...{ rotatedAt: hook.rotatedAt, rejected: Number(hook.rejected), lastRejectedAt: hook.lastRejectedAt },
    previousSecretUntil:
      hook.previousUntil !== null && hook.previousUntil > app.clock.now() ? hook.previousUntil : null,
  };
}

const signatures: Readonly<Partial<Record<HookSender, string>>> = {
  GITHUB: 'X-Hub-Signature-256',
  BITBUCKET: 'X-Hub-Signature',
  GITLAB: 'webhook-signature or X-Gitlab-Token',
  STANDARD: 'webhook-id, webhook-timestamp, webhook-signature',
  HARBOR: 'Authorization',
  OCI: 'Authorization',
};
const headerOf = (sender: HookSender): string =>
  isUnsigned(sender) ? 'content-type: application/json' : `content-type: application/json; ${signatures[sender] ?? ''}`;

import type { Actor } from '../../access/actor';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { environments } from '../../catalog/environments/environments';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import type { Execution } from '../../engine/execution';
import type { Loaders } from '../../kernel/loaders';
import type { App } from '../app';
import { encodePlace, type LogEvent } from '../events/eventLog';
import { executionLink } from '../execution/executionLink';
import { executionById } from '../execution/executions.loaders';
import type { EventDelivery } from './eventDeliveries';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** An event and what it is about, as far as the owner of a subscription may read it. */
export interface EventFacts {
  readonly event: LogEvent;
  /** The same cursor as in the stream of all executions. */
  readonly cursor: string;
  readonly execution: Execution;
  /** Root of the run; null if the owner may not read it. */
  readonly run: Execution | null;
  readonly application: Named | null;
  /** Pipeline or workflow of the run, or of the execution if the owner may not read the run. */
  readonly definition: (Named & { readonly kind: Execution['kind'] }) | null;
  readonly environment: (Named & { readonly type: string }) | null;
  readonly service: Named | null;
  /** Address of the run. */
  readonly link: string | null;
}

/** Null if the owner may not read the execution now. */
export async function eventFacts(
  app: App,
  loaders: Loaders<App>,
  owner: Actor,
  delivery: EventDelivery,
  event: LogEvent,
): Promise<EventFacts | null> {
  const { access } = owner;
  const execution = await visible(access, loaders, 'Execution', await loaders.load(executionById, event.executionId));
  if (execution === null) return null;
  const { data } = event as { readonly data: Readonly<Record<string, unknown>> };
  const idIn = (name: string) => (typeof data[name] === 'string' ? data[name] : undefined);
  const run =
    execution.runId === execution.id
      ? execution
      : await visible(access, loaders, 'Execution', await loaders.load(executionById, execution.runId));
  const environmentId = idIn('environmentId') ?? execution.environmentId;
  const serviceId = idIn('serviceId');
  const [application, environment, service, identity] = await Promise.all([
    loaders
      .load(applications.byId, execution.applicationId)
      .then((row) => visible(access, loaders, 'Application', row)),
    environmentId == null
      ? null
      : loaders.load(environments.byId, environmentId).then((row) => visible(access, loaders, 'Environment', row)),
    serviceId === undefined
      ? null
      : loaders.load(services.byId, serviceId).then((row) => visible(access, loaders, 'Service', row)),
    app.feeds.identity(),
  ]);
  const { kind, entityId } = run ?? execution;
  // The name of a run's pipeline or workflow is part of the run, as in the API.
  const definition = await loaders.load(kind === 'PIPELINE' ? pipelines.byId : workflows.byId, entityId);
  const place = { transactionId: delivery.transactionId, runId: event.runId, sequence: event.sequence };
  return {
    ...{ event, execution, run, service: named(service), application: named(application) },
    definition: definition === undefined ? null : { id: definition.id, name: definition.name, kind },
    environment: environment && { id: environment.id, name: environment.name, type: environment.type },
    cursor: encodePlace(identity, place),
    link: executionLink(app, event.runId),
  };
}

const named = (row: Named | null): Named | null => row && { id: row.id, name: row.name };

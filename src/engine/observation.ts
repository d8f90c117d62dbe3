import type { ActorRef } from '../access/actor';
import type { DeploymentPlace, RecordedDeployment } from './deployment';

/** A run that observes what is actually running in an environment. An environment has one at a time. */
export interface Observation {
  readonly executionId: string;
  readonly environmentId: string;
  readonly workflowId: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** SKIPPED: a deployment was in progress, so the result would be meaningless. */
export const observationOutcomes = ['SUCCEEDED', 'FAILED', 'SKIPPED'] as const;
export type ObservationOutcome = (typeof observationOutcomes)[number];

/** A workflow that observes an environment, with its schedule and its newest results. */
export interface Observer {
  readonly environmentId: string;
  readonly workflowId: string;
  /** Revision of the workflow, and the one made of its `observe` for these runs. */
  readonly sourceRevisionId: string;
  readonly revisionId: string | null;
  readonly everySeconds: number | null;
  /** Time of the next observation; null: on demand only. */
  readonly nextAt: Date | null;
  /** Actor that asked for the next one; null: the schedule. */
  readonly requestedBy: ActorRef | null;
  readonly lastAt: Date | null;
  readonly lastOutcome: ObservationOutcome | null;
  readonly lastReason: string | null;
  readonly lastExecutionId: string | null;
  /** Time of the newest one that succeeded. */
  readonly observedAt: Date | null;
}

/** Newest observation of a service in an environment, compared with the record of that time. */
export interface ObservedService extends DeploymentPlace {
  /** Null: it is not running. */
  readonly image: string | null;
  readonly observedAt: Date;
  readonly executionId: string;
  /** Deployment that it was compared with; null if there was none. */
  readonly deploymentId: string | null;
  readonly endNumber: number | null;
  readonly drifted: boolean;
}

/** Image of each service in the report of an observation: lines `service=image`. Null: it is not running. */
export function readReport(text: string): {
  readonly images: ReadonlyMap<string, string | null>;
  readonly bad: string | null;
} {
  const images = new Map<string, string | null>();
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '') continue;
    const at = line.indexOf('=');
    if (at < 1) return { images, bad: line };
    images.set(line.slice(0, at).trim(), line.slice(at + 1).trim() || null);
  }
  return { images, bad: null };
}

const digest = (image: string): string | undefined => /sha256:[0-9a-f]{64}$/.exec(image)?.[0];

/** Images are the same if their texts are, or if both end with the same digest. */
export function isSameImage(recorded: string, observed: string | null): boolean {
  if (observed === null) return false;
  const known = digest(recorded);
  return recorded === observed || (known !== undefined && known === digest(observed));
}

/** A change of drift: it began, changed, or was resolved, also by a new deployment. */
export interface DriftChange {
  readonly type: 'DRIFTED' | 'DRIFT_RESOLVED';
  /** Deployment whose run gets the event. */
  readonly deploymentId: string;
  readonly observed: string | null;
}

/** New state of a service after an observation, and the events of what changed. */
export function compareObserved(
  observed: Pick<ObservedService, 'environmentId' | 'serviceId' | 'image' | 'observedAt' | 'executionId'>,
  before: ObservedService | undefined,
  record: RecordedDeployment | undefined,
): { readonly after: ObservedService; readonly changes: readonly DriftChange[] } {
  const { image } = observed;
  const drifted = record !== undefined && !isSameImage(record.image, image);
  const after = { ...observed, deploymentId: record?.id ?? null, endNumber: record?.endNumber ?? null, drifted };
  const changes: DriftChange[] = [];
  const open = before?.drifted === true ? before.deploymentId : null;
  const stays = drifted && open === record?.id;
  if (open !== null && !stays) changes.push({ type: 'DRIFT_RESOLVED', deploymentId: open, observed: image });
  if (drifted && (!stays || before?.image !== image))
    changes.push({ type: 'DRIFTED', deploymentId: record.id, observed: image });
  return { after, changes };
}

import type { Abilities } from './access/abilities';
import type { IdentityProvider } from './access/identityProvider';
import type { ArtifactFiles } from './artifacts/artifactFiles';
import type { Clock } from './clock';
import type { ServerConfig } from './config';
import type { Database } from './database/database';
import type { RevisionCache } from './definitions/revisionCache';
import type { EventFeeds } from './events/eventFeeds';
import type { QueueFeed } from './jobs/queueFeed';
import type { RequirementClasses } from './jobs/requirementClasses';
import type { Log } from './log';
import type { PipelineDefinition } from './pipelines/pipeline';
import type { SecretKeys } from './secrets/secretKeys';
import type { WorkflowDefinition } from './workflows/workflow';

/** What every command gets as its first argument. Made once for each process, by `createApp`. */
export interface App {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  readonly workflowRevisions: RevisionCache<WorkflowDefinition>;
  readonly pipelineRevisions: RevisionCache<PipelineDefinition>;
  readonly artifactFiles: ArtifactFiles;
  readonly abilities: Abilities;
  /** Null when none is configured: then only API keys open the server. */
  readonly identityProvider: IdentityProvider | null;
  readonly requirementClasses: RequirementClasses;
  readonly secretKeys: SecretKeys;
  /** What is watched in this process, each with one reader. */
  readonly feeds: EventFeeds & { readonly queue: QueueFeed };
}

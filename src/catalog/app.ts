import type { App as AccessApp } from '../access/app';
import type { RevisionCache } from './definitions/revisionCache';
import type { PipelineDefinition } from './language/pipeline';
import type { WorkflowDefinition } from './language/workflow';
import type { SecretKeys } from './secrets/secretKeys';

/** First argument of every command of the catalog. */
export interface App extends AccessApp {
  readonly workflowRevisions: RevisionCache<WorkflowDefinition>;
  readonly pipelineRevisions: RevisionCache<PipelineDefinition>;
  readonly secretKeys: SecretKeys;
}

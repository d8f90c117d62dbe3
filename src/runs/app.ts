import type { App as CatalogApp } from '../catalog/app';
import type { ArtifactFiles } from './artifacts/artifactFiles';
import type { EventFeeds } from './events/eventFeeds';
import type { QueueFeed } from './queue/queueFeed';
import type { KnownJobs } from './queue/knownJobs';
import type { RequirementClasses } from './queue/requirementClasses';

/** First argument of every command on runs, and of everything above. Created once per process by `createApp`. */
export interface App extends CatalogApp {
  readonly artifactFiles: ArtifactFiles;
  readonly requirementClasses: RequirementClasses;
  readonly knownJobs: KnownJobs;
  /** How often runs could not be moved, in this process; the keys are those of `faults.ts`. */
  readonly faults: Map<string, number>;
  /** Watched things in this process, each with one reader. */
  readonly feeds: EventFeeds & { readonly queue: QueueFeed };
}

import type { App as CatalogApp } from '../catalog/app';
import type { ArtifactFiles } from './artifacts/artifactFiles';
import type { EventFeeds } from './events/eventFeeds';
import type { RunFaults } from './faults';
import type { QueueFeed } from './queue/queueFeed';
import type { RequirementClasses } from './queue/requirementClasses';

/** First argument of every command on runs, and of everything above. Created once per process by `createApp`. */
export interface App extends CatalogApp {
  readonly artifactFiles: ArtifactFiles;
  readonly requirementClasses: RequirementClasses;
  /** Failures to move runs. */
  readonly faults: RunFaults;
  /** Watched things in this process, each with one reader. */
  readonly feeds: EventFeeds & { readonly queue: QueueFeed };
}

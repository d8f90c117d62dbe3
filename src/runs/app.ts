import type { Signing } from '../kernel/database/signing';
import type { App as CatalogApp } from '../catalog/app';
import type { Contents } from './contents/contents';
import type { Tracing } from '../kernel/tracing';
import type { RunObserver } from './events/committed';
import type { EventFeeds } from './events/eventFeeds';
import type { LogFeed } from './logs/logFeed';
import type { QueueFeed } from './queue/queueFeed';
import type { KnownJobs } from './queue/knownJobs';
import type { RequirementClasses } from './queue/requirementClasses';
import type { AgentNotes } from './agents/agentNotes';

/** First argument of every command on runs, and of everything above. Created once per process by `createApp`. */
export interface App extends CatalogApp {
  readonly contents: Contents;
  readonly signing: Signing;
  readonly requirementClasses: RequirementClasses;
  readonly knownJobs: KnownJobs;
  readonly agentNotes: AgentNotes;
  /** Null if tracing is off. */
  readonly tracing: Tracing | null;
  /** Metrics and traces of this process, if they are on. */
  readonly observers: readonly RunObserver[];
  /** Number of failures to move each run in this process; the keys are those of `faults.ts`. */
  readonly faults: Map<string, number>;
  /** Feeds of this process; each has one reader. */
  readonly feeds: EventFeeds & { readonly queue: QueueFeed; readonly logs: LogFeed };
}

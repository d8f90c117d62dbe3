/** How busy the installation is. Names nothing that belongs to an application, so everybody may see it. */
export interface QueueState {
  /** Jobs that wait for an agent. */
  readonly readyJobs: number;
  /** Jobs that were offered to an agent which has not started them yet. */
  readonly offeredJobs: number;
  readonly runningJobs: number;
  /** Agents that were heard of lately, and how many jobs they run at the most. */
  readonly agentsOnline: number;
  readonly slots: number;
  /** The jobs that wait, by the labels that they need. */
  readonly waiting: readonly WaitingJobs[];
}

export interface WaitingJobs {
  readonly labels: readonly string[];
  readonly readyJobs: number;
  /** Agents online that have all of the labels. With none, the jobs wait for ever. */
  readonly agentsOnline: number;
  /** Since when the longest-waiting of them waits. */
  readonly oldestQueuedAt: Date;
}

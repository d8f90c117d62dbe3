/** Load of the installation. Contains no data of any application, so everybody may see it. */
export interface QueueState {
  /** Jobs that wait for an agent. */
  readonly readyJobs: number;
  /** Jobs that were offered to an agent which has not started them yet. */
  readonly offeredJobs: number;
  readonly runningJobs: number;
  /** Agents seen recently, and the maximum number of jobs that they run together. */
  readonly agentsOnline: number;
  readonly slots: number;
  /** Waiting jobs, by required labels. */
  readonly waiting: readonly WaitingJobs[];
}

export interface WaitingJobs {
  readonly labels: readonly string[];
  readonly readyJobs: number;
  /** Online agents that have all of the labels. If there are none, the jobs wait until one connects. */
  readonly agentsOnline: number;
  /** Time since which the oldest of them has been waiting. */
  readonly oldestQueuedAt: Date;
}

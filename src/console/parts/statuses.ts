import type {
  AgentState,
  AgentStatus,
  ApprovalStatus,
  DeploymentStatus,
  ExecutionStatus,
  OperationStatus,
} from '../../client/generated';

export type Tone = 'good' | 'bad' | 'active' | 'wait' | 'hold' | 'calm';
export type Shape =
  | 'check'
  | 'cross'
  | 'alert'
  | 'turning'
  | 'circle'
  | 'waits'
  | 'pause'
  | 'stop'
  | 'dash'
  | 'clock'
  | 'question'
  | 'dot';

export type AnyStatus =
  | ExecutionStatus
  | AgentState
  | AgentStatus
  | ApprovalStatus
  | DeploymentStatus
  | OperationStatus
  | 'PENDING';

export interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly shape: Shape;
}

/** Word, color and shape of each status of executions, stages, tasks, jobs, agents, deployments and approvals. */
export const looks: Readonly<Record<AnyStatus, Look>> = {
  SUCCESS: { word: 'Succeeded', tone: 'good', shape: 'check' },
  SUCCEEDED: { word: 'Succeeded', tone: 'good', shape: 'check' },
  APPROVED: { word: 'Approved', tone: 'good', shape: 'check' },
  ONLINE: { word: 'Online', tone: 'good', shape: 'dot' },
  FAILED: { word: 'Failed', tone: 'bad', shape: 'cross' },
  ERROR: { word: 'Error', tone: 'bad', shape: 'alert' },
  LOST: { word: 'Lost', tone: 'bad', shape: 'question' },
  REJECTED: { word: 'Rejected', tone: 'bad', shape: 'cross' },
  EXPIRED: { word: 'Expired', tone: 'bad', shape: 'clock' },
  CANCELLED: { word: 'Canceled', tone: 'calm', shape: 'stop' },
  ABORTED: { word: 'Aborted', tone: 'calm', shape: 'stop' },
  RUNNING: { word: 'Running', tone: 'active', shape: 'turning' },
  RESUMING: { word: 'Resuming', tone: 'active', shape: 'turning' },
  RESTORING: { word: 'Restoring', tone: 'active', shape: 'turning' },
  IN_PROGRESS: { word: 'In progress', tone: 'active', shape: 'turning' },
  WAITING: { word: 'Waiting', tone: 'wait', shape: 'waits' },
  PAUSED: { word: 'Paused', tone: 'hold', shape: 'pause' },
  QUEUED: { word: 'Queued', tone: 'calm', shape: 'circle' },
  PENDING: { word: 'Pending', tone: 'calm', shape: 'circle' },
  SKIPPED: { word: 'Skipped', tone: 'calm', shape: 'dash' },
  RESUMED: { word: 'Resumed', tone: 'calm', shape: 'dash' },
  REMOVED: { word: 'Removed', tone: 'calm', shape: 'dash' },
  UNKNOWN: { word: 'Unknown', tone: 'wait', shape: 'question' },
  BUSY: { word: 'Busy', tone: 'active', shape: 'dot' },
  DRAINING: { word: 'Draining', tone: 'wait', shape: 'waits' },
  OFFLINE: { word: 'Offline', tone: 'bad', shape: 'circle' },
  LEFT: { word: 'Left', tone: 'calm', shape: 'dash' },
};

/** Look of a status that this version of the console may not know. */
export const lookOf = (status: string): Look =>
  looks[status as AnyStatus] ?? { word: status.toLowerCase().replaceAll('_', ' '), tone: 'calm', shape: 'question' };

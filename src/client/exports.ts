/** Everything that the package exports as `slipway/client`. */
export { ApiError, type ErrorCode } from './apiError';
export { Client, type ClientOptions } from './client';
export { exchangeToken, type JobKey } from './exchange';
export * from './generated';
export type { Given, RequestOptions } from './requests';
export type { NamedStart } from './start';
export type {
  ApprovalsWatch,
  EventsWatch,
  ExecutionState,
  ExecutionWatch,
  QueueWatch,
  WaitOptions,
  WatchOptions,
} from './watch';

/** Signals that may ask a command to end. SIGKILL follows after the grace period. */
export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
export type StopSignal = (typeof stopSignals)[number];

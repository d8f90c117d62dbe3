import type { JobEnd } from '../contract/agentProtocol';

/** How a job ended, for the agent’s own log. */
export function describeEnd({ exitCode, signal, reason, message }: JobEnd): string {
  if (reason !== null) return `ended with ${reason}: ${message}`;
  if (signal !== null) return `was ended by ${signal}`;
  return exitCode === 0 ? 'succeeded' : `failed with exit code ${exitCode}`;
}

export function describeDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

import type { JobLog } from './jobLog';

/**
 * Text that readers see after the stored bytes if output is missing; empty if none is. Made when the log is read, so
 * that the stored bytes are only those of the command.
 */
export function remarkOf(log: JobLog, ended: boolean): string {
  const text = reasonOf(log, ended);
  return text === undefined ? '' : `\n[slipway] ${text}\n`;
}

function reasonOf({ phase, loss, bytes, written, deletedAt }: JobLog, ended: boolean): string | undefined {
  if (phase === 'DELETED') return `The log, ${sizeOf(bytes)}, was deleted on ${deletedAt?.toISOString().slice(0, 10)}.`;
  if (loss === 'LIMIT') return `The log has reached its limit of ${sizeOf(bytes)}. Later output was not stored.`;
  if (!ended) return undefined;
  switch (loss) {
    case 'UNDELIVERED': {
      const missing =
        written === null || written <= bytes ? 'The rest of the output' : `${sizeOf(written - bytes)} of output`;
      return `${missing} could not be delivered by the agent.`;
    }
    case 'AGENT_LOST':
      return 'The agent did not report the end of the job. Output after this point may be missing.';
    case 'DAMAGED':
      return 'The stored log differs from the one that the agent has read.';
    case null:
      return undefined;
  }
}

function sizeOf(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '')} ${units[unit]}`;
}

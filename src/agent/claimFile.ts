import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { absent } from '../kernel/errno';

/**
 * The claim of a job, as long as the server does not know the job's end: if the agent is killed, the next one on this
 * machine reports the end with it.
 */
const claim = z.object({
  /** The only server that may get the token. */
  server: z.string(),
  jobId: z.uuid(),
  token: z.string(),
  task: z.string(),
});
export type KeptClaim = Readonly<z.output<typeof claim>>;

export const claimFileIn = (jobFolder: string) => join(jobFolder, 'claim');

/** The token grants the log, the files and the end of the job, so nobody else may read it. */
export const writeClaim = (jobFolder: string, kept: KeptClaim): Promise<void> =>
  writeFile(claimFileIn(jobFolder), JSON.stringify(kept), { mode: 0o600, flag: 'wx' });

/** Undefined if there is none, or if the agent was killed while it wrote it. */
export async function readClaim(jobFolder: string): Promise<KeptClaim | undefined> {
  const text = await readFile(claimFileIn(jobFolder), 'utf8').catch(absent);
  return text === undefined ? undefined : claim.safeParse(parsed(text)).data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

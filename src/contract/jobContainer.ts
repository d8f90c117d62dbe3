import { z } from 'zod';

/** What a job needs besides its command: a container, services, and a checkout. */

/** Label of an agent that can run containers; `container` names the runtime. */
export const CONTAINER_LABEL = 'slipway/container';
/** Label of an agent that has git; `git` has its version. */
export const GIT_LABEL = 'slipway/git';

const milliseconds = z.number().int().nonnegative();

const shared = {
  image: z.string().min(1),
  pull: z.enum(['missing', 'always', 'never']).default('missing'),
  user: z.string().nullable().default(null),
  mounts: z.array(z.object({ source: z.string(), target: z.string(), readOnly: z.boolean() })).default([]),
  options: z.array(z.string()).default([]),
  credentials: z
    .object({ registry: z.string().nullable(), username: z.string(), password: z.string() })
    .nullable()
    .default(null),
};

export const jobContainer = z.object({ ...shared, network: z.string().nullable().default(null) });
export type JobContainer = Readonly<z.output<typeof jobContainer>>;

export const jobService = z.object({
  ...shared,
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  env: z.record(z.string(), z.string()).default({}),
  arguments: z.array(z.string()).default([]),
  ports: z.array(z.number().int()).default([]),
  health: z
    .object({ command: z.string(), intervalMs: milliseconds, timeoutMs: milliseconds, retries: z.number().int() })
    .nullable()
    .default(null),
});
export type JobService = Readonly<z.output<typeof jobService>>;

export const jobCheckout = z.object({
  url: z.string(),
  ref: z.string().nullable(),
  /** Folder within the working folder; null for the working folder itself. */
  path: z.string().nullable(),
  submodules: z.enum(['none', 'direct', 'recursive']).default('none'),
  /** Number of commits to fetch; 0 for all. */
  depth: z.number().int().nonnegative().default(1),
  credentials: z
    .object({ username: z.string(), password: z.string().nullable(), sshKey: z.string().nullable() })
    .nullable()
    .default(null),
  /** Commit that the run has checked out before, for the same URL and ref. */
  commit: z.string().nullable().default(null),
  /** Patterns of files whose changes since `base` the server wants to know; null if it wants none. */
  changes: z
    .object({ base: z.string().nullable(), patterns: z.array(z.string()) })
    .nullable()
    .default(null),
});
export type JobCheckout = Readonly<z.output<typeof jobCheckout>>;

import { z } from 'zod';

/** Facts about a job that only its agent knows: the images that ran, and the commit that it checked out. */

const unstorable = /\0|\p{Surrogate}/gu;
const words = (most: number) =>
  z
    .string()
    .max(most)
    .transform((text) => text.replace(unstorable, '\ufffd'));

const ranImage = z.object({
  /** As in the definition. */
  image: words(1000),
  /** `sha256:…` of the manifest, or of the image if it comes from no registry. */
  digest: words(200),
});
export type RanImage = Readonly<z.output<typeof ranImage>>;

const change = z.object({
  pattern: words(1000),
  changed: z.boolean(),
  /** Number of changed files that match, and one of them. */
  files: z.number().int().nonnegative(),
  example: words(4000).nullable(),
});

const checkedOut = z.object({
  url: words(2000),
  ref: words(1000).nullable(),
  commit: words(64),
  /** Commit of the last successful run; null if there is none. */
  base: words(64).nullable().default(null),
  /** For each pattern of `changed(…)`; null if it is not known which files changed. */
  changes: z.array(change).max(1000).nullable().default(null),
  /** Reason why `changes` is null. */
  note: words(1000).nullable().default(null),
});
/** A checked-out commit, and how it differs from that of the last successful run. */
export type CheckedOut = Readonly<z.output<typeof checkedOut>>;

export const jobFacts = z.object({
  container: ranImage.nullable().default(null),
  services: z
    .array(ranImage.extend({ name: words(100) }))
    .max(100)
    .default([]),
  checkout: checkedOut.nullable().default(null),
});
export type JobFacts = Readonly<z.output<typeof jobFacts>>;

import { z } from 'zod';

/** Report of a job for people: numbers and failed cases of its tests, and a summary in Markdown. */
export const reportLimits = { summary: 65_536, failed: 100, name: 300, text: 1000, warnings: 20 } as const;

const unstorable = /\0|\p{Surrogate}/gu;
const count = z.number().int().nonnegative().max(2_147_483_647);
const words = (most: number) => z.string().transform((text) => text.slice(0, most).replace(unstorable, '\ufffd'));

const failedCase = z.object({
  kind: z.enum(['FAILURE', 'ERROR']),
  name: words(reportLimits.name),
  suite: words(reportLimits.name),
  message: words(reportLimits.text),
});
export type FailedCase = Readonly<z.output<typeof failedCase>>;

export const jobReport = z.object({
  summary: words(reportLimits.summary).nullable(),
  summaryTruncated: z.boolean(),
  tests: z.object({ tests: count, failures: count, errors: count, skipped: count, durationMs: count }).nullable(),
  failed: z.array(failedCase).max(reportLimits.failed),
  warnings: z.array(words(reportLimits.text)).max(reportLimits.warnings),
});
export type JobReport = Readonly<z.output<typeof jobReport>>;

import type { InputError } from '../kernel/errors';

/** Maximum length of the texts that a command on a run takes, in characters. */
const limits = { reason: 5000, comments: 5000, notes: 5000, idempotencyKey: 200 } as const;

export type CommandTexts = { readonly [P in keyof typeof limits]?: string | null };

/** Finds texts of a command that are too long, and an empty idempotency key. */
export function textErrors(texts: CommandTexts): InputError[] {
  const errors: InputError[] = [];
  for (const [field, maximum] of Object.entries(limits) as [keyof CommandTexts, number][]) {
    const length = texts[field]?.length ?? 0;
    if (length <= maximum) continue;
    const message = `${field} has ${length} characters; at most ${maximum} are allowed.`;
    errors.push({ field, value: length, rule: 'MAX_LENGTH', message });
  }
  if (texts.idempotencyKey === '') {
    const message = 'idempotencyKey is empty; leave it out instead.';
    errors.push({ field: 'idempotencyKey', value: '', rule: 'NOT_EMPTY', message });
  }
  return errors;
}

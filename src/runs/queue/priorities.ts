import type { InputError } from '../../kernel/errors';

/** Jobs with a higher priority are taken first, whatever else waits. */
export const DEFAULT_PRIORITY = 0;
export const LARGEST_PRIORITY = 100;
export const SMALLEST_PRIORITY = -100;

/** A run of an application with the weight 2 gets twice the share of a run with the weight 1. */
export const LARGEST_WEIGHT = 100;

/** Errors of a priority from a client. */
export const priorityErrors = (field: string, priority: number | null | undefined): InputError[] =>
  priority == null || (priority >= SMALLEST_PRIORITY && priority <= LARGEST_PRIORITY)
    ? []
    : [
        {
          ...{ field, value: priority, rule: 'RANGE' },
          message: `"${field}" must be from ${SMALLEST_PRIORITY} to ${LARGEST_PRIORITY}; it is ${priority}.`,
        },
      ];

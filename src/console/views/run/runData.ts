import type { ConsoleRunQuery } from './generated';

/** The run that the page shows. */
export type Run = NonNullable<ConsoleRunQuery['execution']>;

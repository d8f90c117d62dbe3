import type { z } from 'zod';
import type { RefusalCode } from '../../kernel/errors';

export interface Parameter {
  readonly in: 'query' | 'header';
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: z.ZodType;
}

export interface Answer {
  readonly description: string;
  /** Schema of a response in JSON. */
  readonly response?: z.ZodType;
  /** Any other response, by media type. */
  readonly content?: Readonly<Record<string, object>>;
  /** Description of each header. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Described {
  readonly summary: string;
  /** Description of each parameter of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly parameters?: readonly Parameter[];
  /** Body that is not JSON, by media type. */
  readonly body?: Readonly<Record<string, object>>;
  /** Response in JSON with status 200. */
  readonly response?: z.ZodType;
  /** Responses by status, instead of one with status 200. */
  readonly answers?: Readonly<Record<number, Answer>>;
  readonly errors?: readonly RefusalCode[];
  readonly security?: readonly object[];
}

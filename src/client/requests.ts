import type { TypedDocumentString } from './generated';

/** A nullable root field is null only together with an error, which is thrown. */
export type Given<Data> = { readonly [Field in keyof Data]: NonNullable<Data[Field]> };

export interface RequestOptions {
  /** Ends the request, and its repetitions, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Variables of a mutation that the server runs once per key. */
export interface KeyedVariables {
  readonly input: { readonly idempotencyKey?: string | null | undefined };
}

export type VariablesAndOptions<Variables> =
  Variables extends Record<string, never>
    ? [variables?: Variables, options?: RequestOptions]
    : [variables: Variables, options?: RequestOptions];

/** The part of the client that watchers and starts use. */
export interface Requests {
  ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    ...given: VariablesAndOptions<Variables>
  ): Promise<Given<Data>>;
  change<Data, Variables extends KeyedVariables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    options?: RequestOptions,
  ): Promise<Given<Data>>;
  follow<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: () => Variables,
    signal?: AbortSignal,
  ): AsyncGenerator<Given<Data>>;
}

import type { TestServer } from '../support/server';
import { testServer } from '../support/world';

/** An error with its details. */
export interface Refused extends Readonly<Record<string, unknown>> {
  readonly code: string;
  readonly message: string;
}

type Variables = Readonly<Record<string, unknown>>;

/**
 * On a busy machine a loader may send one batch as two. A cost that grows with the length of a list adds more than this
 * in these tests.
 */
export const SLACK = 5;

/**
 * A server, with helpers for tests of configuration. Their deep queries are about small data; another test covers the
 * cost limit.
 */
export const testApi = (): Api => new Api(testServer({ SLIPWAY_MAX_QUERY_COST: '100000000' }));

export class Api {
  constructor(readonly server: TestServer) {}

  ask<Data>(query: string, variables: Variables = {}): Promise<Data> {
    return this.server.client.ask<Data>(query, variables);
  }

  /** The error of an operation that must fail. */
  async refused(query: string, variables: Variables = {}): Promise<Refused> {
    const { code, message, details } = await this.server.client.errorOf(query, variables);
    return { ...details, code, message };
  }

  /** `<field>(input: …)` with its payload. */
  async mutate<Payload>(field: string, input: Variables, payload: string): Promise<Payload> {
    return (await this.ask<Record<string, Payload>>(mutation(field, payload), { input }))[field] as Payload;
  }

  refusedMutation(field: string, input: Variables): Promise<Refused> {
    return this.refused(mutation(field, 'clientMutationId'), { input });
  }

  async apply(source: string, more: Variables = {}): Promise<readonly Applied[]> {
    const payload = 'results { kind application name action id revision { number contentHash } }';
    return (await this.mutate<{ results: Applied[] }>('applyDefinitions', { source, ...more }, payload)).results;
  }

  async refusedApply(
    source: string,
    more: Variables = {},
  ): Promise<readonly { path: string; rule: string; message: string }[]> {
    const refused = await this.refusedMutation('applyDefinitions', { source, ...more });
    if (refused.code !== 'INVALID_DEFINITION') throw new Error(`refused with ${refused.code}: ${refused.message}`);
    return refused.errors as { path: string; rule: string; message: string }[];
  }

  /**
   * Number of statements that some work sends, including those of authentication, which are the same for every request.
   * The sweeper is paused, but other loops send statements occasionally, so this is the minimum once it has occurred
   * three times.
   */
  async statements(work: () => Promise<unknown>): Promise<number> {
    const { database } = this.server.app;
    const goOn = await this.server.sweeper.pause();
    try {
      const counts: number[] = [];
      const fewest = () => Math.min(...counts);
      while (counts.filter((count) => count === fewest()).length < 3) {
        const before = database.statements;
        await work();
        counts.push(database.statements - before);
      }
      return fewest();
    } finally {
      goOn();
    }
  }

  /** Deletes all applications with their parts. */
  async empty(): Promise<void> {
    const { applications } = await this.ask<{ applications: { nodes: { id: string }[] } }>(
      '{ applications(limit: 50) { nodes { id } } }',
    );
    for (const { id } of applications.nodes)
      await this.mutate('deleteApplication', { applicationId: id }, 'clientMutationId');
  }

  async applicationId(name = 'shop'): Promise<string> {
    const { applicationByName } = await this.ask<{ applicationByName: { id: string } }>(
      'query ($name: String!) { applicationByName(name: $name) { id } }',
      { name },
    );
    return applicationByName.id;
  }

  /** Ids of the parts of `shop` by kind and name. */
  async partId(kind: 'environments' | 'services' | 'workflows' | 'pipelines', name: string): Promise<string> {
    const answer = await this.ask<{ applicationByName: Record<string, { nodes: { id: string; name: string }[] }> }>(
      `{ applicationByName(name: "shop") { ${kind} { nodes { id name } } } }`,
    );
    const found = answer.applicationByName[kind]?.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`there is no "${name}" among the ${kind}`);
    return found.id;
  }
}

export interface Applied {
  readonly kind: string;
  readonly application: string;
  readonly name: string;
  readonly action: string;
  readonly id: string | null;
  readonly revision: { readonly number: number; readonly contentHash: string } | null;
}

function mutation(field: string, payload: string): string {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  return `mutation ($input: ${type}!) { ${field}(input: $input) { ${payload} } }`;
}

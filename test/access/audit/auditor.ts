import { eventually } from '../../support/eventually';
import type { TestServer } from '../../support/server';

export interface AuditView {
  readonly id: string;
  readonly sequence: number | null;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  readonly object: { readonly kind: string; readonly id: string; readonly applicationId: string | null } | null;
  readonly input: Record<string, unknown> | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly hash: string | null;
  readonly previousHash: string | null;
}

export interface Verification {
  readonly valid: boolean;
  readonly firstBroken: number | null;
  readonly problem: string | null;
  readonly unsealed: number;
  readonly checkedFrom: number;
  readonly checkedTo: number;
  readonly lastSequence: number;
  readonly lastHash: string;
}

export const AUDITS = `query ($filters: [AuditFilterInput!], $first: Int, $after: String) {
  audits(filters: $filters, first: $first, after: $after) {
    pageInfo { total endCursor hasNextPage }
    nodes { id sequence at action outcome code address requestId actor { kind id name } object { kind id name applicationId } input before after
      hash previousHash } } }`;
const VERIFY =
  'query ($from: Float) { verifyAudit(from: $from) { valid checkedFrom checkedTo firstBroken problem unsealed lastSequence lastHash } }';
export const CREATE = 'mutation ($name: String!) { createApplication(input: {name: $name}) { application { id } } }';

/** The trail as an auditor sees it, and one change to find in it. */
export class Auditor {
  constructor(private readonly server: TestServer) {}

  async audits(filter: object = {}, first = 100): Promise<AuditView[]> {
    const answer = await this.server.client.ask<{ audits: { nodes: AuditView[] } }>(AUDITS, {
      filters: [filter],
      first,
    });
    return answer.audits.nodes;
  }

  byAction(name: string): Promise<AuditView[]> {
    return this.audits({ action: { operator: 'EQUALS', values: [name] } });
  }

  async verify(from?: number): Promise<Verification> {
    return (await this.server.client.ask<{ verifyAudit: Verification }>(VERIFY, { from })).verifyAudit;
  }

  sealed(): Promise<Verification> {
    return eventually(
      () => this.verify(),
      ({ unsealed }) => unsealed === 0,
      { what: 'every record sealed' },
    );
  }

  async createApplication(name: string): Promise<string> {
    const answer = await this.server.client.ask<{ createApplication: { application: { id: string } } }>(CREATE, {
      name,
    });
    return answer.createApplication.application.id;
  }
}

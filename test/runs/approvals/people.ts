import { CreateApiKeyDocument, CreateUserGroupDocument, type Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import type { Runs } from '../../support/runs';
import type { TestServer } from '../../support/server';

const MAY_RUN: Permissions = {
  appPermissions: [
    { permissionType: 'DEPLOYMENT', actions: ['READ', 'EXECUTE_PIPELINE'], applications: { filterType: 'ALL' } },
    { permissionType: 'PIPELINE', actions: ['READ'], applications: { filterType: 'ALL' } },
    { permissionType: 'SERVICE', actions: ['READ'], applications: { filterType: 'ALL' } },
  ],
};

export interface ShownApproval {
  readonly approvalId: string;
  readonly status: string;
  readonly stepName: string;
  readonly digest: string;
  readonly missing: string | null;
  readonly excluded: readonly string[];
  readonly renewsId: string | null;
  readonly undecidableSince: string | null;
  readonly requirements: readonly { groups: readonly string[]; needed: number; given: number }[];
  readonly votes: readonly { by: { name: string }; action: string; counts: boolean; comments: string | null }[];
  readonly changedSince: readonly { what: string; from: string | null; to: string | null }[] | null;
  readonly subject: {
    readonly elements: readonly {
      readonly stepName: string;
      readonly environment: { name: string } | null;
      readonly variables: readonly { name: string; value: string }[];
      readonly services: readonly { service: { name: string } | null; image: string; replaces: string | null }[];
    }[];
  };
}

const FIELDS = `approvalId status stepName digest missing excluded renewsId ... on UserGroupApprovalDetails { undecidableSince }
  requirements { groups needed given } votes { by { name } action counts comments } changedSince { what from to }
  subject { elements { stepName environment { name } variables { name value } services { service { name } image replaces } } }`;

/** Groups, people and their keys; each key may run and decide. */
export class People {
  private readonly groups = new Map<string, Promise<string>>();

  constructor(
    private readonly server: TestServer,
    private readonly runs: Runs,
  ) {}

  private group(name: string): Promise<string> {
    const made =
      this.groups.get(name) ??
      this.server.client
        .ask(CreateUserGroupDocument, { input: { name, permissions: MAY_RUN } })
        .then(({ createUserGroup }) => createUserGroup.userGroup.id);
    this.groups.set(name, made);
    return made;
  }

  async user(name: string, email: string): Promise<string> {
    const { createUser } = await this.server.client.ask<{ createUser: { user: { id: string } } }>(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }',
      { input: { name, email } },
    );
    return createUser.user.id;
  }

  /** A key of these groups, of a person if it has an owner. */
  async key(name: string, groups: readonly string[], ownerId: string | null = null): Promise<TestClient> {
    const userGroupIds = await Promise.all(groups.map((one) => this.group(one)));
    const { createApiKey } = await this.server.client.ask(CreateApiKeyDocument, {
      input: { name, userGroupIds, ownerId },
    });
    return new TestClient(this.server.url, createApiKey.value);
  }

  async approvals(executionId: string, client = this.server.client): Promise<readonly ShownApproval[]> {
    const { applicationId } = await this.application();
    const { approvalDetails } = await client.ask<{ approvalDetails: { approvalDetails: ShownApproval[] } }>(
      `query ($a: ID!, $e: ID!) { approvalDetails(applicationId: $a, executionId: $e, includeDecided: true) {
        approvalDetails { ${FIELDS} } } }`,
      { a: applicationId, e: executionId },
    );
    return approvalDetails.approvalDetails;
  }

  async waiting(executionId: string): Promise<ShownApproval> {
    const found = (await this.approvals(executionId)).find(({ status }) => status === 'WAITING');
    if (found === undefined) throw new Error(`execution ${executionId} waits for no approval`);
    return found;
  }

  /** Decides the waiting approval of a run, or the newest. */
  async decide(
    client: TestClient,
    executionId: string,
    action: 'APPROVE' | 'REJECT' = 'APPROVE',
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<{ decided: boolean; missing: string | null }> {
    const { applicationId } = await this.application();
    const all = await this.approvals(executionId);
    const { approvalId } = all.find(({ status }) => status === 'WAITING') ?? all.at(-1) ?? {};
    const { approveOrRejectApprovals } = await client.ask<{
      approveOrRejectApprovals: { decided: boolean; missing: string | null };
    }>(
      `mutation ($input: ApproveOrRejectApprovalsInput!) { approveOrRejectApprovals(input: $input) { decided missing } }`,
      { input: { action, applicationId, executionId, approvalId, ...more } },
    );
    return approveOrRejectApprovals;
  }

  /** Runs whose approvals are in the inbox of a caller. */
  async inbox(client: TestClient): Promise<readonly string[]> {
    const { approvals } = await client.ask<{ approvals: { nodes: { execution: { id: string } }[] } }>(
      '{ approvals(mine: true, first: 100) { nodes { execution { id } } } }',
    );
    return approvals.nodes.map(({ execution }) => execution.id);
  }

  private application(): Promise<{ applicationId: string }> {
    return this.runs.ids('pipeline', 'release');
  }
}

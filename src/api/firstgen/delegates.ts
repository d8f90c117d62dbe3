import type { Actor } from '../../access/actor';
import { type Agent, agentStatus } from '../../contract/labels';
import type { PageArguments } from '../../kernel/paging';
import type { App } from '../../runs/app';
import { type AgentFilter, listAgents, readAgent } from '../../runs/agents/agents.queries';
import { removeAgent } from '../../runs/agents/changeAgents';
import type { Context } from '../graphql/context';
import type { Extension } from './extensionPart';
import { unsupported } from './unsupported';

interface DelegateFilter {
  readonly delegateName?: string | null;
  readonly delegateStatus?: 'ENABLED' | 'WAITING_FOR_APPROVAL' | 'DELETED' | null;
  readonly delegateType?: string | null;
}

interface Listed extends PageArguments {
  readonly filters?: readonly (DelegateFilter | null)[] | null;
}

/** Agents wait for no approval: a registration token admits them. */
const statuses = { ENABLED: ['ONLINE', 'OFFLINE'], WAITING_FOR_APPROVAL: [], DELETED: ['LEFT'] } as const;
const TYPE = 'SHELL_SCRIPT';

function agentFilter({ delegateName, delegateStatus, delegateType }: DelegateFilter): AgentFilter {
  const isOther = delegateType != null && delegateType !== TYPE;
  return {
    ...(delegateName != null && { name: { operator: 'EQUALS', values: [delegateName] } }),
    ...(delegateStatus != null && { status: statuses[delegateStatus] }),
    ...(isOther && { status: [] }),
  };
}

async function listDelegates(app: App, actor: Actor, { filters, limit, offset }: Listed) {
  const given = (filters ?? []).flatMap((filter) => (filter === null ? [] : [agentFilter(filter)]));
  const page = { limit: limit ?? null, offset: offset ?? null };
  const { nodes, pageInfo } = await listAgents(app, actor, { includeLeft: false, filters: given }, page);
  return { nodes: nodes.map((agent) => delegateOf(agent, app.clock.now())), pageInfo };
}

const delegateOf = (agent: Agent, now: Date) => ({
  delegateName: agent.name,
  delegateType: TYPE,
  description: agent.labels.join(', '),
  hostName: agent.host,
  lastHeartBeat: agent.lastSeenAt,
  pollingModeEnabled: true,
  polllingModeEnabled: true,
  status: agentStatus(agent, now) === 'LEFT' ? 'DELETED' : 'ENABLED',
  uuid: agent.id,
  version: agent.version,
});

/** Slipway's agents, as FirstGen's delegates. */
export const delegates: Extension = {
  text: /* GraphQL */ `
    extend type Query {
      "Agents, newest first. Requires the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, INVALID_INPUT."
      delegateList(
        "Filters that must all match."
        filters: [DelegateFilter]
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): DelegateConnection
    }
    extend type Mutation {
      "Reads an agent: a registration token admits it, so it needs no approval. REJECT is not supported. Errors: UNSUPPORTED, NOT_FOUND, FORBIDDEN."
      delegateApproveReject("Input." input: DelegateApproveRejectInput!): DelegateApproveRejectPayload
      "Removes an agent, as \`removeAgent\` does. It finishes its jobs first. Errors: FORBIDDEN, NOT_FOUND, AGENT_LEFT."
      deleteDelegate("Input." input: DeleteDelegateInput!): DeleteDelegatePayload
    }
    "Agent."
    type Delegate {
      "Always null: there is one account."
      accountId: String
      "Name of the agent."
      delegateName: String
      "Always null: agents have no profiles."
      delegateProfileId: String
      "Always SHELL_SCRIPT."
      delegateType: DelegateType
      "Labels of the agent."
      description: String
      "Name of its machine."
      hostName: String
      "Always null: the agent connects to the server, never the other way."
      ip: String
      "Time at which the server last heard from it."
      lastHeartBeat: DateTime
      "Always true: agents ask for jobs."
      pollingModeEnabled: Boolean
      "The same as \`pollingModeEnabled\`, spelled as in FirstGen."
      polllingModeEnabled: Boolean
      "DELETED if the agent has left."
      status: DelegateStatus
      "ID of the agent."
      uuid: String
      "Version of the agent program."
      version: String
    }
    "Page of a list of agents."
    type DelegateConnection {
      "Nodes of this page."
      nodes: [Delegate]
      "Position of this page in the list."
      pageInfo: PageInfo
    }
    "Filter of agents. All given fields must match."
    input DelegateFilter {
      "Has no effect: there is one account."
      accountId: String
      "By name."
      delegateName: String
      "By status."
      delegateStatus: DelegateStatus
      "By type."
      delegateType: DelegateType
    }
    "Status of an agent."
    enum DelegateStatus {
      "It has left or was removed."
      DELETED
      "It is registered."
      ENABLED
      "Never: a registration token admits agents."
      WAITING_FOR_APPROVAL
    }
    "Types of delegates. Agents have the type SHELL_SCRIPT."
    enum DelegateType { DOCKER ECS HELM_DELEGATE KUBERNETES SHELL_SCRIPT }
    "Decisions about a delegate."
    enum DelegateApproval { ACTIVATE REJECT }
    "Decision about an agent."
    input DelegateApproveRejectInput {
      "Has no effect: there is one account."
      accountId: String
      "Text that the payload repeats."
      clientMutationId: String
      "Decision."
      delegateApproval: DelegateApproval!
      "ID of the agent."
      delegateId: String!
    }
    "Result of \`delegateApproveReject\`."
    type DelegateApproveRejectPayload { clientMutationId: String delegate: Delegate }
    "Agent to remove."
    input DeleteDelegateInput {
      "Has no effect: there is one account."
      accountId: String
      "Text that the payload repeats."
      clientMutationId: String
      "ID of the agent."
      delegateId: String!
      "Has no effect: the agent finishes its jobs."
      forceDelete: Boolean
    }
    "Result of \`deleteDelegate\`."
    type DeleteDelegatePayload { clientMutationId: String }
  `,
  resolvers: {
    Query: { delegateList: (_source, args: Listed, { app, actor }: Context) => listDelegates(app, actor, args) },
    Mutation: {
      delegateApproveReject: async (_source, { input }, { app, actor }: Context) => {
        const { delegateId, delegateApproval, clientMutationId } = input;
        if (delegateApproval === 'REJECT') {
          throw unsupported('REJECT', 'agents are admitted by their registration token. Use `deleteDelegate`.');
        }
        const agent = await readAgent(app, actor, delegateId);
        return { clientMutationId, delegate: delegateOf(agent, app.clock.now()) };
      },
      deleteDelegate: async (_source, { input }, { app, actor }: Context) => {
        await removeAgent(app, actor, input.delegateId, 'FINISH');
        return { clientMutationId: input.clientMutationId };
      },
    },
  },
};

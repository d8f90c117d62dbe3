import { field, graphqlField, listOf, optional } from '../../kernel/fields';
import { filterById } from '../applications/partResolver';
import { inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { AgentStatusEnum, agentState } from './agentState.types';
import { Agent, AgentRegistrationToken } from './agents.types';

export const AgentFilterInput = inputType('AgentFilter', 'Filter of a list of agents. All given fields must match.', {
  labels: optional(
    listOf(
      field.text(
        'Conditions that the labels must meet, all of them: `os=linux`, `os!=linux`, `os in (linux, darwin)`, `os notin (windows)`, `gpu`, `!gpu`, `node version >=20`.',
      ),
    ),
  ),
  status: optional(listOf(graphqlField<AgentStatusEnum>(() => AgentStatusEnum, 'One of these connections.'))),
  state: optional(listOf(field.oneOf(agentState, 'One of these states. LEFT includes agents that have left.'))),
  application: filterById('Agents that may run jobs of this application. Its registration token may limit an agent.'),
  name: filterById('Filters by name. LIKE matches parts of names.'),
});

const agentId = field.uuid('Agent to change.');
const agentPayload = { agent: field.object(() => Agent, 'Agent after the change.') };

export const PauseAgentInput = mutationInput('PauseAgentInput', 'Pause of an agent.', {
  agentId,
  note: optional(field.text('Note for other people, at most 2,000 characters. `whyNotRunning` shows it.')),
  until: optional(field.time('Time at which the pause ends on its own. Omitted: `resumeAgent` ends it.')),
});
export const PauseAgentPayload = mutationPayload('PauseAgentPayload', 'Result of `pauseAgent`.', agentPayload);

export const ResumeAgentInput = mutationInput('ResumeAgentInput', 'Agent to resume.', { agentId });
export const ResumeAgentPayload = mutationPayload('ResumeAgentPayload', 'Result of `resumeAgent`.', agentPayload);

export const DrainAgentInput = mutationInput('DrainAgentInput', 'Agent to drain.', { agentId });
export const DrainAgentPayload = mutationPayload('DrainAgentPayload', 'Result of `drainAgent`.', agentPayload);

const agentRemoval = {
  name: 'AgentRemoval',
  description: 'Treatment of the running jobs of an agent that is removed.',
  values: {
    FINISH: 'The agent finishes them, then its token is void.',
    LOSE: 'They are lost now, and end by `on_lost`. The agent kills them.',
  },
} as const;

export const RemoveAgentInput = mutationInput('RemoveAgentInput', 'Agent to remove.', {
  agentId,
  runningJobs: field.oneOf(agentRemoval, 'Treatment of its running jobs.'),
});
export const RemoveAgentPayload = mutationPayload('RemoveAgentPayload', 'Result of `removeAgent`.', agentPayload);

export const RelabelAgentInput = mutationInput(
  'RelabelAgentInput',
  'Edits of an agent’s labels. Other labels stay as they are.',
  {
    agentId,
    set: optional(listOf(field.text('Labels to set, as `key=value`, instead of the agent’s own with the same key.'))),
    remove: optional(listOf(field.text('Keys of labels that must not count, even if the agent reports them.'))),
    reset: optional(
      listOf(field.text('Keys whose edits are reverted: the label that the agent reports counts again.')),
    ),
  },
);
export const RelabelAgentPayload = mutationPayload('RelabelAgentPayload', 'Result of `relabelAgent`.', agentPayload);

export const CreateAgentTokenInput = mutationInput('CreateAgentTokenInput', 'New registration token.', {
  name: field.text('Purpose of the token, 1 to 100 characters.'),
  labels: optional(
    listOf(field.text('Labels of its agents, as `key=value`: these and no others. Omitted: agents bring their own.')),
  ),
  applicationIds: optional(
    listOf(field.uuid('Applications whose jobs its agents run. Omitted: those of all applications.')),
  ),
  expiresAt: optional(field.time('Time from which it registers no agents. Agents that it registered stay.')),
});
export const CreateAgentTokenPayload = mutationPayload('CreateAgentTokenPayload', 'Result of `createAgentToken`.', {
  agentToken: field.object(() => AgentRegistrationToken, 'Token, without its value.'),
  value: field.text('Value for the agent’s `SLIPWAY_AGENT_TOKEN`. Returned only once.'),
});

const revocation = {
  name: 'AgentTokenRevocation',
  description: 'Treatment of the agents that a revoked token has registered.',
  values: {
    KEEP: 'They stay, with their own tokens.',
    FINISH: 'They are removed after their running jobs.',
    LOSE: 'They are removed now, and their running jobs are lost.',
  },
} as const;

export const RevokeAgentTokenInput = mutationInput('RevokeAgentTokenInput', 'Registration token to revoke.', {
  agentTokenId: field.uuid('Token to revoke.'),
  agents: field.oneOf(revocation, 'Treatment of the agents that it registered.'),
});
export const RevokeAgentTokenPayload = mutationPayload('RevokeAgentTokenPayload', 'Result of `revokeAgentToken`.', {
  agentToken: field.object(() => AgentRegistrationToken, 'Token after the change.'),
});

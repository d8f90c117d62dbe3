import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import {
  type AgentFilter,
  listAgents,
  listJobsOf,
  listJobsStartedBy,
  readAgent,
  readSeries,
} from '../../runs/agents/agents.queries';
import {
  Agent,
  AgentConnection,
  AgentLabelEdit,
  AgentPause,
  AgentRegistrationToken,
  AgentSamplePoint,
} from './agents.types';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { type Agent as AgentRow, agentState, agentStatus, isPaused } from '../../contract/labels';
import { agentTokenById, namesakesOf, samplesOf, seriesKey, slotsUsedBy } from '../../runs/agents/agents.loaders';
import {
  agentActions,
  drainAgent,
  type LabelChanges,
  pauseAgent,
  relabelAgent,
  removeAgent,
  resumeAgent,
} from '../../runs/agents/changeAgents';
import { Application } from '../applications/application.types';
import { Input } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { AvailableAction } from '../executions/availableActions.types';
import { JobConnection, JobStatusEnum } from '../jobs/jobs.types';
import type { Job as JobRow } from '../../runs/queue/job';
import { AgentStateEnum, AgentStatusEnum } from './agentState.types';
import {
  AgentFilterInput,
  DrainAgentInput,
  DrainAgentPayload,
  PauseAgentInput,
  PauseAgentPayload,
  RelabelAgentInput,
  RelabelAgentPayload,
  RemoveAgentInput,
  RemoveAgentPayload,
  ResumeAgentInput,
  ResumeAgentPayload,
} from './agents.inputs';

const RIGHT = 'FORBIDDEN (the account permission MANAGE_DELEGATES)';
const ERRORS = `Errors: ${RIGHT}, NOT_FOUND, AGENT_LEFT`;

@Resolver(() => Agent)
export class AgentsResolver {
  @Query(() => Agent, { nullable: true, description: `Agent by its ID. Errors: ${RIGHT}, NOT_FOUND.` })
  agent(
    @Arg('agentId', () => ID, { description: 'ID of the agent.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return readAgent(app, actor, id);
  }

  @Query(() => AgentConnection, {
    nullable: true,
    description:
      'Agents, newest first. Requires the account permission MANAGE_DELEGATES. Example: `agents(filters: [{labels: ["os=linux"], ' +
      'state: [BUSY, PAUSED]}], first: 50) { nodes { name host state slots slotsUsed pause { note until } } }`. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  agents(
    @Arg('includeLeft', () => Boolean, {
      nullable: true,
      description: 'True to include agents that have left. Defaults to false.',
    })
    includeLeft: boolean | null,
    @Arg('filters', () => [AgentFilterInput], { nullable: true, description: 'Filters that must all match.' })
    filters: AgentFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listAgents(app, actor, { includeLeft: includeLeft ?? false, filters: filters ?? [] }, page);
  }

  @Query(() => JobConnection, {
    nullable: true,
    description:
      'Jobs that an agent has started and the caller may see, newest first, as far back as events are kept. Example: ' +
      `\`{ agentJobs(agentId: "…", first: 20, status: [FAILED, LOST]) { nodes { id status taskExecution { name } } } }\`. Errors: ${RIGHT}, NOT_FOUND, INVALID_INPUT.`,
  })
  agentJobs(
    @Arg('agentId', () => ID, { description: 'ID of the agent.' }) id: string,
    @Arg('status', () => [JobStatusEnum], { nullable: true, description: 'Statuses to include. Defaults to all.' })
    status: JobRow['status'][] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listJobsStartedBy(app, actor, id, status ?? null, page);
  }

  @Mutation(() => PauseAgentPayload, {
    description:
      'Keeps new jobs away from an agent. Its running jobs continue. The agent learns of it within a second. Once the mutation has returned, no new claim gives it a job. ' +
      `Pausing a paused agent replaces its note and its end. Example: \`pauseAgent(input: {agentId: "…", note: "disk is full", until: "2026-01-01T12:00:00Z"}) { agent { state } }\`. ${ERRORS}, AGENT_DRAINING, INVALID_INPUT.`,
  })
  async pauseAgent(
    @Input(PauseAgentInput) input: InstanceType<typeof PauseAgentInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), agent: await pauseAgent(app, actor, input) };
  }

  @Mutation(() => ResumeAgentPayload, {
    description: `Ends the pause of an agent. Resuming an agent that is not paused changes nothing. ${ERRORS}, AGENT_DRAINING.`,
  })
  async resumeAgent(
    @Input(ResumeAgentInput) input: InstanceType<typeof ResumeAgentInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), agent: await resumeAgent(app, actor, input.agentId) };
  }

  @Mutation(() => DrainAgentPayload, {
    description: `Lets an agent finish its jobs and leave. It takes no more jobs; this can’t be undone. Draining it again changes nothing. ${ERRORS}.`,
  })
  async drainAgent(
    @Input(DrainAgentInput) input: InstanceType<typeof DrainAgentInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), agent: await drainAgent(app, actor, input.agentId) };
  }

  @Mutation(() => RemoveAgentPayload, {
    description:
      'Removes an agent: it leaves the list, and its token is void. A machine that still has a valid registration token can register again: revoke the token to keep it away. ' +
      `Example: \`removeAgent(input: {agentId: "…", runningJobs: LOSE}) { agent { state } }\`. ${ERRORS}.`,
  })
  async removeAgent(
    @Input(RemoveAgentInput) input: InstanceType<typeof RemoveAgentInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), agent: await removeAgent(app, actor, input.agentId, input.runningJobs) };
  }

  @Mutation(() => RelabelAgentPayload, {
    description:
      'Edits labels of an agent on the server. They take effect with the next claim; running jobs continue. The edits survive a restart of the agent under the same name. ' +
      `An agent whose registration token determines its labels can’t be relabeled. Example: \`relabelAgent(input: {agentId: "…", set: ["zone=b"], remove: ["gpu"]}) { agent { labels } }\`. ${ERRORS}, INVALID_INPUT.`,
  })
  async relabelAgent(
    @Input(RelabelAgentInput) input: InstanceType<typeof RelabelAgentInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), agent: await relabelAgent(app, actor, input as LabelChanges) };
  }

  @FieldResolver(() => [AvailableAction], {
    description: 'Actions that the caller can take now, by the rules that enforce them.',
  })
  async availableActions(@Root() agent: AgentRow, @Ctx() { app, actor, loaders }: Context) {
    const token = agent.tokenId === null ? undefined : await loaders.load(agentTokenById, agent.tokenId);
    return agentActions(actor, agent, token, app.clock.now());
  }

  @FieldResolver(() => AgentStatusEnum, { description: 'Connection of the agent. `state` shows more.' })
  status(@Root() agent: AgentRow, @Ctx() { app }: Context): string {
    return agentStatus(agent, app.clock.now());
  }

  @FieldResolver(() => AgentStateEnum, { description: 'State of the agent.' })
  async state(@Root() agent: AgentRow, @Ctx() { app, loaders }: Context): Promise<string> {
    return agentState(agent, (await loaders.load(slotsUsedBy, agent.id)) ?? 0, app.clock.now());
  }

  @FieldResolver(() => [AgentLabelEdit], { description: 'Labels that people edited on the server, sorted by key.' })
  labelEdits(@Root() { labelEdits }: AgentRow): object[] {
    return Object.entries(labelEdits)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value }));
  }

  @FieldResolver(() => Int, { description: 'Number of slots with a job.' })
  async slotsUsed(@Root() { id }: AgentRow, @Ctx() { loaders }: Context): Promise<number> {
    return (await loaders.load(slotsUsedBy, id)) ?? 0;
  }

  @FieldResolver(() => Int, { description: 'Number of slots without a job.' })
  async slotsFree(@Root() { id, slots }: AgentRow, @Ctx() { loaders }: Context): Promise<number> {
    return Math.max(0, slots - ((await loaders.load(slotsUsedBy, id)) ?? 0));
  }

  @FieldResolver(() => Int, {
    description: 'Number of other online agents with the same name. Each has its own jobs; `host` tells them apart.',
  })
  async namesakes(@Root() { id }: AgentRow, @Ctx() { loaders }: Context): Promise<number> {
    return (await loaders.load(namesakesOf, id)) ?? 0;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Clock of the server minus the clock of the agent at its registration, in milliseconds. Times are the server’s, so a wrong clock has no effect on jobs. Null if the agent is too old to report it.',
  })
  clockSkewMs(@Root() { clockSkewMs }: AgentRow): number | null {
    return clockSkewMs === null ? null : Math.max(-MOST_SKEW, Math.min(MOST_SKEW, clockSkewMs));
  }

  @FieldResolver(() => AgentPause, { nullable: true, description: 'Pause of the agent. Null if it is not paused.' })
  pause(@Root() agent: AgentRow, @Ctx() { app }: Context): object | null {
    if (!isPaused(agent, app.clock.now())) return null;
    return { at: agent.pausedAt, by: agent.pausedBy, note: agent.pauseNote, until: agent.pausedUntil };
  }

  @FieldResolver(() => JobConnection, {
    description: 'Jobs that the agent has now and the caller may see, in the order in which they were queued.',
  })
  currentJobs(
    @Root() { id }: AgentRow,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { actor, loaders }: Context,
  ) {
    return listJobsOf(loaders, actor, id, page);
  }

  @FieldResolver(() => [AgentSamplePoint], {
    description:
      'Load of the machine over the last hours, oldest first. The agent sends a sample every 30 seconds. A step without a sample is missing.',
  })
  async samples(
    @Root() { id }: AgentRow,
    @Arg('hours', () => Int, { defaultValue: 6, description: 'Number of hours, 1 to 6.' }) hours: number,
    @Arg('stepSeconds', () => Int, {
      defaultValue: 30,
      description: 'Length of a step in seconds, 30 to 3600. Each point is the mean of one step.',
    })
    stepSeconds: number,
    @Ctx() { loaders }: Context,
  ): Promise<readonly object[]> {
    readSeries({ hours, stepSeconds });
    return (await loaders.load(samplesOf, seriesKey(id, hours, stepSeconds))) ?? [];
  }

  @FieldResolver(() => [Application], {
    nullable: true,
    description: 'Applications whose jobs it runs, as far as the caller may see them. Null: all.',
  })
  async applications(@Root() { applicationIds }: AgentRow, @Ctx() { actor, loaders }: Context) {
    if (applicationIds === null) return null;
    const found = applicationIds.map(async (id) =>
      visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, id)),
    );
    return (await Promise.all(found)).filter((one) => one !== null);
  }

  @FieldResolver(() => AgentRegistrationToken, {
    nullable: true,
    description:
      'Registration token that it used. Null for `SLIPWAY_AGENT_TOKEN` of the server, and for callers without the account permission MANAGE_DELEGATES.',
  })
  async registrationToken(@Root() { tokenId }: AgentRow, @Ctx() { actor, loaders }: Context): Promise<object | null> {
    if (tokenId === null || !actor.access.canInAccount('MANAGE_DELEGATES')) return null;
    return (await loaders.load(agentTokenById, tokenId)) ?? null;
  }
}

/** GraphQL’s Int. */
const MOST_SKEW = 2 ** 31 - 1;

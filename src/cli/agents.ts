import {
  type AgentRowFragment,
  AgentsDocument,
  DrainAgentDocument,
  PauseAgentDocument,
  RelabelAgentDocument,
  RemoveAgentDocument,
  ResumeAgentDocument,
} from '../client/generated';
import { allPages } from './deployed';
import { usage } from './failure';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed } from './ui';

export interface AgentsOptions {
  readonly label?: readonly string[];
  readonly state?: readonly string[];
  readonly left?: boolean;
}

/** `slipway agents`: shows agents, newest first, with their jobs and their load. */
export async function showAgents({ api, ui }: Session, { label, state, left }: AgentsOptions): Promise<void> {
  const states = state?.map((one) => one.toUpperCase()) as AgentRowFragment['state'][] | undefined;
  const filters = [{ ...(label && { labels: [...label] }), ...(states && { state: states }) }];
  const found = await allPages(
    async (after) => (await api.ask(AgentsDocument, { filters, includeLeft: left ?? false, after })).agents ?? nothing,
  );
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('No agents found.');
  ui.table(
    ['AGENT', 'STATE', 'JOBS', 'CPU', 'MEMORY', 'DONE', 'LOST', 'SEEN', 'LABELS', 'ID'],
    found.map((agent) => [
      agent.host == null || agent.host === agent.name ? agent.name : `${agent.name} (${agent.host})`,
      stateText(agent),
      `${agent.slotsUsed}/${agent.slots}`,
      ...loadOf(agent),
      String(agent.jobsDone),
      String(agent.jobsLost),
      moment(agent.lastSeenAt),
      agent.labels.join(','),
      agent.id,
    ]),
  );
}

const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };

function stateText({ state, pause }: AgentRowFragment): string {
  if (pause == null) return state.toLowerCase();
  const until = pause.until == null ? '' : ` until ${moment(pause.until)}`;
  return `${state.toLowerCase()}${until} by ${pause.by}${pause.note == null ? '' : `: ${pause.note}`}`;
}

/** Processor and memory of the newest sample. */
function loadOf({ samples }: AgentRowFragment): [string, string] {
  const last = samples.at(-1);
  if (last === undefined) return ['', ''];
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [percent(last.cpu), percent(last.memoryUsedBytes / Math.max(1, last.memoryBytes))];
}

/** The agent with this ID or name. */
async function findAgent({ api }: Session, given: string): Promise<AgentRowFragment> {
  const isId = /^[0-9a-f]{8}-/.test(given);
  const filters = isId ? [] : [{ name: { operator: 'EQUALS' as const, values: [given] } }];
  const all = await allPages(async (after) => (await api.ask(AgentsDocument, { filters, after })).agents ?? nothing);
  const [agent, another] = isId ? all.filter(({ id }) => id === given) : all;
  if (agent === undefined) throw usage(`There is no agent "${given}".`, 'To see all agents: slipway agents');
  if (another !== undefined) throw usage(`Several agents have the name "${given}": use an ID.`, 'slipway agents');
  return agent;
}

export interface PauseAgentOptions {
  readonly note?: string;
  readonly until?: string;
}

/** `slipway agents pause`: keeps new jobs away from an agent. */
export async function pauseAgent(session: Session, named: string, { note, until }: PauseAgentOptions): Promise<void> {
  const { id } = await findAgent(session, named);
  const { agent } = (await session.api.ask(PauseAgentDocument, { input: { agentId: id, note, until } })).pauseAgent;
  tell(session, agent);
}

export async function resumeAgent(session: Session, named: string): Promise<void> {
  const { id } = await findAgent(session, named);
  tell(session, (await session.api.ask(ResumeAgentDocument, { input: { agentId: id } })).resumeAgent.agent);
}

/** `slipway agents drain`: an agent finishes its jobs and leaves. */
export async function drainAgent(session: Session, named: string): Promise<void> {
  const { id } = await findAgent(session, named);
  tell(session, (await session.api.ask(DrainAgentDocument, { input: { agentId: id } })).drainAgent.agent);
}

export interface RemoveAgentOptions {
  readonly lose?: boolean;
  readonly yes?: boolean;
}

/** `slipway agents remove`: the agent's token is void; its jobs end, or are lost. */
export async function removeAgent(session: Session, named: string, options: RemoveAgentOptions): Promise<void> {
  const { id, name, slotsUsed } = await findAgent(session, named);
  const jobs =
    slotsUsed === 0 ? '' : options.lose ? ` Its ${slotsUsed} job(s) are lost.` : ' It finishes its jobs first.';
  if (!options.yes) await refuseUnlessConfirmed(session.ui, `Remove the agent ${name}?${jobs}`);
  const input = { agentId: id, runningJobs: options.lose ? ('LOSE' as const) : ('FINISH' as const) };
  tell(session, (await session.api.ask(RemoveAgentDocument, { input })).removeAgent.agent);
}

/** `slipway agents label`: `zone=b` sets a label, `gpu-` removes one, `zone~` takes an edit back. */
export async function labelAgent(session: Session, named: string, edits: readonly string[]): Promise<void> {
  const bad = edits.find((edit) => !/^[^=\s]+(=\S+|[-~])$/.test(edit));
  if (bad !== undefined) throw usage(`"${bad}" is not an edit of a label: write KEY=VALUE, KEY- or KEY~.`);
  const { id } = await findAgent(session, named);
  const ending = (sign: string) =>
    edits.filter((edit) => !edit.includes('=') && edit.endsWith(sign)).map((edit) => edit.slice(0, -1));
  const input = {
    agentId: id,
    set: edits.filter((edit) => edit.includes('=')),
    remove: ending('-'),
    reset: ending('~'),
  };
  tell(session, (await session.api.ask(RelabelAgentDocument, { input })).relabelAgent.agent);
}

function tell({ ui }: Session, agent: AgentRowFragment): void {
  ui.say(`${agent.name}: ${stateText(agent)}; labels ${agent.labels.join(', ') || 'none'}.`);
  ui.answer(agent);
}

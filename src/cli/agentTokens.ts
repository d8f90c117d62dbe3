import { AgentTokensDocument, CreateLimitedAgentTokenDocument, RevokeAgentTokenDocument } from '../client/generated';
import { allPages } from './deployed';
import { usage } from './failure';
import { applicationIdOf } from './queue';
import type { Session } from './session';
import { moment } from './ui';

/** `slipway agents tokens`: shows the registration tokens of agents, newest first. */
export async function showAgentTokens(
  { api, ui }: Session,
  { revoked }: { readonly revoked?: boolean },
): Promise<void> {
  const found = await allPages(
    async (after) =>
      (await api.ask(AgentTokensDocument, { includeRevoked: revoked ?? false, after })).agentTokens ?? nothing,
  );
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('There are no registration tokens.');
  const time = (at: string | null | undefined) => (at == null ? '' : moment(at));
  ui.table(
    ['TOKEN', 'LABELS', 'APPLICATIONS', 'CREATED', 'LAST USED', 'EXPIRES', 'REVOKED', 'ID'],
    found.map((token) => [
      token.name,
      token.labels?.join(',') ?? 'any',
      token.applications?.map(({ name }) => name).join(',') ?? 'all',
      ...[token.createdAt, token.lastUsedAt, token.expiresAt, token.revokedAt].map(time),
      token.id,
    ]),
  );
}

const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };

export interface NewTokenOptions {
  readonly label?: readonly string[];
  readonly application?: readonly string[];
  readonly expires?: string;
}

/** `slipway agents create-token`: prints the value of a new registration token, once. */
export async function createAgentToken({ api, ui }: Session, name: string, options: NewTokenOptions): Promise<void> {
  const { label: labels, application, expires: expiresAt } = options;
  const applicationIds = application && (await Promise.all(application.map((one) => applicationIdOf(api, one))));
  const input = { name, labels: labels && [...labels], applicationIds, expiresAt };
  const { createAgentToken: made } = await api.ask(CreateLimitedAgentTokenDocument, { input });
  ui.say(`Value for SLIPWAY_AGENT_TOKEN, shown only once: ${made.value}`);
  ui.answer(made);
}

/** `slipway agents revoke-token`: the token registers no more agents. */
export async function revokeAgentToken({ api, ui }: Session, id: string, agents: string): Promise<void> {
  const fate = (['KEEP', 'FINISH', 'LOSE'] as const).find((one) => one === agents.toUpperCase());
  if (fate === undefined) throw usage(`"${agents}" is not valid for --agents: expected keep, finish or lose.`);
  const input = { agentTokenId: id, agents: fate };
  const { agentToken } = (await api.ask(RevokeAgentTokenDocument, { input })).revokeAgentToken;
  ui.say(`Revoked the token "${agentToken.name}".`);
  ui.answer(agentToken);
}

import type { Call, CommitPlace, StatusReport } from './codeHosts';
import { shorten } from './message';

const DESCRIPTION = 255;

const states = {
  ...{ PENDING: 'pending', RUNNING: 'running', SUCCESS: 'success' },
  ...{ FAILURE: 'failed', ERROR: 'failed', CANCELED: 'canceled' },
} as const;

export const gitlabHeaders = (token: string): Record<string, string> => ({ 'private-token': token });

interface Deployment {
  readonly id: number;
  readonly sha: string;
}

/** Sets the status of a commit, or of a deployment of it. */
export async function reportToGitlab(
  call: Call,
  { repository, commit }: CommitPlace,
  report: StatusReport,
): Promise<void> {
  const { state, context, link, deployment } = report;
  const project = `/projects/${encodeURIComponent(repository)}`;
  if (deployment === null) {
    const description = shorten(report.description, DESCRIPTION);
    const body = { state: states[state], name: context, description, ...(link !== null && { target_url: link }) };
    await call({ method: 'POST', path: `${project}/statuses/${commit}`, body });
    return;
  }
  const { environment } = deployment;
  // Its API has no place for our ID: the deployment of this commit that still runs is ours.
  const open = `environment=${encodeURIComponent(environment)}&status=running&order_by=id&sort=desc&per_page=20`;
  const { body: found } = await call({ method: 'GET', path: `${project}/deployments?${open}` });
  const running = (Array.isArray(found) ? (found as Deployment[]) : []).find(({ sha }) => sha === commit);
  if (running === undefined) {
    const body = { environment, sha: commit, ref: commit, tag: false, status: states[state] };
    await call({ method: 'POST', path: `${project}/deployments`, body });
  } else if (state !== 'RUNNING') {
    await call({ method: 'PUT', path: `${project}/deployments/${running.id}`, body: { status: states[state] } });
  }
}

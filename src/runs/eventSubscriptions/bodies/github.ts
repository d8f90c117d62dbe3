import type { Call, CommitPlace, StatusReport } from './codeHosts';
import { shorten } from './message';

/** GitHub's limit for descriptions of statuses. */
const DESCRIPTION = 140;

const commitStates = {
  ...{ PENDING: 'pending', RUNNING: 'pending', SUCCESS: 'success' },
  ...{ FAILURE: 'failure', ERROR: 'error', CANCELED: 'error' },
} as const;
const deploymentStates = {
  ...{ PENDING: 'queued', RUNNING: 'in_progress', SUCCESS: 'success' },
  ...{ FAILURE: 'failure', ERROR: 'error', CANCELED: 'inactive' },
} as const;

export const githubHeaders = (token: string): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
});

/** Sets the status of a commit, or of a deployment of it. Sending it again changes nothing. */
export async function reportToGithub(
  call: Call,
  { repository, commit }: CommitPlace,
  report: StatusReport,
): Promise<void> {
  const { state, context, link, deployment } = report;
  const repo = `/repos/${repository}`;
  const description = shorten(report.description, DESCRIPTION);
  if (deployment === null) {
    const body = { state: commitStates[state], context, description, ...(link !== null && { target_url: link }) };
    await call({ method: 'POST', path: `${repo}/statuses/${commit}`, body });
    return;
  }
  // The task identifies our deployment, so that a repeated attempt finds the one that it has created.
  const task = `slipway:${deployment.id}`;
  const found = await call({ method: 'GET', path: `${repo}/deployments?task=${encodeURIComponent(task)}&per_page=1` });
  let id = idOf(Array.isArray(found.body) ? found.body[0] : undefined);
  if (id === undefined) {
    const { environment, production } = deployment;
    const body = {
      ...{ ref: commit, task, environment, description, production_environment: production },
      ...{ auto_merge: false, required_contexts: [] },
    };
    id = idOf((await call({ method: 'POST', path: `${repo}/deployments`, body })).body);
  }
  if (id === undefined) throw new Error('GitHub created a deployment without an ID');
  const status = { state: deploymentStates[state], description, environment: deployment.environment };
  const body = { ...status, ...(link !== null && { log_url: link }) };
  await call({ method: 'POST', path: `${repo}/deployments/${id}/statuses`, body });
}

const idOf = (value: unknown): number | undefined => {
  const id = typeof value === 'object' && value !== null ? (value as { readonly id?: unknown }).id : undefined;
  return typeof id === 'number' ? id : undefined;
};

import type { App } from '../app';

/** Address at which people see a run: the console's page of it, unless the configuration names another. */
export function executionLink(app: Pick<App, 'config'>, runId: string): string | null {
  const { SLIPWAY_PUBLIC_URL: base, SLIPWAY_RUN_LINK: template } = app.config;
  if (template !== undefined) return template.replaceAll('{id}', runId);
  return base === undefined ? null : `${base}/runs/${runId}`;
}

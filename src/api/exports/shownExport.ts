import type { App } from '../../runs/app';
import type { ExecutionExport } from '../../runs/exports/executionExport';
import { exportPath } from '../../runs/exports/exportExecutions';

/** An export as the API and its status link show it. */
export async function shownExport(app: App, found: ExecutionExport) {
  const { id: requestId, status, executionIds, createdAt: triggeredAt, expiresAt, errorMessage } = found;
  const base = app.config.SLIPWAY_PUBLIC_URL ?? '';
  return {
    ...{ requestId, status, totalExecutions: executionIds.length, triggeredAt, expiresAt, errorMessage },
    statusLink: `${base}${await exportPath(app, found, '/status')}`,
    downloadLink: `${base}${await exportPath(app, found, '')}`,
  };
}

import { baseName } from '../catalog/language/matrix';
import { secretsNeeded } from '../catalog/language/workflow';
import type { ReadyTask } from './readyTask';
import type { RunSlice } from './runSlice';

/** Fails tasks with missing secrets before they start, and returns the others. */
export function withSecrets(run: RunSlice, tasks: readonly ReadyTask[]): readonly ReadyTask[] {
  return tasks.filter(({ task, revisionId, detached }) => {
    const definition = run.fact('workflow', revisionId);
    const own = definition.tasks[baseName(task.name)];
    const names = own === undefined ? [] : secretsNeeded(definition, own);
    if (names.length === 0) return true;
    const execution = run.execution(task.executionId);
    const { applicationId } = execution;
    const { environmentId } = detached ?? execution;
    const known = run.fact('secretNames', `${applicationId} ${environmentId ?? ''}`);
    const missing = names.filter((name) => !known.has(name));
    if (missing.length === 0) return true;
    const reason = missingSecrets(missing);
    run.settleLater([{ taskId: task.id, status: 'FAILED', reasonCode: 'SECRET_MISSING', reason, exitCode: null }]);
    return false;
  });
}

export const missingSecrets = (names: readonly string[]): string =>
  `it needs the secret${names.length === 1 ? '' : 's'} ${names.join(', ')}, which neither its application nor its environment has`;

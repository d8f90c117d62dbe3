import type { InputArtifact } from '../artifacts/artifacts.store';
import { artifactSource } from '../../catalog/language/artifactSource';
import { baseName } from '../../catalog/language/matrix';
import type { RestoreContent } from './restore';

/** The files of a workflow, or of one of its tasks, as a restore point has them; of each name the newest. */
export function restoredFiles(
  { members, workflows, tasks, artifacts }: Pick<RestoreContent, 'members' | 'workflows' | 'tasks' | 'artifacts'>,
  source: string,
): InputArtifact[] {
  // Restore tasks can't take files of their own workflow's tasks: those don't come before them.
  const { workflow, task } = artifactSource(source, {});
  const revisions = new Set(workflows.filter((one) => one.name === workflow).map((one) => one.revisionId));
  const executions = new Set(members.filter((one) => revisions.has(one.revisionId)).map((one) => one.id));
  const makers = new Set(
    tasks
      .filter(
        (one) => executions.has(one.executionId) && (task === null || one.name === task || baseName(one.name) === task),
      )
      .map((one) => one.id),
  );
  const found = new Map<string, InputArtifact>();
  for (const { id, name, size, sha256, taskExecutionId } of artifacts) {
    if (makers.has(taskExecutionId)) found.set(name, { artifactId: id, name, size, sha256 });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

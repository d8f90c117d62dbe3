import { didYouMean } from '../../kernel/didYouMean';
import { artifactSource, leavesFiles, sourceName } from './artifactSource';
import type { Complain } from './checkVariables';
import { firstNodes } from './checkDependencies';
import type { Catalog } from './knownNames';
import { baseName, creatorOf, dependencyOf } from './matrix';
import { allAfter, dependentsOf } from './taskGraph';
import type { WorkflowDefinition } from './workflow';

type Tasks = WorkflowDefinition['tasks'];

/** `all`: with the tasks of the workflows that tasks run. */
export function checkArtifactSources(
  tasks: Tasks,
  all: Tasks,
  workflows: Catalog['workflows'],
  complain: Complain,
): void {
  const wanted = new Map<string, { readonly by: string; readonly index: number }[]>();
  for (const [name, task] of Object.entries(tasks)) {
    task.artifacts.from.forEach((from, index) => {
      if (from === '') return;
      const source = artifactSource(from, all);
      // Only a pipeline knows its stages.
      if (source.in === 'STAGE') return;
      const path = ['tasks', name, 'artifacts', 'from', index];
      if (source.in === 'RUN') {
        const problem = workflowProblem(source, sourceName(from), tasks, workflows);
        if (problem) complain('UNKNOWN_ARTIFACT_SOURCE', path, problem);
      } else if (dependencyOf(source.task, all) === undefined) {
        const base = baseName(source.task);
        const hint = didYouMean(source.task, firstNodes(tasks, base));
        complain('UNKNOWN_ARTIFACT_SOURCE', path, `The task "${base}" has no combination "${source.task}"${hint}.`);
      } else {
        const maker = creatorOf(source.task, all) ?? baseName(source.task);
        const list = wanted.get(maker) ?? [];
        wanted.set(maker, list);
        list.push({ by: name, index });
      }
    });
  }
  if (wanted.size === 0) return;
  const dependents = dependentsOf(tasks);
  for (const [source, takers] of wanted) {
    const after = allAfter(source, dependents);
    for (const { by, index } of takers) {
      const atTheEnd = tasks[by]?.type === 'finally';
      if (atTheEnd ? tasks[source]?.type === 'normal' : after.has(by)) continue;
      const message = atTheEnd
        ? `The task "${by}" of "finally" can take files only from tasks under "tasks"; "${source}" is not one of them.`
        : `The task "${by}" takes files from "${source}", which does not come before it. Add "${source}" to "depends_on".`;
      complain('ARTIFACT_SOURCE_NOT_UPSTREAM', ['tasks', by, 'artifacts', 'from', index], message);
    }
  }
}

function workflowProblem(
  { workflow, task }: { readonly workflow: string; readonly task: string | null },
  from: string,
  tasks: Tasks,
  workflows: Catalog['workflows'],
): string | undefined {
  const definition = workflows.get(workflow);
  if (definition === undefined) {
    const hint = didYouMean(from, [...Object.keys(tasks), ...workflows.keys()]);
    return `"${from}" is not a task of this workflow, and there is no workflow "${workflow}"${hint}.`;
  }
  if (task === null || definition === null || leavesFiles(task, definition.tasks)) return undefined;
  if (Object.hasOwn(definition.tasks, baseName(task)) && definition.tasks[baseName(task)]?.type !== 'normal') {
    return `The task "${task}" of the workflow "${workflow}" is not part of its graph, so it leaves no files for others.`;
  }
  const hint = didYouMean(task, Object.keys(definition.tasks));
  return `The workflow "${workflow}" has no task "${task}"${hint}.`;
}

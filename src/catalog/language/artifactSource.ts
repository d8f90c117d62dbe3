import { baseName } from './matrix';
import type { WorkflowDefinition } from './workflow';

/** What an entry of `artifacts.from` means. */
export type ArtifactSource =
  | { readonly workflow: null; readonly task: string }
  | { readonly workflow: string /** null: all files of the workflow. */; readonly task: string | null };

/**
 * A task of the own workflow (or one combination of it), else `<workflow>` or `<workflow>.<task>`, divided at the first dot. What it means follows from the text and the
 * own tasks alone, never from what else exists: so nobody can change it by making a workflow. The price: a workflow with a
 * dot in its name can't be named here.
 */
export function artifactSource(from: string, tasks: WorkflowDefinition['tasks']): ArtifactSource {
  if (Object.hasOwn(tasks, baseName(from))) return { workflow: null, task: baseName(from) };
  const dot = from.indexOf('.');
  return dot === -1 ? { workflow: from, task: null } : { workflow: from.slice(0, dot), task: from.slice(dot + 1) };
}

import { baseName } from './matrix';
import type { WorkflowDefinition } from './workflow';

/** Meaning of an entry of `artifacts.from`. */
export type ArtifactSource =
  | { readonly workflow: null; readonly task: string }
  | { readonly workflow: string /** null: all files of the workflow. */; readonly task: string | null };

/**
 * A task of the same workflow, or one of its combinations; otherwise `<workflow>` or `<workflow>.<task>`, divided at the
 * first dot. The meaning depends on the text and these tasks only, so creating a workflow can’t change it. In return, a
 * workflow with a dot in its name can’t be named here.
 */
export function artifactSource(from: string, tasks: WorkflowDefinition['tasks']): ArtifactSource {
  if (Object.hasOwn(tasks, baseName(from))) return { workflow: null, task: baseName(from) };
  const dot = from.indexOf('.');
  return dot === -1 ? { workflow: from, task: null } : { workflow: from.slice(0, dot), task: from.slice(dot + 1) };
}

import { baseName, dependencyOf } from './matrix';
import type { TakenFiles, WorkflowDefinition } from './workflow';

/** Meaning of an entry of `artifacts.from`. */
export type ArtifactSource =
  | { readonly in: 'WORKFLOW' /** Or one of its combinations. */; readonly task: string }
  | {
      readonly in: 'RUN';
      readonly workflow: string /** null: all files of the workflow. */;
      readonly task: string | null;
    }
  | {
      readonly in: 'STAGE';
      readonly stage: string | null;
      readonly element: string | null;
      readonly task: string | null;
    };

/**
 * A text is a task of the same workflow, or one of its combinations; otherwise `<workflow>` or `<workflow>.<task>`,
 * divided at the first dot. The meaning depends on the text and these tasks only, so creating a workflow can’t change
 * it. In return, a workflow with a dot in its name can’t be named here.
 */
export function artifactSource(from: string | TakenFiles, tasks: WorkflowDefinition['tasks']): ArtifactSource {
  const { source, stage, element, task } = typeof from === 'string' ? { ...nowhere, source: from } : from;
  if (source === null) return { in: 'STAGE', stage, element, task };
  if (Object.hasOwn(tasks, baseName(source))) return { in: 'WORKFLOW', task: source };
  const dot = source.indexOf('.');
  return dot === -1
    ? { in: 'RUN', workflow: source, task: null }
    : { in: 'RUN', workflow: source.slice(0, dot), task: source.slice(dot + 1) };
}

const nowhere = { stage: null, element: null, task: null };

/** How people are told of a source. */
export function sourceName(from: string | TakenFiles): string {
  if (typeof from === 'string') return from;
  if (from.source !== null) return from.source;
  return [from.stage, from.element, from.task].filter((part) => part !== null).join(' / ');
}

export const isOptional = (from: string | TakenFiles): boolean => typeof from !== 'string' && from.optional;

/** The workflow of the run that an entry names. */
export function workflowTaken(from: string | TakenFiles, tasks: WorkflowDefinition['tasks']): string | null {
  const source = artifactSource(from, tasks);
  return source.in === 'RUN' ? source.workflow : null;
}

/** True if other workflows can take files of this task: detached tasks leave theirs to people only. */
export const leavesFiles = (task: string, tasks: WorkflowDefinition['tasks']): boolean =>
  dependencyOf(task, tasks) !== undefined && tasks[baseName(task)]?.type === 'normal';

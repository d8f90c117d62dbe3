import { createHash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonicalJson';
import type { Execution } from '../../engine/execution';
import type { ResumeChoice } from '../../engine/resumeDecision';
import type { Replacement } from '../deployments/movedOn';
import type { ResumePlan } from './resumePlan';
import type { WorkflowNext, WorkflowResumeChoice } from './resumeWorkflowPlan';

/**
 * Hash of everything that a preview showed: the execution at this version, the chosen options, the parts that would run
 * with their values, and the changes in kept parts.
 */
export function resumeToken(
  execution: Execution,
  choice: ResumeChoice,
  plan: ResumePlan,
  replaced: readonly Replacement[],
): string {
  return hash(execution, {
    stage: choice.pipelineStageName ?? null,
    elementId: choice.pipelineStageElementId ?? null,
    parallelMode: choice.parallelMode ?? 'ALL',
    granularity: choice.granularity ?? 'STAGE',
    definition: choice.definition ?? 'PINNED',
    force: choice.force ?? false,
    revisionId: plan.revisionId,
    variables: plan.variables,
    kept: plan.kept.map((stage) => stage.id),
    changes: plan.changes.map((change) => change.message),
    replaced: replaced.map(({ now }) => now.id),
    runs: plan.elements.map(({ stage, next }) => [
      ...[stage.elementId, stage.workflowRevisionId, stage.environmentId, stage.variables, stage.images],
      ...[stage.answers, stage.mode, stage.maxParallel, next?.execution.version ?? null],
    ]),
  });
}

export function workflowResumeToken(
  execution: Execution,
  choice: WorkflowResumeChoice,
  next: WorkflowNext,
  replaced: readonly Replacement[],
): string {
  const { revisionId, environmentId, variables, images, mode, maxParallel, again } = next;
  return hash(execution, {
    definition: choice.definition ?? 'PINNED',
    force: choice.force ?? false,
    replaced: replaced.map(({ now }) => now.id),
    ...{ revisionId, environmentId, variables, images, mode, maxParallel, again },
  });
}

const hash = ({ id, version }: Execution, meaning: object): string =>
  createHash('sha256')
    .update(canonicalJson({ id, version, ...meaning }))
    .digest('base64url');

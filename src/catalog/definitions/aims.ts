import type { SubjectRows, Target } from '../../access/subjects';
import type { PipelineDefinition } from '../language/pipeline';
import { GIVEN_ENVIRONMENT, type WorkflowDefinition } from '../language/workflow';
import type { Configuration } from './configuration';

/** Resolves the names in definitions, which determine the environments that the definitions target. */
export interface Surroundings {
  readonly environments: ReadonlyMap<string, Target>;
  readonly workflows: ReadonlyMap<string, WorkflowDefinition>;
}

interface Part {
  readonly id: string;
  readonly applicationId: string;
}

/**
 * Subjects of workflows and pipelines, built from definitions in memory: unwritten definitions have no rows for the SQL
 * of `access/subjects.ts`. Both must find the same environments.
 */
export function workflowSubject(
  { id, applicationId }: Part,
  { environment }: WorkflowDefinition,
  around: Surroundings,
): SubjectRows['Workflow'] {
  return {
    id,
    applicationId,
    template: environment === GIVEN_ENVIRONMENT,
    environments: named(around, environment === null ? [] : [environment]),
  };
}

export function pipelineSubject(
  { id, applicationId }: Part,
  { stages }: PipelineDefinition,
  around: Surroundings,
): SubjectRows['Pipeline'] {
  const names = stages.flatMap(({ elements }) =>
    elements.flatMap((element) => {
      const own = element.type === 'WORKFLOW' ? around.workflows.get(element.workflow)?.environment : undefined;
      const name = element.type === 'WORKFLOW' && own === GIVEN_ENVIRONMENT ? element.environment : own;
      return name == null ? [] : [name];
    }),
  );
  return { id, applicationId, environments: named(around, names) };
}

export function surroundingsOf({ environments, workflows }: Configuration): Surroundings {
  return {
    environments,
    workflows: new Map([...workflows].map(([name, { revision }]) => [name, revision.definition])),
  };
}

function named({ environments }: Surroundings, names: readonly string[]): Target[] {
  return [...new Set(names)].sort().flatMap((name) => environments.get(name) ?? []);
}

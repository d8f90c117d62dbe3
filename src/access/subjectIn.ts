import type { Db } from '../kernel/database/database';
import type { SubjectRows } from './subjects';
import { findPipelineTargets, findTemplateWorkflows, findWorkflowTargets } from './targets.store';

interface Row {
  readonly id: string;
  readonly applicationId: string;
}

/** A workflow or pipeline with all that rights need to know of it, as it stands within a transaction. */
export async function subjectIn(
  db: Db,
  kind: 'Workflow' | 'Pipeline',
  { id, applicationId }: Row,
): Promise<SubjectRows['Workflow']> {
  const find = kind === 'Workflow' ? findWorkflowTargets : findPipelineTargets;
  const environments = (await find(db, [id])).get(id) ?? [];
  const template = kind === 'Workflow' && (await findTemplateWorkflows(db, [id])).has(id);
  return { id, applicationId, environments, template };
}

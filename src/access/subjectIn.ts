import type { Db } from '../kernel/database/database';
import type { SubjectRows } from './subjects';
import { findPipelineTargets, findTemplateWorkflows, findWorkflowTargets } from './targets.store';

interface Row {
  readonly id: string;
  readonly applicationId: string;
}

/** A part of an application with all that rights need to know of it, as it stands within a transaction. */
export async function subjectIn<R extends Row>(
  db: Db,
  kind: 'Environment' | 'Service' | 'Workflow' | 'Pipeline',
  row: R,
): Promise<R & Pick<SubjectRows['Workflow'], 'environments' | 'template'>> {
  if (kind === 'Environment' || kind === 'Service') return { ...row, environments: [], template: false };
  const { id } = row;
  const find = kind === 'Workflow' ? findWorkflowTargets : findPipelineTargets;
  const environments = (await find(db, [id])).get(id) ?? [];
  const template = kind === 'Workflow' && (await findTemplateWorkflows(db, [id])).has(id);
  return { ...row, environments, template };
}

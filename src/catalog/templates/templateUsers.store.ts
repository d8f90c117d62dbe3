import type { Access } from '../../access/access';
import type { Db } from '../../kernel/database/database';
import type { Extended, TemplateDefinition } from '../language/templates/templateShape';

/** A resource whose current definition extends a template. */
export interface TemplateUser {
  readonly kind: 'WORKFLOW' | 'PIPELINE' | 'TEMPLATE';
  readonly id: string;
  readonly name: string;
  /** Templates that it extends, directly or through others. */
  readonly templateIds: readonly string[];
  /** Null for a template of the account. */
  readonly application: string | null;
  /** Of a workflow or pipeline. */
  readonly extended: Extended | null;
  /** Of a template. */
  readonly base: TemplateDefinition['base'];
}

const usersIn = (kind: 'workflow' | 'pipeline' | 'template', condition: string) =>
  `SELECT '${kind.toUpperCase()}' AS kind, row.id, row.name, application.name AS application,
     revision.template_ids AS "templateIds",
     revision.definition->'extended' AS extended, revision.definition->'base' AS base
   FROM ${kind}_revision AS revision JOIN ${kind} AS row ON row.current_revision_id = revision.id
   LEFT JOIN application ON application.id = row.application_id AND application.deleted_at IS NULL
   WHERE revision.template_ids <> '{}' AND revision.template_ids && $1::uuid[] AND row.deleted_at IS NULL
     AND (row.application_id IS NULL OR application.id IS NOT NULL) AND ${condition}`;

const inOrder = 'ORDER BY kind, application NULLS FIRST, name, id';

/** Workflows, pipelines and templates that extend one of these, in the whole server. */
export const findTemplateUsers = (db: Db, templateIds: readonly string[]): Promise<TemplateUser[]> =>
  db.rows(
    `${usersIn('workflow', 'TRUE')} UNION ALL ${usersIn('pipeline', 'TRUE')} UNION ALL ${usersIn('template', 'TRUE')} ${inOrder}`,
    [templateIds],
  );

/** Those that a caller may see. */
export function findSeenUsers(db: Db, access: Access, templateIds: readonly string[]): Promise<TemplateUser[]> {
  const parameters: unknown[] = [templateIds];
  const workflow = access.condition('READ', 'Workflow', 'row', parameters);
  const pipeline = access.condition('READ', 'Pipeline', 'row', parameters);
  const application = access.condition('READ', 'Application', 'application', parameters);
  const selects = [
    usersIn('workflow', workflow),
    usersIn('pipeline', pipeline),
    usersIn('template', `(row.application_id IS NULL OR ${application})`),
  ];
  return db.rows(`${selects.join(' UNION ALL ')} ${inOrder}`, parameters);
}

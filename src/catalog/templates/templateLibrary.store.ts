import type { Db } from '../../kernel/database/database';
import type { StoredTemplate, TemplateLibrary } from '../language/templates/templateBook';
import { readReference } from '../language/templates/templateShape';

const LOCK = 0x51_1b_de_96;

/**
 * Changes of templates exclude each other, and every other change of a definition that extends one: the list of
 * definitions that extend a template can’t change while the template does.
 */
export async function lockTemplates(db: Db, mode: 'CHANGE' | 'USE'): Promise<void> {
  const shared = mode === 'USE' ? '_shared' : '';
  await db.rows(`SELECT pg_advisory_xact_lock${shared}($1)`, [LOCK]);
}

const columns = `template.id, template.name, application.name AS application, revision.number AS revision,
  revision.content_hash AS "contentHash", revision.definition`;
const live = `template.deleted_at IS NULL AND (template.application_id IS NULL OR application.deleted_at IS NULL)`;

/** All templates of the server, and the revisions that `references` or templates name. */
export async function loadTemplates(db: Db, references: readonly string[]): Promise<TemplateLibrary> {
  const current = await db.rows<StoredTemplate>(
    `SELECT ${columns} FROM template LEFT JOIN application ON application.id = template.application_id
     JOIN template_revision AS revision ON revision.id = template.current_revision_id WHERE ${live}`,
    [],
  );
  const wanted = new Map<string, { readonly id: string; readonly revision: number }>();
  const want = (id: string, revision: number) => wanted.set(`${id}@${revision}`, { id, revision });
  for (const written of references) {
    const { name, revision } = readReference(written);
    if (typeof revision !== 'number') continue;
    for (const one of current) if (one.name === name && revision < one.revision) want(one.id, revision);
  }
  const pinned: StoredTemplate[] = [];
  const wantBases = (found: readonly StoredTemplate[]) => {
    for (const { definition } of found)
      if (definition.base !== null) want(definition.base.id, definition.base.revision);
  };
  wantBases(current);
  const known = new Set(current.map(({ id, revision }) => `${id}@${revision}`));
  for (;;) {
    const missing = [...wanted].flatMap(([key, one]) => (known.has(key) ? [] : [one]));
    if (missing.length === 0) return { current, pinned };
    const found = await findRevisions(db, missing);
    for (const { id, revision } of missing) known.add(`${id}@${revision}`);
    pinned.push(...found);
    wantBases(found);
  }
}

const findRevisions = (
  db: Db,
  wanted: readonly { readonly id: string; readonly revision: number }[],
): Promise<StoredTemplate[]> =>
  db.rows(
    `SELECT ${columns} FROM unnest($1::uuid[], $2::int[]) AS wanted (id, number)
     JOIN template ON template.id = wanted.id LEFT JOIN application ON application.id = template.application_id
     JOIN template_revision AS revision ON revision.entity_id = wanted.id AND revision.number = wanted.number`,
    [wanted.map(({ id }) => id), wanted.map(({ revision }) => revision)],
  );

export async function deleteTemplatesOfApplication(db: Db, applicationId: string, now: Date): Promise<void> {
  await db.write(
    `UPDATE template SET deleted_at = $2, updated_at = $2 WHERE application_id = $1 AND deleted_at IS NULL`,
    [applicationId, now],
  );
}

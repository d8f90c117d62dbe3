import type { Db } from '../../kernel/database/database';

/** A service with the name of its application. */
export interface NamedService {
  readonly id: string;
  readonly applicationId: string;
  readonly application: string;
  readonly name: string;
  readonly dependsOn: readonly string[];
}

const named = `SELECT service.id, service.application_id AS "applicationId", application.name AS application, service.name,
  service.depends_on AS "dependsOn"
  FROM service JOIN application ON application.id = service.application_id
  WHERE service.deleted_at IS NULL AND application.deleted_at IS NULL`;

/** Services of all applications that depend on others. */
export const findDependencies = (db: Db): Promise<NamedService[]> =>
  db.rows(`${named} AND service.depends_on <> '{}' ORDER BY application.name, service.name`);

/** Services by qualified name. */
export const findNamedServices = (db: Db, names: readonly string[]): Promise<NamedService[]> =>
  db.rows(`${named} AND application.name || '/' || service.name = ANY ($1::text[])`, [names]);

/** Prevents other transactions from adding dependencies: two that are valid alone could form a cycle. */
export async function lockDependencies(db: Db): Promise<void> {
  await db.rows('SELECT pg_advisory_xact_lock($1)', [0x51_1b_de_95]);
}

/** Services that depend on one keep doing so when it, or its application, is renamed. */
export async function renameDependency(
  db: Db,
  application: { readonly id: string; readonly name: string },
  from: string,
  to: string,
): Promise<void> {
  await db.write(
    `UPDATE service SET depends_on = array_replace(depends_on, $2, $3) WHERE application_id = $1 AND $2 = ANY (depends_on)`,
    [application.id, from, to],
  );
  await db.write(`UPDATE service SET depends_on = array_replace(depends_on, $1, $2) WHERE $1 = ANY (depends_on)`, [
    `${application.name}/${from}`,
    `${application.name}/${to}`,
  ]);
}

export async function renameApplicationInDependencies(db: Db, from: string, to: string): Promise<void> {
  await db.write(
    `UPDATE service SET depends_on = ARRAY(
       SELECT CASE WHEN starts_with(one, $1) THEN $2 || substr(one, length($1) + 1) ELSE one END
       FROM unnest(depends_on) WITH ORDINALITY AS of (one, place) ORDER BY place)
     WHERE EXISTS (SELECT FROM unnest(depends_on) AS one WHERE starts_with(one, $1))`,
    [`${from}/`, `${to}/`],
  );
}

/** Services of other applications stop depending on those of an application that is deleted. */
export async function dropApplicationFromDependencies(db: Db, name: string): Promise<void> {
  await db.write(
    `UPDATE service SET depends_on = ARRAY(
       SELECT one FROM unnest(depends_on) WITH ORDINALITY AS of (one, place) WHERE NOT starts_with(one, $1) ORDER BY place)
     WHERE EXISTS (SELECT FROM unnest(depends_on) AS one WHERE starts_with(one, $1))`,
    [`${name}/`],
  );
}

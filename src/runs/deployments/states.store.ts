import type { RecordedDeployment } from '../../engine/deployment';
import type { Db } from '../../kernel/database/database';
import { type Freeze, freezes } from '../../catalog/freezes/freezes';
import { covers } from '../../catalog/freezes/freezes.store';
import { columnsOf } from '../../kernel/database/table';
import { deployment } from './deployments.store';

/** An environment at a moment. */
export interface Moment {
  readonly environmentId: string;
  readonly at: Date;
}

const parameters = (moments: readonly Moment[]) => [
  moments.map(({ environmentId }) => environmentId),
  moments.map(({ at }) => at),
];
const asked = 'unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS asked (environment_id, at, position)';

/**
 * The same as `findStanding`, at moments in the past: for each service the newest success, and the newest deployment
 * that was in progress or not settled. A few index look-ups for each service, whatever the length of the history. Rows
 * are as they stand now; one that had not ended is in progress at its moment. `position` counts the moments from 1.
 */
export function findStates(
  db: Db,
  moments: readonly Moment[],
): Promise<(RecordedDeployment & { readonly position: number })[]> {
  const here = (one: string) => `${one}.environment_id = environment.id AND ${one}.service_id = service.id`;
  const unsettled = (which: string) => `(
    SELECT id, ended_at, end_number FROM deployment one
    WHERE ${here('one')} AND one.status IN ('FAILED', 'UNKNOWN') AND one.ended_at <= asked.at AND ${which}
      AND NOT EXISTS (
        SELECT FROM deployment later
        WHERE ${here('later')} AND later.status IN ('SUCCEEDED', 'REMOVED')
          AND later.ended_at BETWEEN one.ended_at AND asked.at AND later.number > one.end_number
          AND (later.execution_id <> one.execution_id OR later.operation_id IS NOT NULL
            OR later.task IS NOT DISTINCT FROM one.task))
    ORDER BY one.ended_at DESC, one.end_number DESC LIMIT 1)`;
  return db.rows(
    `SELECT ${deployment}, asked.position::int AS position
     FROM ${asked} JOIN environment ON environment.id = asked.environment_id
     JOIN service ON service.application_id = environment.application_id
     LEFT JOIN LATERAL (
       SELECT * FROM deployment one
       WHERE ${here('one')} AND one.status IN ('SUCCEEDED', 'REMOVED') AND one.ended_at <= asked.at
       ORDER BY one.ended_at DESC, one.end_number DESC LIMIT 1
     ) has ON true
     LEFT JOIN LATERAL (
       SELECT id FROM (
         (SELECT id, NULL::timestamptz AS ended_at, NULL::bigint AS end_number FROM deployment one
          WHERE ${here('one')}
            AND tstzrange(one.started_at, greatest(one.started_at, coalesce(one.ended_at, 'infinity'))) @> asked.at
          ORDER BY number DESC LIMIT 1)
         UNION ALL ${unsettled(`one.end_number > coalesce(has.number, 0) AND one.ended_at >= coalesce(has.started_at, '-infinity')`)}
         UNION ALL ${unsettled('one.execution_id = has.execution_id AND one.end_number < has.number')}
       ) open ORDER BY ended_at DESC NULLS FIRST, end_number DESC LIMIT 1
     ) open ON true
     JOIN deployment ON deployment.id = ANY (ARRAY[CASE WHEN has.status = 'SUCCEEDED' THEN has.id END, open.id])
     ORDER BY asked.position, service.name, service.id, deployment.id = open.id`,
    parameters(moments),
  );
}

/** Variables that environments had, by the position of the moment, from 1. */
export async function findValuesAt(
  db: Db,
  moments: readonly Moment[],
): Promise<{ position: number; variables: Readonly<Record<string, string>> }[]> {
  return db.rows(
    `SELECT asked.position::int AS position, known.variables FROM ${asked}
     CROSS JOIN LATERAL (
       SELECT variables FROM environment_values one
       WHERE one.environment_id = asked.environment_id AND one.changed_at <= asked.at
       ORDER BY one.changed_at DESC, one.number DESC LIMIT 1
     ) known`,
    parameters(moments),
  );
}

/** Freezes that covered environments, as they were, by the position of the moment, from 1. */
export function findFreezesAt(db: Db, moments: readonly Moment[]): Promise<(Freeze & { readonly position: number })[]> {
  return db.rows(
    `SELECT asked.position::int AS position, ${columnsOf(freezes.schema, 'one')}
     FROM ${asked} JOIN environment ON environment.id = asked.environment_id
     CROSS JOIN LATERAL (
       SELECT DISTINCT ON (freeze_id) data FROM freeze_version WHERE changed_at <= asked.at
       ORDER BY freeze_id, changed_at DESC, number DESC
     ) known
     CROSS JOIN LATERAL jsonb_populate_record(NULL::deployment_freeze, known.data) one
     WHERE ${covers('one', 'environment')} ORDER BY asked.position, one.name`,
    parameters(moments),
  );
}

/** An image of a service, with the number of its first deployment to any environment. */
export interface ImageAge {
  readonly serviceId: string;
  readonly image: string;
  readonly number: number;
}

/** Ages of images: the smaller the number, the older the image. Images that were never deployed are missing. */
export function findImageAges(
  db: Db,
  images: readonly { readonly serviceId: string; readonly image: string }[],
): Promise<ImageAge[]> {
  return db.rows(
    `SELECT asked.service_id AS "serviceId", asked.image, first.number
     FROM unnest($1::uuid[], $2::text[]) AS asked (service_id, image)
     CROSS JOIN LATERAL (
       SELECT number FROM deployment one
       WHERE one.service_id = asked.service_id AND md5(one.image) = md5(asked.image) AND one.image = asked.image
       ORDER BY number LIMIT 1
     ) first`,
    [images.map(({ serviceId }) => serviceId), images.map(({ image }) => image)],
  );
}

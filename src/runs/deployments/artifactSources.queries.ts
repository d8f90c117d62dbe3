import type { Access } from '../../access/access';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { type ListOfParent, nestedList } from '../../kernel/nestedList';
import { afterCondition, cursorCodec } from '../../kernel/paging';
import { remembered } from '../../kernel/remembered';

/** Images of services as artifacts of their repositories, from the record of deployments. */

/** An image: its repository is the source, and its tag or digest the number of the build. */
export interface ImageArtifact {
  readonly serviceId: string;
  readonly image: string;
  /** Time at which it was first deployed. */
  readonly collectedAt: Date | null;
}

export interface ArtifactSource {
  readonly serviceId: string;
  readonly repository: string;
  readonly createdAt: Date | null;
}

/** `registry:5000/web:1.2` is the build `1.2` of `registry:5000/web`. */
export function splitImage(image: string): { readonly repository: string; readonly buildNo: string } {
  const [, repository = image, buildNo = ''] = /^(.*?)(?:@([^@]+)|:([^:/@]+))$/.exec(image) ?? [];
  return { repository, buildNo: buildNo === '' ? image.slice(repository.length + 1) : buildNo };
}

const seen = (access: Access, parameters: unknown[]): string =>
  access.condition('READ', 'Environment', 'environment', parameters);

/** Repositories of the images of services that were deployed to environments that the caller may see. */
export const sourcesOfService = remembered(
  (access: Access): BatchLoad<ArtifactSource[]> =>
    async (app, serviceIds) => {
      const parameters: unknown[] = [serviceIds];
      // One look into the index for each repository, however many images it has.
      const next = (after: string) =>
        `SELECT repository_hash FROM deployed_image WHERE ${after} ORDER BY repository_hash LIMIT 1`;
      const rows = await app.database.rows<ArtifactSource>(
        `WITH RECURSIVE source AS (
           SELECT service.id AS service_id, first.repository_hash FROM unnest($1::uuid[]) AS service (id)
           CROSS JOIN LATERAL (${next('service_id = service.id')}) AS first
           UNION ALL
           SELECT source.service_id, next.repository_hash FROM source
           CROSS JOIN LATERAL (${next('service_id = source.service_id AND repository_hash > source.repository_hash')}) AS next
         )
         SELECT source.service_id AS "serviceId", first.repository, first.deployed_at AS "createdAt" FROM source
         CROSS JOIN LATERAL (
           SELECT one.repository, one.deployed_at FROM deployed_image AS one JOIN environment ON environment.id = one.environment_id
           WHERE one.service_id = source.service_id AND one.repository_hash = source.repository_hash AND ${seen(access, parameters)}
           ORDER BY one.deployed_at, one.number LIMIT 1
         ) AS first ORDER BY 1, 2`,
        parameters,
      );
      return groupBy(rows, ({ serviceId }) => serviceId);
    },
);

const cursor = cursorCodec('artifacts of a source', 'time', 'number');

/** Key of a source among the parents of a page. */
export const sourceKey = ({ serviceId, repository }: ArtifactSource): string =>
  `${serviceId}/${Buffer.from(repository).toString('base64url')}`;

const sourceOf = (key: string): readonly [serviceId: string, repository: string] => [
  key.slice(0, key.indexOf('/')),
  Buffer.from(key.slice(key.indexOf('/') + 1), 'base64url').toString(),
];

type SourceImage = ImageArtifact & { readonly source: string; readonly collectedAt: Date; readonly number: number };

/** Pages of the images of sources, newest first. */
export const imagesOfSource = remembered((access: Access): ListOfParent<SourceImage> => {
  const sources = (keys: readonly string[]): unknown[] => [
    keys,
    keys.map((key) => sourceOf(key)[0]),
    keys.map((key) => sourceOf(key)[1]),
  ];
  const from = 'unnest($1::text[], $2::uuid[], $3::text[]) AS source (key, service_id, repository)';
  /** First deployments in all visible environments: those without an earlier one of the same image. */
  const images = (parameters: unknown[]) => {
    const visible = seen(access, parameters);
    return `deployed_image AS one WHERE one.service_id = source.service_id AND one.repository_hash = md5(source.repository)
      AND EXISTS (SELECT FROM environment WHERE environment.id = one.environment_id AND ${visible})
      AND NOT EXISTS (SELECT FROM deployed_image AS earlier JOIN environment ON environment.id = earlier.environment_id
        WHERE earlier.service_id = one.service_id AND earlier.image_hash = one.image_hash AND earlier.number < one.number AND ${visible})`;
  };
  return nestedList({
    cursor,
    keyOf: ({ collectedAt, number }: SourceImage) => [collectedAt, number] as const,
    parentOf: ({ source }) => source,
    find(app, keys, { after, offset, fetch }) {
      const parameters = sources(keys);
      const found = images(parameters);
      const behind = after ? `AND ${afterCondition(['one.deployed_at', 'one.number'], 'DESC', after, parameters)}` : '';
      return app.database.rows<SourceImage>(
        `SELECT source.key AS source, page.service_id AS "serviceId", page.image, page.deployed_at AS "collectedAt", page.number
         FROM ${from} CROSS JOIN LATERAL (
           SELECT one.* FROM ${found} ${behind} ORDER BY one.deployed_at DESC, one.number DESC
           LIMIT $${parameters.push(fetch)} OFFSET $${parameters.push(offset)}
         ) AS page ORDER BY page.deployed_at DESC, page.number DESC`,
        parameters,
      );
    },
    async count(app, keys) {
      const parameters = sources(keys);
      const rows = await app.database.rows<{ key: string; count: number }>(
        `SELECT source.key, found.count FROM ${from}
         CROSS JOIN LATERAL (SELECT count(*)::int AS count FROM ${images(parameters)}) AS found`,
        parameters,
      );
      return new Map(rows.map(({ key, count }) => [key, count]));
    },
  });
});

/** Time of the first deployment of an image to an environment that the caller may see; the key is `service/image`. */
export const firstDeployed = remembered(
  (access: Access): BatchLoad<Date> =>
    async (app, keys) => {
      const services = keys.map((key) => key.slice(0, key.indexOf('/')));
      const parameters: unknown[] = [keys, services, keys.map((key) => key.slice(key.indexOf('/') + 1))];
      const rows = await app.database.rows<{ key: string; at: Date }>(
        `SELECT wanted.key, min(one.deployed_at) AS at
     FROM unnest($1::text[], $2::uuid[], $3::text[]) AS wanted (key, service_id, image)
     JOIN deployed_image AS one ON one.service_id = wanted.service_id AND one.image_hash = md5(wanted.image)
     JOIN environment ON environment.id = one.environment_id AND ${seen(access, parameters)}
     GROUP BY wanted.key`,
        parameters,
      );
      return new Map(rows.map(({ key, at }) => [key, at]));
    },
);

/** Images that the environment had before a workflow execution deployed others, by the ID of the execution. */
export const imagesBefore: BatchLoad<ImageArtifact[]> = async (app, executionIds) => {
  const rows = await app.database.rows<ImageArtifact & { executionId: string }>(
    `SELECT own.execution_id AS "executionId", own.service_id AS "serviceId", earlier.image, earlier.started_at AS "collectedAt"
     FROM (
       SELECT execution_id, environment_id, service_id, min(number) AS number FROM deployment
       WHERE execution_id = ANY ($1::uuid[]) GROUP BY execution_id, environment_id, service_id
     ) AS own
     CROSS JOIN LATERAL (
       SELECT image, started_at FROM deployment
       WHERE environment_id = own.environment_id AND service_id = own.service_id
         AND status = 'SUCCEEDED' AND end_number < own.number
       ORDER BY end_number DESC LIMIT 1
     ) AS earlier
     ORDER BY own.execution_id, own.service_id`,
    [executionIds],
  );
  return groupBy(rows, ({ executionId }) => executionId);
};

import type { Access } from '../../access/access';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { type ListOfParent, nestedList } from '../../kernel/nestedList';
import { cursorCodec } from '../../kernel/paging';
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

/** The same in SQL, of the column `image`. */
const REPOSITORY = `regexp_replace(deployment.image, '(@[^@]+|:[^:/@]+)$', '')`;

const seen = (access: Access, parameters: unknown[]): string =>
  access.condition('READ', 'Environment', 'environment', parameters);

/** Repositories of the images of services that were deployed to environments that the caller may see. */
export const sourcesOfService = remembered(
  (access: Access): BatchLoad<ArtifactSource[]> =>
    async (app, serviceIds) => {
      const parameters: unknown[] = [serviceIds];
      const rows = await app.database.rows<ArtifactSource>(
        `SELECT deployment.service_id AS "serviceId", ${REPOSITORY} AS repository, min(deployment.started_at) AS "createdAt"
         FROM deployment JOIN environment ON environment.id = deployment.environment_id
         WHERE deployment.service_id = ANY ($1::uuid[]) AND ${seen(access, parameters)}
         GROUP BY 1, 2 ORDER BY 1, 2`,
        parameters,
      );
      return groupBy(rows, ({ serviceId }) => serviceId);
    },
);

type ImageKey = readonly [collectedAt: Date, image: string];
const cursor = cursorCodec('artifacts of a source', 'time', 'text');

/** Key of a source among the parents of a page. */
export const sourceKey = ({ serviceId, repository }: ArtifactSource): string =>
  `${serviceId}/${Buffer.from(repository).toString('base64url')}`;

const sourceOf = (key: string): readonly [serviceId: string, repository: string] => [
  key.slice(0, key.indexOf('/')),
  Buffer.from(key.slice(key.indexOf('/') + 1), 'base64url').toString(),
];

/** Pages of the images of sources, newest first. */
export const imagesOfSource = remembered(
  (access: Access): ListOfParent<ImageArtifact & { readonly source: string }> => {
    const images = (parameters: unknown[]) =>
      `SELECT source.key, deployment.service_id, deployment.image, min(deployment.started_at) AS collected_at
     FROM unnest($1::text[], $2::uuid[], $3::text[]) AS source (key, service_id, repository)
     JOIN deployment ON deployment.service_id = source.service_id AND ${REPOSITORY} = source.repository
     JOIN environment ON environment.id = deployment.environment_id AND ${seen(access, parameters)}
     GROUP BY source.key, deployment.service_id, deployment.image`;
    const sources = (keys: readonly string[]): unknown[] => [
      keys,
      keys.map((key) => sourceOf(key)[0]),
      keys.map((key) => sourceOf(key)[1]),
    ];
    return nestedList<ImageArtifact & { readonly source: string }, ImageKey>({
      cursor,
      keyOf: ({ collectedAt, image }) => [collectedAt ?? new Date(0), image],
      parentOf: ({ source }) => source,
      find(app, keys, { after, offset, fetch }) {
        const parameters = sources(keys);
        const from = images(parameters);
        const behind = after
          ? `WHERE (collected_at, image) < ($${parameters.push(after[0])}, $${parameters.push(after[1])})`
          : '';
        return app.database.rows(
          `SELECT key AS source, service_id AS "serviceId", image, collected_at AS "collectedAt" FROM (
           SELECT *, row_number() OVER (PARTITION BY key ORDER BY collected_at DESC, image DESC) AS place
           FROM (${from}) AS found ${behind}
         ) AS numbered WHERE place > $${parameters.push(offset)} AND place <= $${parameters.push(offset + fetch)}
         ORDER BY collected_at DESC, image DESC`,
          parameters,
        );
      },
      async count(app, keys) {
        const parameters = sources(keys);
        const rows = await app.database.rows<{ key: string; count: number }>(
          `SELECT key, count(*)::int AS count FROM (${images(parameters)}) AS found GROUP BY key`,
          parameters,
        );
        return new Map(rows.map(({ key, count }) => [key, count]));
      },
    });
  },
);

/** Time of the first deployment of an image to an environment that the caller may see; the key is `service/image`. */
export const firstDeployed = remembered(
  (access: Access): BatchLoad<Date> =>
    async (app, keys) => {
      const services = keys.map((key) => key.slice(0, key.indexOf('/')));
      const parameters: unknown[] = [keys, services, keys.map((key) => key.slice(key.indexOf('/') + 1))];
      const rows = await app.database.rows<{ key: string; at: Date }>(
        `SELECT wanted.key, min(deployment.started_at) AS at
     FROM unnest($1::text[], $2::uuid[], $3::text[]) AS wanted (key, service_id, image)
     JOIN deployment ON deployment.service_id = wanted.service_id AND md5(deployment.image) = md5(wanted.image)
       AND deployment.image = wanted.image
     JOIN environment ON environment.id = deployment.environment_id AND ${seen(access, parameters)}
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

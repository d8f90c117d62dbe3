import { stringify } from 'yaml';
import { writePipeline, writeWorkflow } from '../../catalog/language/writeDocument';
import type { RestoreContent } from './restore';

/**
 * What a run was configured as when its restore point was made, as YAML: first its inputs and what it had deployed where, then the documents of its pipeline and of the
 * workflows that this ran, as they could be applied.
 */
export function writeConfiguration(content: RestoreContent): string {
  const { application, run, stages, deployments, environments, services, pipeline, workflows } = content;
  const images = (of: Readonly<Record<string, string>>) =>
    sorted(Object.entries(of).map(([id, image]) => [services[id] ?? id, image]));
  const places = [...new Set(stages.flatMap((stage) => stage.environmentId ?? []))];
  const deployed = places.map((id): [string, Record<string, string>] => [
    environments[id] ?? id,
    images(
      Object.fromEntries(
        deployments.filter((one) => one.environmentId === id).map(({ serviceId, image }) => [serviceId, image]),
      ),
    ),
  ]);
  const head = stringify({
    run: run.id,
    attempt: run.attempt,
    application,
    pipeline: pipeline.name,
    variables: sorted(Object.entries(run.variables)),
    images: images(run.images),
    environments: sorted(deployed),
  });
  const documents = [
    writePipeline({ application, name: pipeline.name }, pipeline.definition, 'YAML'),
    ...[...workflows]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, definition }) => writeWorkflow({ application, name }, definition, 'YAML')),
  ];
  return [head, ...documents].join('---\n');
}

const sorted = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

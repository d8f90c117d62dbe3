import { stringify } from 'yaml';
import type { Deployment } from '../../engine/deployment';
import { writePipeline, writeWorkflow } from '../../catalog/language/writeDocument';
import type { RestoredRun } from './restoredRun';

/**
 * Configuration of a run at its restore point as YAML: its inputs and its deployments, then the documents of its
 * pipeline and of the workflows that it ran, in a form that can be applied.
 */
export function writeConfiguration(
  { run, attempt, application, stages, environments, services, pipeline, workflows }: RestoredRun,
  deployed: readonly Deployment[],
): string {
  const images = (of: readonly (readonly [id: string, image: string])[]) =>
    sorted(of.map(([id, image]) => [services[id] ?? id, image]));
  const places = [...new Set(stages.flatMap((stage) => stage.environmentId ?? []))];
  const inEnvironment = (id: string) => deployed.filter((one) => one.environmentId === id);
  const head = stringify({
    run: run.id,
    attempt: attempt.attempt,
    application,
    pipeline: pipeline.name,
    variables: sorted(Object.entries(attempt.variables)),
    images: images(Object.entries(attempt.images)),
    environments: sorted(
      places.map((id) => [
        environments[id] ?? id,
        images(inEnvironment(id).map(({ serviceId, image }) => [serviceId, image])),
      ]),
    ),
  });
  const documents = [
    writePipeline({ application, name: pipeline.name }, pipeline.definition, 'YAML'),
    ...[...workflows.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, definition }) => writeWorkflow({ application, name }, definition, 'YAML')),
  ];
  return [head, ...documents].join('---\n');
}

const sorted = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

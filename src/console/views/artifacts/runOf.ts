import { unnamed } from '../../parts/definitionName';
import type { ArtifactListRowFragment } from './generated';

/** The run that left an artifact: that of the pipeline, if the workflow was part of one. */
export function runOf({ execution }: Pick<ArtifactListRowFragment, 'execution'>) {
  const { id, application, workflow, cause } = execution;
  const own = workflow?.name ?? 'deleted workflow';
  const parent = cause.__typename === 'ExecutedAlongPipeline' ? cause.execution : null;
  const parts = [
    application?.name ?? unnamed('application'),
    ...(parent ? [parent.pipeline?.name ?? 'pipeline'] : []),
    own,
  ];
  return { id: parent?.id ?? id, href: `/runs/${parent?.id ?? id}`, name: parts.join(' / ') };
}

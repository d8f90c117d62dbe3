import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Service as ServiceRow } from '../../catalog/services/services';
import type { Execution } from '../../engine/execution';
import {
  type ArtifactSource as Source,
  firstDeployed,
  type ImageArtifact,
  imagesBefore,
  imagesOfSource,
  sourceKey,
  sourcesOfService,
  splitImage,
} from '../../runs/deployments/artifactSources.queries';
import { WorkflowExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import { Service } from './services.types';
import { ArtifactSource, CollectedArtifact, CollectedArtifactConnection } from './serviceArtifacts.types';

const shownSource = (source: Source): object => ({
  id: sourceKey(source),
  name: source.repository,
  createdAt: source.createdAt,
  source,
});

const shownArtifact = ({ serviceId, image, collectedAt }: ImageArtifact): object => {
  const { repository, buildNo } = splitImage(image);
  const artifactSource = shownSource({ serviceId, repository, createdAt: null });
  return { id: `${serviceId}/${image}`, buildNo, image, collectedAt, artifactSource };
};

@Resolver(() => Service)
export class ServiceArtifactsResolver {
  @FieldResolver(() => String, { description: 'Kind of its artifacts. Always `DOCKER`: images.' })
  artifactType(): string {
    return 'DOCKER';
  }

  @FieldResolver(() => String, {
    description: 'Kind of its deployments. Always `CUSTOM`: the commands of its workflows deploy it.',
  })
  deploymentType(): string {
    return 'CUSTOM';
  }

  @FieldResolver(() => [ArtifactSource], {
    description:
      'Repositories of its images, from deployments to environments that the caller may see, sorted by name. Example: `artifactSources { name artifacts(limit: 10) { nodes { buildNo collectedAt } } }`.',
  })
  async artifactSources(@Root() { id }: ServiceRow, @Ctx() { loaders, actor }: Context) {
    return ((await loaders.load(sourcesOfService(actor.access), id)) ?? []).map(shownSource);
  }
}

@Resolver(() => ArtifactSource)
export class ArtifactSourceResolver {
  @FieldResolver(() => CollectedArtifactConnection, {
    description:
      'Images of the repository that were deployed to environments that the caller may see, sorted by the time of their first deployment, newest first. Errors: INVALID_INPUT.',
  })
  async artifacts(
    @Root() { source }: { readonly source: Source },
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders, actor }: Context,
  ) {
    const { pageInfo, edges } = await imagesOfSource(actor.access)(loaders, sourceKey(source), page);
    const shown = edges.map(({ node, cursor }) => ({ node: shownArtifact(node), cursor }));
    return { nodes: shown.map(({ node }) => node), edges: shown, pageInfo };
  }
}

@Resolver(() => WorkflowExecution)
export class ExecutionArtifactsResolver {
  @FieldResolver(() => [CollectedArtifact], {
    description: 'Images that the execution deploys, as artifacts. `serviceImages` has the services with them.',
  })
  async artifacts(@Root() { images }: Execution, @Ctx() { loaders, actor }: Context) {
    return Promise.all(
      Object.entries(images).map(async ([serviceId, image]) => {
        const collectedAt = (await loaders.load(firstDeployed(actor.access), `${serviceId}/${image}`)) ?? null;
        return shownArtifact({ serviceId, image, collectedAt });
      }),
    );
  }

  @FieldResolver(() => [CollectedArtifact], {
    description:
      'Images that its environment had before the execution deployed others, to which a rollback returns. Empty until it deploys.',
  })
  async rollbackArtifacts(@Root() { id }: Execution, @Ctx() { loaders }: Context) {
    return ((await loaders.load(imagesBefore, id)) ?? []).map(shownArtifact);
  }
}

import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { subjectWith } from '../../access/visible';
import { invalidInput } from '../../kernel/errors';
import { found } from '../../kernel/loaders';
import type { App } from '../../runs/app';
import type { Artifact as ArtifactRow, ArtifactHold as Hold } from '../../runs/artifacts/artifact';
import { expiryOf } from '../../runs/artifacts/artifactRetention';
import { holdsOfArtifact, listArtifacts, readArtifact } from '../../runs/artifacts/artifacts.queries';
import {
  availableArtifactActions,
  deleteArtifact,
  pinArtifact,
  unpinArtifact,
} from '../../runs/artifacts/changeArtifacts';
import { signedPath } from '../../runs/artifacts/signedLinks';
import { executionById, taskById } from '../../runs/execution/executions.loaders';
import { AvailableAction } from '../executions/availableActions.types';
import { TaskExecution, WorkflowExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import {
  Artifact,
  ArtifactConnection,
  ArtifactFilterInput,
  ArtifactHold,
  ArtifactPin,
  DeleteArtifactInput,
  DeleteArtifactPayload,
  PinArtifactInput,
  PinArtifactPayload,
  SignedLink,
  UnpinArtifactInput,
  UnpinArtifactPayload,
} from './artifacts.types';

const DEFAULT_SECONDS = 300;
const MOST_SECONDS = 86_400;
const RIGHT = 'Requires EXECUTE_PIPELINE of the run, or EXECUTE_WORKFLOW of a standalone workflow.';
const ERRORS = 'Errors: NOT_FOUND, FORBIDDEN';

@Resolver(() => Artifact)
export class ArtifactsResolver {
  @Query(() => ArtifactConnection, {
    nullable: true,
    description:
      'Artifacts of all executions that the caller may see, newest first, deleted ones included. ' +
      'Example: `artifacts(filters: [{name: "**/*.tgz", deleted: false}], search: "web", first: 20) { nodes { name size sha256 downloadUrl } }`. ' +
      'Errors: INVALID_INPUT.',
  })
  artifacts(
    @Arg('filters', () => [ArtifactFilterInput], { nullable: true, description: 'Filters that must all match.' })
    filters: InstanceType<typeof ArtifactFilterInput>[] | null,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Part of the name, ignoring case; up to 200 characters.',
    })
    search: string | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listArtifacts(app, actor, filters ?? [], search ?? null, page);
  }

  @Query(() => Artifact, {
    nullable: true,
    description: 'Artifact with the given ID. A deleted one keeps its name, size and digest. Errors: NOT_FOUND.',
  })
  async artifact(
    @Arg('artifactId', () => ID, { description: 'ID of the artifact.' }) artifactId: string,
    @Ctx() { app, actor }: Context,
  ) {
    return (await readArtifact(app, actor, artifactId)).artifact;
  }

  @Mutation(() => PinArtifactPayload, {
    description: `Keeps an artifact, regardless of the retention, until \`unpinArtifact\`. Repeating it replaces the note. ${RIGHT} Example: \`pinArtifact(input: {artifactId: "…", note: "release 4.2"}) { artifact { pin { at } } }\`. ${ERRORS}, INVALID_INPUT, ARTIFACT_DELETED.`,
  })
  async pinArtifact(
    @Arg('input', () => PinArtifactInput, { description: 'Input of `pinArtifact`.' })
    input: InstanceType<typeof PinArtifactInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), artifact: await pinArtifact(app, actor, input) };
  }

  @Mutation(() => UnpinArtifactPayload, {
    description: `Removes the pin of an artifact, which leaves it to the retention. Deletes nothing itself. ${RIGHT} ${ERRORS}, ARTIFACT_DELETED.`,
  })
  async unpinArtifact(
    @Arg('input', () => UnpinArtifactInput, { description: 'Input of `unpinArtifact`.' })
    input: InstanceType<typeof UnpinArtifactInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), artifact: await unpinArtifact(app, actor, input) };
  }

  @Mutation(() => DeleteArtifactPayload, {
    description: `Deletes the content of an artifact, forever. Its name, size and digest stay readable. Never deletes content that another artifact shares, nor one that is held (\`holds\`). Repeating it changes nothing. ${RIGHT} ${ERRORS}, ARTIFACT_HELD.`,
  })
  async deleteArtifact(
    @Arg('input', () => DeleteArtifactInput, { description: 'Input of `deleteArtifact`.' })
    input: InstanceType<typeof DeleteArtifactInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), artifact: await deleteArtifact(app, actor, input) };
  }

  @FieldResolver(() => String, {
    description:
      'Download URL. Without `SLIPWAY_PUBLIC_URL`, a path relative to the server’s address. Requires an API key, like this API; see `signedLink` for a URL that needs none.',
  })
  downloadUrl(@Root() artifact: ArtifactRow, @Ctx() { app }: Context): string {
    return urlOf(app, `/artifacts/${artifact.id}`);
  }

  @FieldResolver(() => SignedLink, {
    description:
      'Link that works for anyone, without an API key, until it expires. It can’t be revoked. All servers that share a database accept it. Errors: INVALID_INPUT.',
  })
  async signedLink(
    @Root() artifact: ArtifactRow,
    @Arg('expiresInSeconds', () => Int, {
      nullable: true,
      description: `Time for which the link works, from 1 to 86,400 seconds. Defaults to ${DEFAULT_SECONDS}.`,
    })
    seconds: number | null,
    @Ctx() { app }: Context,
  ): Promise<SignedLink> {
    const valid = seconds ?? DEFAULT_SECONDS;
    if (valid < 1 || valid > MOST_SECONDS) {
      const message = `expiresInSeconds must be from 1 to ${MOST_SECONDS}; it is ${valid}.`;
      throw invalidInput([{ field: 'expiresInSeconds', value: valid, rule: 'RANGE', message }]);
    }
    const expiresAt = new Date(app.clock.now().getTime() + valid * 1000);
    return { url: urlOf(app, await signedPath(app, artifact.id, expiresAt)), expiresAt };
  }

  @Extensions({ listSize: 2 })
  @FieldResolver(() => [ArtifactHold], {
    description: 'Reasons why the artifact can’t be deleted now. Empty for a deleted artifact.',
  })
  async holds(@Root() { id }: ArtifactRow, @Ctx() { loaders }: Context): Promise<Hold[]> {
    return (await loaders.load(holdsOfArtifact, id)) ?? [];
  }

  @Extensions({ listSize: 2 })
  @FieldResolver(() => [AvailableAction], {
    description:
      'Changes that the caller can make now, by the rules that enforce them: `pin` or `unpin`, and `delete` with the reason why not.',
  })
  async availableActions(@Root() artifact: ArtifactRow, @Ctx() { actor, loaders }: Context) {
    const [execution, holds] = await Promise.all([
      loaders.load(executionById, artifact.executionId),
      loaders.load(holdsOfArtifact, artifact.id),
    ]);
    const subject = await subjectWith(loaders, 'Execution', found(execution));
    return availableArtifactActions(actor, artifact, holds ?? [], subject);
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Time from which the retention deletes the content because of its age, `SLIPWAY_ARTIFACT_RETENTION_DAYS` after the upload. What is held (`holds`) is kept longer; limits of number and size may delete it earlier. Null for a deleted artifact.',
  })
  expiresAt(@Root() artifact: ArtifactRow, @Ctx() { app }: Context): Date | null {
    return expiryOf(app, artifact);
  }

  @FieldResolver(() => WorkflowExecution, { description: 'Workflow execution that left the artifact.' })
  async execution(@Root() { executionId }: ArtifactRow, @Ctx() { loaders }: Context) {
    return found(await loaders.load(executionById, executionId));
  }

  @FieldResolver(() => TaskExecution, { description: 'Task whose job uploaded the artifact.' })
  async task(@Root() { taskExecutionId }: ArtifactRow, @Ctx() { loaders }: Context) {
    return found(await loaders.load(taskById, taskExecutionId));
  }
}

@Resolver(() => ArtifactPin)
export class ArtifactPinResolver {
  @FieldResolver(() => Date)
  at(@Root() { at }: { readonly at: string }): Date {
    return new Date(at);
  }
}

const urlOf = (app: App, path: string): string => `${app.config.SLIPWAY_PUBLIC_URL ?? ''}${path}`;

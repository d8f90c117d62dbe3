import { Field, Float, ID, ObjectType, registerEnumType } from 'type-graphql';
import { artifactHold, type DeletionReason, deletionReason } from '../../runs/artifacts/artifact';
import { field, optional } from '../../kernel/fields';
import { EventActor } from '../access/actor.types';
import { enumOf, inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { IdFilter, NumberFilter, TimeFilter } from '../graphql/filters.types';
import { NodeInterface } from '../graphql/node.types';
import { ConnectionType } from '../graphql/paging.types';

export enum ArtifactTypeEnum {
  FILE = 'FILE',
  LINK = 'LINK',
  FOLDER = 'FOLDER',
}
registerEnumType(ArtifactTypeEnum, {
  name: 'ArtifactType',
  description: 'Type of an artifact.',
  valuesConfig: {
    FILE: { description: 'File.' },
    LINK: { description: 'Symbolic link. Its content is its target, relative to the folder of the link.' },
    FOLDER: { description: 'Empty folder. Other folders are implied by the files in them.' },
  },
});
const DeletionReasonEnum = enumOf(deletionReason);
export const ArtifactHold = enumOf(artifactHold);

@ObjectType({ simpleResolvers: true, description: 'Pin of an artifact: keeps it, regardless of the retention.' })
export class ArtifactPin {
  @Field(() => Date, { description: 'Time of the pin.' })
  at!: Date;

  @Field(() => EventActor, { description: 'User or API key that pinned it.' })
  by!: EventActor;

  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  note!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Deletion of the content of an artifact.' })
export class ArtifactDeletion {
  @Field(() => EventActor, { description: 'User or API key that deleted it; `SYSTEM` for the retention.' })
  by!: EventActor;

  @Field(() => DeletionReasonEnum, { description: 'Reason.' })
  reason!: DeletionReason;
}

@ObjectType({ simpleResolvers: true, description: 'Link to an artifact that works without an API key.' })
export class SignedLink {
  @Field(() => String, { description: 'URL. Without `SLIPWAY_PUBLIC_URL`, a path relative to the server’s address.' })
  url!: string;

  @Field(() => Date, { description: 'Time at which the link stops working.' })
  expiresAt!: Date;
}

@ObjectType({
  implements: NodeInterface,
  simpleResolvers: true,
  description: 'File, link or empty folder that a job uploaded.',
})
export class Artifact {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Path in the working directory of the job.' })
  name!: string;

  @Field(() => ArtifactTypeEnum, { description: 'Type of the artifact.' })
  type!: string;

  @Field(() => String, { description: 'Permission bits in octal, such as `755` for an executable file.' })
  mode!: string;

  @Field(() => Float, { description: 'Size in bytes.' })
  size!: number;

  @Field(() => String, { description: 'SHA-256 of the content, in hex. Checked by the agent and by the server.' })
  sha256!: string;

  @Field(() => Date, { description: 'Time at which the file was stored.' })
  createdAt!: Date;

  @Field(() => ArtifactPin, { nullable: true, description: 'Pin. Null if the artifact is not pinned.' })
  pin!: object | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the content was deleted. Null while it can be downloaded.',
  })
  deletedAt!: Date | null;

  @Field(() => ArtifactDeletion, {
    nullable: true,
    description: 'User who deleted the content, and the reason. Null while it can be downloaded.',
  })
  deletion!: object | null;
}

export const ArtifactConnection = ConnectionType(Artifact);

const byId = (description: string) => optional(field.object(() => IdFilter, description));

export const ArtifactFilterInput = inputType(
  'ArtifactFilterInput',
  'Filter of artifacts. All given fields must match.',
  {
    artifact: byId('Filters by the ID of the artifact.'),
    application: byId('Filters by the ID of the application.'),
    pipeline: byId('Filters by the ID of the pipeline whose run left the artifact.'),
    workflow: byId('Filters by the ID of the workflow.'),
    execution: byId('Filters by the ID of a workflow execution, or of a run for all its workflows.'),
    job: byId('Filters by the ID of the job.'),
    name: {
      ...optional(
        field.text(
          'Glob on the whole name: `*` matches within one name, `**` any number of directories. Example: `**/*.tgz`.',
        ),
      ),
      guard: 'CHECKED',
    },
    sha256: byId('Filters by the SHA-256 of the content, in lowercase hex.'),
    size: optional(field.object(() => NumberFilter, 'Filters by the size in bytes.')),
    createdAt: optional(field.object(() => TimeFilter, 'Filters by the time at which the file was stored.')),
    pinned: optional(field.boolean('True: only pinned artifacts; false: only others.')),
    deleted: optional(field.boolean('True: only deleted artifacts; false: only those that can be downloaded.')),
  },
);

const artifactId = field.uuid('Artifact.');
export const PinArtifactInput = mutationInput('PinArtifactInput', 'Input of `pinArtifact`.', {
  artifactId,
  note: optional(field.text('Reason, up to 1,000 characters.')),
});
export const UnpinArtifactInput = mutationInput('UnpinArtifactInput', 'Input of `unpinArtifact`.', { artifactId });
export const DeleteArtifactInput = mutationInput('DeleteArtifactInput', 'Input of `deleteArtifact`.', { artifactId });

const changed = { artifact: field.object(() => Artifact, 'The artifact after the change.') };
export const PinArtifactPayload = mutationPayload('PinArtifactPayload', 'Result of `pinArtifact`.', changed);
export const UnpinArtifactPayload = mutationPayload('UnpinArtifactPayload', 'Result of `unpinArtifact`.', changed);
export const DeleteArtifactPayload = mutationPayload('DeleteArtifactPayload', 'Result of `deleteArtifact`.', changed);

import { field, orNull } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const ArtifactSource = objectType('ArtifactSource', 'Repository of the images of a service.', {
  id: field.key('ID.'),
  name: field.text('Name of the repository, such as `registry.example.org/web`.'),
  createdAt: orNull(field.time('Time of the first deployment of one of its images. Null below an artifact.')),
});

export const CollectedArtifact = objectType(
  'CollectedArtifact',
  'Image of a service. FirstGen calls it an artifact; `Artifact` is a file of a job.',
  {
    id: field.key('ID.'),
    buildNo: field.text('Tag or digest of the image. Empty if it has none.'),
    image: field.text('Complete image reference, as given at the start.'),
    collectedAt: orNull(field.time('Time of its first deployment. Null if it has not been deployed.')),
    artifactSource: field.object(() => ArtifactSource, 'Repository of the image.'),
  },
);
export const CollectedArtifactConnection = ConnectionType(CollectedArtifact, 'CollectedArtifact');

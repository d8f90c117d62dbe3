import type { Extension } from './extensionPart';
import { refuse } from './unsupported';

const REASON =
  'Slipway does not synchronize with Git. A CI job applies the repository’s documents with `slipway apply`.';

/** Synchronization of an application with a Git repository. */
export const gitSync: Extension = {
  text: /* GraphQL */ `
    extend type Application {
      "Always null: Slipway does not synchronize with Git."
      gitSyncConfig: GitSyncConfig
    }
    extend type Mutation {
      "Not supported: Slipway does not synchronize with Git. Errors: UNSUPPORTED."
      updateApplicationGitSyncConfig(
        "Input."
        input: UpdateApplicationGitSyncConfigInput!
      ): UpdateApplicationGitSyncConfigPayload
      "Not supported: Slipway does not synchronize with Git. Errors: UNSUPPORTED."
      removeApplicationGitSyncConfig(
        "Input."
        input: RemoveApplicationGitSyncConfigInput!
      ): RemoveApplicationGitSyncConfigPayload
    }
    "Synchronization of an application with a Git repository."
    type GitSyncConfig {
      "Branch."
      branch: String
      "Account at the Git server."
      gitConnector: GitConnector
      "Name of the repository."
      repositoryName: String
      "True if it is on."
      syncEnabled: Boolean
    }
    "Synchronization to set."
    input UpdateApplicationGitSyncConfigInput {
      "ID of the application."
      applicationId: String!
      "Branch."
      branch: String
      "Text that the payload repeats."
      clientMutationId: String
      "Account at the Git server."
      gitConnectorId: String
      "Name of the repository."
      repositoryName: String
      "True to switch it on."
      syncEnabled: Boolean
    }
    "Result of \`updateApplicationGitSyncConfig\`."
    type UpdateApplicationGitSyncConfigPayload { clientMutationId: String gitSyncConfig: GitSyncConfig }
    "Synchronization to remove."
    input RemoveApplicationGitSyncConfigInput {
      "ID of the application."
      applicationId: String!
      "Text that the payload repeats."
      clientMutationId: String
    }
    "Result of \`removeApplicationGitSyncConfig\`."
    type RemoveApplicationGitSyncConfigPayload { application: Application clientMutationId: String }
  `,
  resolvers: {
    Application: { gitSyncConfig: () => null },
    Mutation: {
      updateApplicationGitSyncConfig: refuse('updateApplicationGitSyncConfig', REASON),
      removeApplicationGitSyncConfig: refuse('removeApplicationGitSyncConfig', REASON),
    },
  },
};

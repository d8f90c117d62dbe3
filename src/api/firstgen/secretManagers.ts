import type { Extension } from './extensionPart';
import { emptyPage } from './pages';

/** Stores of secrets outside FirstGen. Slipway encrypts secrets in its own database. */
export const secretManagers: Extension = {
  text: /* GraphQL */ `
    extend type Query {
      "Always null: Slipway keeps secrets in its own database."
      secretManager("ID of the manager." secretManagerId: String!): SecretManager
      "Always null: Slipway keeps secrets in its own database."
      secretManagerByName("Name of the manager." name: String!): SecretManager
      "Always empty: Slipway keeps secrets in its own database."
      secretManagers(
        "Filters that must all match."
        filters: [SecretManagerFilter]
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): SecretManagerConnection
    }
    extend type EncryptedFile {
      "Always null: Slipway keeps secrets in its own database."
      secretManagerId: String
    }
    "Store of secrets. Slipway has none besides its database."
    type SecretManager {
      "Unique ID."
      id: String
      "Name."
      name: String
      "Applications that may use it."
      usageScope: UsageScope
    }
    "Page of a list of secret managers."
    type SecretManagerConnection {
      "Nodes of this page."
      nodes: [SecretManager]
      "Position of this page in the list."
      pageInfo: PageInfo
    }
    "Filter of secret managers."
    input SecretManagerFilter {
      "By ID."
      secretManager: IdFilter
    }
  `,
  resolvers: {
    EncryptedFile: { secretManagerId: () => null },
    Query: { secretManager: () => null, secretManagerByName: () => null, secretManagers: emptyPage },
  },
};

import { absentQueries } from './absentResource';
import type { Extension } from './extensionPart';

const absent = absentQueries({
  ...{ type: 'SecretManager', one: 'secret manager', short: 'manager', plural: 'secret managers', byName: true },
  absence: 'Slipway keeps secrets in its own database',
});

/** Stores of secrets outside FirstGen. Slipway encrypts secrets in its own database. */
export const secretManagers: Extension = {
  text: /* GraphQL */ `
    ${absent.text}
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
  `,
  resolvers: {
    EncryptedFile: { secretManagerId: () => null },
    ...absent.resolvers,
  },
};

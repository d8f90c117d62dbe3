import type { Extension } from './extensionPart';
import { emptyPage } from './pages';

/** LDAP and SAML, which Slipway does not speak: its server is configured with one OpenID Connect provider. */
export const ssoProviders: Extension = {
  text: /* GraphQL */ `
    extend type Query {
      "Always null: Slipway has no LDAP and no SAML."
      ssoProvider("ID of the provider." ssoProviderId: String!): SSOProvider
      "Always empty: Slipway has no LDAP and no SAML. The server’s configuration has its OpenID Connect provider."
      ssoProviders("Maximum number of nodes." limit: Int!, "Number of nodes to skip." offset: Int): SSOProviderConnection
    }
    "Single sign-on by LDAP or SAML. Slipway has none."
    type SSOProvider {
      "Unique ID."
      id: String
      "Name."
      name: String
      "Protocol."
      ssoType: SSOType
    }
    "Protocols of single sign-on."
    enum SSOType { LDAP SAML }
    "Page of a list of providers."
    type SSOProviderConnection {
      "Nodes of this page."
      nodes: [SSOProvider]
      "Position of this page in the list."
      pageInfo: PageInfo
    }
  `,
  resolvers: { Query: { ssoProvider: () => null, ssoProviders: emptyPage } },
};

import type { Extension } from './extensionPart';
import { emptyPage } from './pages';
import { refuse } from './unsupported';

const REASON =
  'Slipway has no connectors. Tasks check out sources and pull images with their own URLs, and secrets hold the credentials.';

const fields = /* GraphQL */ `
  "Time of creation."
  createdAt: DateTime
  "User who created it."
  createdBy: User
  "Description."
  description: String
  "Unique ID."
  id: String
  "Name."
  name: String
`;
const details = /* GraphQL */ `
  "Text that the payload repeats."
  clientMutationId: String
  "Type of the connector."
  connectorType: ConnectorType
  "Details."
  dockerConnector: Unsupported
  "Details."
  gitConnector: Unsupported
  "Details."
  helmConnector: Unsupported
  "Details."
  nexusConnector: Unsupported
`;
const others = [
  'AmazonS3HelmRepoConnector',
  'DockerConnector',
  'GCSHelmRepoConnector',
  'HttpHelmRepoConnector',
  'NexusConnector',
];

/** Accounts at repositories and tools, which FirstGen's delegates use. */
export const connectors: Extension = {
  text: /* GraphQL */ `
    extend type Query {
      "Always null: Slipway has no connectors."
      connector("ID of the connector." connectorId: String!): Connector
      "Always empty: Slipway has no connectors."
      connectors(
        "Filters that must all match."
        filters: [ConnectorFilter]
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): ConnectorConnection
    }
    extend type Mutation {
      "Not supported: Slipway has no connectors. Errors: UNSUPPORTED."
      createConnector("Input." input: CreateConnectorInput!): CreateConnectorPayload
      "Not supported: Slipway has no connectors. Errors: UNSUPPORTED."
      updateConnector("Input." input: UpdateConnectorInput!): UpdateConnectorPayload
      "Not supported: Slipway has no connectors. Errors: UNSUPPORTED."
      deleteConnector("Input." input: DeleteConnectorInput!): DeleteConnectorPayload
    }
    "Account at a repository or tool. Slipway has none."
    interface Connector { ${fields} }
    "Account at a Git server. Slipway has none."
    type GitConnector implements Connector {
      ${fields}
      "URL of the repository or the account."
      URL: String
      "Branch."
      branch: String
      "Author and message of commits."
      customCommitDetails: CustomCommitDetails
      "Delegates that use it."
      delegateSelectors: [String]
      "True if it has a webhook."
      generateWebhookUrl: Boolean
      "Secret with the password."
      passwordSecretId: String
      "Secret with the SSH key."
      sshSettingId: String
      "Kind of the URL."
      urlType: GitUrlType
      "Applications that may use it."
      usageScope: UsageScope
      "Name of the user."
      userName: String
      "URL of its webhook."
      webhookUrl: String
    }
    ${others.map((name) => `"Account at a repository. Slipway has none." type ${name} implements Connector { ${fields} }`).join('\n')}
    "Author and message of commits."
    type CustomCommitDetails { authorEmailId: String authorName: String commitMessage: String }
    "Kinds of URLs of Git servers."
    enum GitUrlType { ACCOUNT REPO }
    "Types of connectors."
    enum ConnectorType {
      AMAZON_S3 AMAZON_S3_HELM_REPO APM_VERIFICATION APP_DYNAMICS ARTIFACTORY BAMBOO BUG_SNAG DATA_DOG DOCKER DYNA_TRACE ECR ELB
      ELK GCR GCS GCS_HELM_REPO GIT HTTP_HELM_REPO JENKINS JIRA LOGZ NEW_RELIC NEXUS PROMETHEUS SERVICENOW SFTP SLACK SMB SMTP
      SPLUNK SUMO
    }
    "Page of a list of connectors."
    type ConnectorConnection {
      "Nodes of this page."
      nodes: [Connector]
      "Position of this page in the list."
      pageInfo: PageInfo
    }
    "Filter of connectors."
    input ConnectorFilter {
      "By ID."
      connector: IdFilter
      "By type."
      connectorType: ConnectorTypeFilter
    }
    "Filter by the type of a connector."
    input ConnectorTypeFilter {
      "Comparison."
      operator: EnumOperator
      "Values to compare with."
      values: [ConnectorType]
    }
    "Connector to create."
    input CreateConnectorInput { ${details} }
    "Connector to change."
    input UpdateConnectorInput {
      "ID of the connector."
      connectorId: String!
      ${details}
    }
    "Connector to delete."
    input DeleteConnectorInput {
      "ID of the connector."
      connectorId: String!
      "Text that the payload repeats."
      clientMutationId: String
    }
    "Result of \`createConnector\`."
    type CreateConnectorPayload { clientMutationId: String connector: Connector }
    "Result of \`updateConnector\`."
    type UpdateConnectorPayload { clientMutationId: String connector: Connector }
    "Result of \`deleteConnector\`."
    type DeleteConnectorPayload { clientMutationId: String }
  `,
  resolvers: {
    Query: { connector: () => null, connectors: emptyPage },
    Mutation: {
      createConnector: refuse('createConnector', REASON),
      updateConnector: refuse('updateConnector', `Connector does not exist. ${REASON}`),
      deleteConnector: refuse('deleteConnector', `Connector does not exist. ${REASON}`),
    },
  },
};

import { absentResource } from './absentResource';
import type { Extension } from './extensionPart';

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

const absent = absentResource({
  ...{ type: 'Connector', one: 'connector', short: 'connector', plural: 'connectors', byName: false },
  ...{ absence: 'Slipway has no connectors', missing: 'Connector does not exist', reason: REASON, details },
});

/** Accounts at repositories and tools, which FirstGen's delegates use. */
export const connectors: Extension = {
  text: /* GraphQL */ `
    ${absent.text}
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
  `,
  resolvers: absent.resolvers,
};

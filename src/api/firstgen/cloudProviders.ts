import type { Extension } from './extensionPart';
import { emptyPage } from './pages';
import { refuse } from './unsupported';

const REASON =
  'Slipway has no cloud providers. Jobs run on agents, which have their own credentials or get secrets as environment variables.';

const fields = /* GraphQL */ `
  "Time of creation."
  createdAt: DateTime
  "User who created it."
  createdBy: User
  "Description."
  description: String
  "Unique ID."
  id: String
  "Always false."
  isContinuousEfficiencyEnabled: Boolean
  "Name."
  name: String
  "Type of the provider."
  type: String
`;
const health = /* GraphQL */ `
  "Health of the cost collection."
  ceHealthStatus: CEHealthStatus
`;
const types: Readonly<Record<string, string>> = {
  AwsCloudProvider: health,
  AzureCloudProvider: '',
  GcpCloudProvider: '"Delegates that use it." delegateSelectors: [String]',
  KubernetesCloudProvider: `${health} "True if events of the cluster are not collected." skipK8sEventCollection: Boolean`,
  PcfCloudProvider: '',
  PhysicalDataCenterCloudProvider: '',
  SpotInstCloudProvider: '',
};
const details = /* GraphQL */ `
  "Type of the provider."
  cloudProviderType: CloudProviderType
  "Text that the payload repeats."
  clientMutationId: String
  "Details."
  awsCloudProvider: Unsupported
  "Details."
  azureCloudProvider: Unsupported
  "Details."
  gcpCloudProvider: Unsupported
  "Details."
  k8sCloudProvider: Unsupported
  "Details."
  pcfCloudProvider: Unsupported
  "Details."
  physicalDataCenterCloudProvider: Unsupported
  "Details."
  spotInstCloudProvider: Unsupported
`;

/** Accounts at clouds, which FirstGen's delegates use. */
export const cloudProviders: Extension = {
  text: /* GraphQL */ `
    extend type Query {
      "Always null: Slipway has no cloud providers."
      cloudProvider("ID of the provider." cloudProviderId: String!): CloudProvider
      "Always null: Slipway has no cloud providers."
      cloudProviderByName("Name of the provider." name: String!): CloudProvider
      "Always empty: Slipway has no cloud providers."
      cloudProviders(
        "Filters that must all match."
        filters: [CloudProviderFilter]
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): CloudProviderConnection
    }
    extend type Mutation {
      "Not supported: Slipway has no cloud providers. Errors: UNSUPPORTED."
      createCloudProvider("Input." input: CreateCloudProviderInput!): CreateCloudProviderPayload
      "Not supported: Slipway has no cloud providers. Errors: UNSUPPORTED."
      updateCloudProvider("Input." input: UpdateCloudProviderInput!): UpdateCloudProviderPayload
      "Not supported: Slipway has no cloud providers. Errors: UNSUPPORTED."
      deleteCloudProvider("Input." input: DeleteCloudProviderInput!): DeleteCloudProviderPayload
    }
    "Account at a cloud. Slipway has none."
    interface CloudProvider { ${fields} }
    ${Object.entries(types)
      .map(
        ([name, own]) =>
          `"Account at a cloud. Slipway has none." type ${name} implements CloudProvider { ${fields} ${own} }`,
      )
      .join('\n')}
    "Page of a list of cloud providers."
    type CloudProviderConnection {
      "Nodes of this page."
      nodes: [CloudProvider]
      "Position of this page in the list."
      pageInfo: PageInfo
    }
    "Filter of cloud providers."
    input CloudProviderFilter {
      "By ID."
      cloudProvider: IdFilter
      "By type."
      cloudProviderType: CloudProviderTypeFilter
    }
    "Filter by the type of a cloud provider."
    input CloudProviderTypeFilter {
      "Comparison."
      operator: EnumOperator
      "Values to compare with."
      values: [CloudProviderType]
    }
    "Types of cloud providers."
    enum CloudProviderType { AWS AZURE GCP KUBERNETES_CLUSTER PCF PHYSICAL_DATA_CENTER SPOT_INST }
    "Health of the cost collection."
    type CEHealthStatus {
      "Health of each cluster."
      clusterHealthStatusList: [CEClusterHealth]
      "True if costs are collected."
      isCEConnector: Boolean
      "True if all is well."
      isHealthy: Boolean
      "Messages."
      messages: [String]
    }
    "Health of a cluster."
    type CEClusterHealth {
      "ID of the cluster."
      clusterId: String
      "Name of the cluster."
      clusterName: String
      "Errors."
      errors: [String]
      "Time of the last event."
      lastEventTimestamp: Float
      "Messages."
      messages: [String]
    }
    "Cloud provider to create."
    input CreateCloudProviderInput { ${details} }
    "Cloud provider to change."
    input UpdateCloudProviderInput {
      "ID of the provider."
      cloudProviderId: String!
      ${details}
    }
    "Cloud provider to delete."
    input DeleteCloudProviderInput {
      "ID of the provider."
      cloudProviderId: String!
      "Text that the payload repeats."
      clientMutationId: String
    }
    "Result of \`createCloudProvider\`."
    type CreateCloudProviderPayload { clientMutationId: String cloudProvider: CloudProvider }
    "Result of \`updateCloudProvider\`."
    type UpdateCloudProviderPayload { clientMutationId: String cloudProvider: CloudProvider }
    "Result of \`deleteCloudProvider\`."
    type DeleteCloudProviderPayload { clientMutationId: String }
  `,
  resolvers: {
    Query: { cloudProvider: () => null, cloudProviderByName: () => null, cloudProviders: emptyPage },
    Mutation: {
      createCloudProvider: refuse('createCloudProvider', REASON),
      updateCloudProvider: refuse('updateCloudProvider', `Provider does not exist. ${REASON}`),
      deleteCloudProvider: refuse('deleteCloudProvider', `Provider does not exist. ${REASON}`),
    },
  },
};

import { absentResource } from './absentResource';
import type { Extension } from './extensionPart';

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

const absent = absentResource({
  ...{ type: 'CloudProvider', one: 'cloud provider', short: 'provider', plural: 'cloud providers', byName: true },
  ...{ absence: 'Slipway has no cloud providers', missing: 'Provider does not exist', reason: REASON, details },
});

/** Accounts at clouds, which FirstGen's delegates use. */
export const cloudProviders: Extension = {
  text: /* GraphQL */ `
    ${absent.text}
    "Account at a cloud. Slipway has none."
    interface CloudProvider { ${fields} }
    ${Object.entries(types)
      .map(
        ([name, own]) =>
          `"Account at a cloud. Slipway has none." type ${name} implements CloudProvider { ${fields} ${own} }`,
      )
      .join('\n')}
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
  `,
  resolvers: absent.resolvers,
};

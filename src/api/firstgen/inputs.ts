import type { Extension } from './extensionPart';

/** Inputs that FirstGen's clients send, and what they read of permissions. `adaptations.ts` reads what has an effect. */
export const inputs: Extension = {
  text: /* GraphQL */ `
    extend input CreateApplicationInput {
      "Has no effect: a webhook needs the signature of its provider, or its secret address."
      areWebhookSecretsMandated: Boolean
      "Has no effect: a webhook needs the signature of its provider, or its secret address."
      isManualTriggerAuthorized: Boolean
    }
    extend input UpdateApplicationInput {
      "Has no effect: a webhook needs the signature of its provider, or its secret address."
      isManualTriggerAuthorized: Boolean
    }
    extend type Application {
      "Always true, for clients of FirstGen: each trigger decides what proof its webhook needs."
      isManualTriggerAuthorized: Boolean
    }
    extend input CreateUserGroupInput {
      "Addresses for notifications. Only empty ones: event subscriptions send messages."
      notificationSettings: NotificationSettingsInput
      "Not supported: groups of the identity provider have the names that are in its tokens."
      ssoSetting: Unsupported
    }
    extend input UpdateUserGroupInput {
      "Addresses for notifications. Only empty ones: event subscriptions send messages."
      notificationSettings: NotificationSettingsInput
      "Not supported: groups of the identity provider have the names that are in its tokens."
      ssoSetting: Unsupported
    }
    "Addresses of a user group. Anything that would send a message is refused with UNSUPPORTED."
    input NotificationSettingsInput {
      "Not supported, unless empty."
      groupEmailAddresses: [String]
      "Not supported, unless empty."
      microsoftTeamsWebhookUrl: String
      "Not supported, unless empty."
      pagerDutyIntegrationKey: String
      "Not supported if true."
      sendMailToNewMembers: Boolean
      "Not supported if true."
      sendNotificationToMembers: Boolean
      "Not supported, unless empty."
      slackNotificationSetting: SlackNotificationSettingInput
    }
    "Slack channel of a user group."
    input SlackNotificationSettingInput {
      "Not supported, unless empty."
      slackChannelName: String
      "Not supported, unless empty."
      slackWebhookURL: String
    }
    extend input ExportExecutionsInput {
      "Has no effect: poll the status link."
      userGroupIds: [String!]
      "Has no effect: poll the status link."
      notifyOnlyTriggeringUser: Boolean
    }
    extend input StartExecutionInput {
      "Has no effect: \`on_timeout\` of a stage’s runtime inputs says if it continues with their defaults."
      continueWithDefaultValues: Boolean
      "Not supported if true: commands choose their hosts."
      targetToSpecificHosts: Boolean
      "Not supported: commands choose their hosts."
      specificHosts: [String]
      "Has no effect: Slipway does not look into hosts."
      excludeHostsWithSameArtifact: Boolean
    }
    extend input ServiceInput {
      "Artifact of the service."
      artifactValueInput: ArtifactValueInput
      "Not supported."
      manifestValueInput: Unsupported
    }
    "Artifact of a service: one of the fields."
    input ArtifactValueInput {
      "Artifact by its ID."
      artifactId: ArtifactIdInput
      "Artifact by its source and build."
      buildNumber: BuildNumberInput
      "Artifact by its source and build. Parameters of a source are not supported."
      parameterizedArtifactSource: ParameterizedArtifactSourceInput
      "Field that is given."
      valueType: ArtifactInputType
    }
    "Artifact by its ID."
    input ArtifactIdInput {
      "ID of the artifact."
      artifactId: String!
    }
    "Artifact by its source and build."
    input BuildNumberInput {
      "Artifact source: the repository of an image."
      artifactSourceName: String!
      "Build: the tag of an image."
      buildNumber: String!
    }
    "Artifact by its source and build."
    input ParameterizedArtifactSourceInput {
      "Artifact source: the repository of an image."
      artifactSourceName: String!
      "Build: the tag of an image."
      buildNumber: String!
      "Not supported."
      parameterValueInputs: [Unsupported]
    }
    "Form of an artifact."
    enum ArtifactInputType {
      "By its ID."
      ARTIFACT_ID
      "By its source and build."
      BUILD_NUMBER
      "By its source, with parameters, and build."
      PARAMETERIZED_ARTIFACT_SOURCE
    }
    "Details of a resource that Slipway does not have. Anything is accepted, and nothing of it is read or stored."
    scalar Unsupported

    extend enum ExecuteOptions {
      "Never: Slipway’s console uses the API."
      WEB_UI
    }
    extend type ApplicationPermission {
      "Always null: Slipway has no provisioners."
      provisioners: ProvisionerPermissionFilter
      "All services, for a permission of the type SERVICE."
      services: ServicePermissionFilter
      "Always null: Slipway has no permissions of templates."
      templates: TemplatePermissionFilter
    }
    extend input ApplicationPermissionInput {
      "Not supported."
      provisioners: Unsupported
      "All services. IDs of services are not supported."
      services: ServicePermissionFilterInput
      "Not supported."
      templates: Unsupported
    }
    "Provisioners that a permission applies to."
    type ProvisionerPermissionFilter {
      "ALL for all."
      filterType: FilterType
      "IDs of provisioners."
      provisionerIds: [String]
    }
    "Services that a permission applies to."
    type ServicePermissionFilter {
      "ALL for all."
      filterType: FilterType
      "IDs of services."
      serviceIds: [String]
    }
    "Services that a permission applies to."
    input ServicePermissionFilterInput {
      "ALL for all."
      filterType: FilterType
      "Not supported: a permission applies to all services of its applications."
      serviceIds: [String]
    }
    "Templates that a permission applies to."
    type TemplatePermissionFilter {
      "ALL for all."
      filterType: FilterType
      "IDs of templates."
      templateIds: [String]
    }
    "Applications and environments that may use a resource."
    type UsageScope {
      "Applications, each with its environments."
      appEnvScopes: [AppEnvScope]
    }
    "Applications with their environments."
    type AppEnvScope {
      "Applications."
      application: AppScopeFilter
      "Environments."
      environment: EnvScopeFilter
    }
    "Applications of a scope."
    type AppScopeFilter {
      "ID of an application."
      appId: String
      "ALL for all."
      filterType: FilterType
    }
    "Environments of a scope."
    type EnvScopeFilter {
      "ID of an environment."
      envId: String
      "Type of the environments."
      filterType: EnvFilterType
    }
  `,
  resolvers: {
    Application: { isManualTriggerAuthorized: () => true },
    ApplicationPermission: {
      provisioners: () => null,
      services: (permission) => {
        const { permissionType } = permission as { readonly permissionType: string };
        return permissionType === 'SERVICE' ? { filterType: 'ALL' } : null;
      },
      templates: () => null,
    },
  },
};

import { createUnionType } from 'type-graphql';
import {
  inlineKeyInput,
  scopeFields,
  secretType,
  serverPasswordInput,
  sshAuthenticationFields,
  sshFields,
  sshMethodFields,
  textInput,
  winRmInput,
  winRmScheme,
} from '../../catalog/secrets/credentials';
import type { SecretEntry } from '../../catalog/secrets/secrets';
import { scopeOf } from '../../catalog/secrets/usageScope';
import { field, graphqlField, listOf, optional, orNull } from '../../kernel/fields';
import { inputType, interfaceType, mutationInput, mutationPayload, objectType } from '../graphql/described.types';

/** Secrets with their kinds, as FirstGen’s clients read and write them. */

const applicationFilter = {
  name: 'ApplicationFilterType',
  description: 'Applications of a usage scope.',
  values: { ALL: 'All applications. Refused: a secret belongs to one application.' },
} as const;
const environmentFilter = {
  name: 'EnvironmentFilterType',
  description: 'Environments of a usage scope.',
  values: {
    NON_PRODUCTION_ENVIRONMENTS: 'Refused: give one environment, or none.',
    PRODUCTION_ENVIRONMENTS: 'Refused: give one environment, or none.',
  },
} as const;

const filterOfApplication = orNull(field.oneOf(applicationFilter, 'Always null: `appId` is given.'));
const filterOfEnvironment = orNull(field.oneOf(environmentFilter, 'Always null.'));
const AppScopeFilter = objectType('AppScopeFilter', 'Application of a usage scope.', {
  appId: scopeFields.appId,
  filterType: filterOfApplication,
});
const EnvScopeFilter = objectType('EnvScopeFilter', 'Environment of a usage scope.', {
  envId: scopeFields.envId,
  filterType: filterOfEnvironment,
});
const AppEnvScope = objectType('AppEnvScope', 'Application or environment that a secret belongs to.', {
  application: field.object(() => AppScopeFilter, 'Application.'),
  environment: field.object(() => EnvScopeFilter, 'Environment.'),
});
const UsageScope = objectType(
  'UsageScope',
  'Application or environment that a secret belongs to, in the form that FirstGen uses.',
  {
    appEnvScopes: listOf(field.object(() => AppEnvScope, 'The application or environment, as a list with one entry.')),
  },
);

const AppScopeFilterInput = inputType('AppScopeFilterInput', 'Application of a usage scope.', {
  appId: optional(field.key('ID of the application.')),
  filterType: optional(field.oneOf(applicationFilter, 'Give `appId` instead.')),
});
const EnvScopeFilterInput = inputType('EnvScopeFilterInput', 'Environment of a usage scope.', {
  envId: optional(field.key('ID of the environment. Null for a secret of the application.')),
  filterType: optional(field.oneOf(environmentFilter, 'Give `envId`, or no environment.')),
});
const AppEnvScopeInput = inputType('AppEnvScopeInput', 'Application or environment that a secret belongs to.', {
  application: optional(field.object(() => AppScopeFilterInput, 'Application.')),
  environment: optional(field.object(() => EnvScopeFilterInput, 'Environment.')),
});
const UsageScopeInput = inputType('UsageScopeInput', 'Application or environment that a secret belongs to.', {
  appEnvScopes: optional(listOf(field.object(() => AppEnvScopeInput, 'Exactly one application or environment.'))),
});
const scopeInput = optional(
  field.object(() => UsageScopeInput, 'Its application or environment. Required for a new secret.'),
);

const common = {
  id: field.id('ID, kept when the secret changes.'),
  name: field.text('Name of the environment variable that commands see.'),
  secretType: field.oneOf(secretType, 'Kind of the secret.'),
  usageScope: field.object(() => UsageScope, 'Application or environment that it belongs to.'),
};
export const SecretDetails = interfaceType(
  'SecretDetails',
  'Secret of any kind, without its value, which nobody can read.',
  common,
  { fallback: 'EncryptedText' },
);
const shared = { interfaces: [SecretDetails] };
const EncryptedText = objectType(
  'EncryptedText',
  'Encrypted text.',
  {
    ...common,
    inheritScopesFromSM: field.boolean('Always false.'),
    scopedToAccount: field.boolean('Always false.'),
    secretManagerId: orNull(field.key('Always null: Slipway keeps the values of secrets itself.')),
  },
  shared,
);
const EncryptedFile = objectType(
  'EncryptedFile',
  'Never produced. Kept for clients of FirstGen.',
  { ...common, inheritScopesFromSM: field.boolean('Always false.'), scopedToAccount: field.boolean('Always false.') },
  shared,
);
const SSHAuthentication = objectType('SSHAuthentication', 'User and port of an SSH credential.', {
  port: field.integer('Port.'),
  userName: field.text('Name of the user.'),
});
const KerberosAuthentication = objectType('KerberosAuthentication', 'Never produced. Kept for clients of FirstGen.', {
  port: field.integer('Port.'),
  principal: field.text('Principal.'),
  realm: field.text('Realm.'),
});
const SSHAuthenticationType = createUnionType({
  name: 'SSHAuthenticationType',
  description: 'Authentication of an SSH credential.',
  types: () => [SSHAuthentication, KerberosAuthentication] as const,
});
const SSHCredential = objectType(
  'SSHCredential',
  'Credential for SSH.',
  { ...common, authenticationType: graphqlField<object>(() => SSHAuthenticationType, 'Its user and port.') },
  shared,
);
const WinRMCredential = objectType(
  'WinRMCredential',
  'Credential for WinRM.',
  {
    ...common,
    authenticationScheme: field.oneOf(winRmScheme, 'Scheme.'),
    domain: orNull(field.text('Domain of the user. Null if there is none.')),
    port: field.integer('Port.'),
    skipCertCheck: field.boolean('True if any certificate is accepted.'),
    useSSL: field.boolean('True if the connection uses TLS.'),
    userName: field.text('Name of the user.'),
  },
  shared,
);

type Kind = typeof EncryptedText | typeof EncryptedFile | typeof SSHCredential | typeof WinRMCredential;
type Shown = InstanceType<Kind> & { readonly __typename: string };

/** A row as the type of its kind. */
export function shownSecret(secret: SecretEntry): Shown {
  const { id, name, secretType: type, details } = secret;
  const usageScope = scopeOf(secret);
  const own = { id, name, secretType: type, usageScope };
  const port = Number(details?.PORT ?? 0);
  const userName = details?.USER ?? '';
  if (type === 'SSH_CREDENTIAL') {
    return {
      ...{ ...own, __typename: 'SSHCredential' },
      authenticationType: { __typename: 'SSHAuthentication', port, userName },
    };
  }
  if (type === 'WINRM_CREDENTIAL') {
    return {
      ...{ ...own, __typename: 'WinRMCredential', authenticationScheme: 'NTLM' as const, port, userName },
      domain: details?.DOMAIN || null,
      skipCertCheck: details?.SKIP_CERT_CHECK === 'true',
      useSSL: details?.USE_SSL === 'true',
    };
  }
  const ours = { inheritScopesFromSM: false, scopedToAccount: false, secretManagerId: null };
  return { ...own, ...ours, __typename: 'EncryptedText' };
}

const EncryptedTextInput = inputType('EncryptedTextInput', 'Encrypted text.', {
  ...textInput,
  usageScope: scopeInput,
});
const InlineSSHKeyInput = inputType('InlineSSHKeyInput', 'Private key of an SSH credential.', inlineKeyInput);
const SSHPasswordInput = inputType('SSHPasswordInput', 'Password of an SSH credential.', serverPasswordInput);
const SSHAuthenticationMethodInput = inputType('SSHAuthenticationMethodInput', 'Key or password.', {
  ...sshMethodFields,
  inlineSSHKey: optional(field.object(() => InlineSSHKeyInput, 'Private key.')),
  serverPassword: optional(field.object(() => SSHPasswordInput, 'Password.')),
});
const SSHAuthenticationInput = inputType('SSHAuthenticationInput', 'User, port, and key or password.', {
  ...sshAuthenticationFields,
  sshAuthenticationMethod: optional(field.object(() => SSHAuthenticationMethodInput, 'Key or password.')),
});
const SSHCredentialInput = inputType('SSHCredentialInput', 'Credential for SSH.', {
  ...sshFields,
  sshAuthentication: optional(field.object(() => SSHAuthenticationInput, 'User, port, and key or password.')),
  usageScope: scopeInput,
});
const WinRMCredentialInput = inputType('WinRMCredentialInput', 'Credential for WinRM.', {
  ...winRmInput,
  usageScope: scopeInput,
});

const inputs = {
  secretType: field.oneOf(secretType, 'Kind of the secret. Give the input of this kind, and no other.'),
  encryptedText: optional(field.object(() => EncryptedTextInput, 'For ENCRYPTED_TEXT.')),
  sshCredential: optional(field.object(() => SSHCredentialInput, 'For SSH_CREDENTIAL.')),
  winRMCredential: optional(field.object(() => WinRMCredentialInput, 'For WINRM_CREDENTIAL.')),
};
export const CreateSecretInput = mutationInput('CreateSecretInput', 'New secret.', inputs);
export const UpdateSecretInput = mutationInput(
  'UpdateSecretInput',
  'Changes of a secret. Omitted fields keep their values.',
  { secretId: field.key('ID of the secret.'), ...inputs },
);
const secret = { secret: field.object(() => SecretDetails, 'Secret after the change, without its value.') };
export const CreateSecretPayload = mutationPayload('CreateSecretPayload', 'Result of `createSecret`.', secret);
export const UpdateSecretPayload = mutationPayload('UpdateSecretPayload', 'Result of `updateSecret`.', secret);

import { type EnumType, field, guarded, optional, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';

/** Kinds of secrets, and the parts of credentials. */

export const secretType = {
  name: 'SecretType',
  description: 'Kind of a secret.',
  values: {
    ENCRYPTED_TEXT: 'A text. Commands get it as the environment variable of its name.',
    ENCRYPTED_FILE: 'Never produced. Kept for clients of FirstGen: store the content as ENCRYPTED_TEXT.',
    SSH_CREDENTIAL:
      'User name and private key or password for SSH. For a credential NAME, commands get `NAME` (the key or password), `NAME_PASSPHRASE` if there is one, `NAME_USER` and `NAME_PORT`.',
    WINRM_CREDENTIAL:
      'User name and password for WinRM. For a credential NAME, commands get `NAME` (the password), `NAME_USER`, `NAME_DOMAIN`, `NAME_PORT`, `NAME_USE_SSL` and `NAME_SKIP_CERT_CHECK`.',
  },
} as const;
export const secretTypes = valuesOf(secretType);
export type SecretType = (typeof secretTypes)[number];

/** Parts of a credential that are not secret, as strings, by the suffix of the variable that commands get. */
export interface CredentialDetails {
  readonly USER: string;
  readonly PORT: string;
  readonly DOMAIN?: string;
  readonly USE_SSL?: string;
  readonly SKIP_CERT_CHECK?: string;
}

/** The encrypted value of a credential, as JSON. */
export interface CredentialValue {
  /** Private key or password. */
  readonly secret: string;
  readonly passphrase?: string;
}

export const parseCredential = (value: string): CredentialValue => JSON.parse(value) as CredentialValue;

/** Variables of a secret: hidden ones, and those that logs may show. */
export function variablesOf(
  { name, secretType: type, details }: { name: string; secretType: SecretType; details: CredentialDetails | null },
  value: string,
): { readonly hidden: Readonly<Record<string, string>>; readonly shown: Readonly<Record<string, string>> } {
  if (type === 'ENCRYPTED_TEXT' || details === null) return { hidden: { [name]: value }, shown: {} };
  const { secret, passphrase } = parseCredential(value);
  return {
    hidden: { [name]: secret, ...(passphrase !== undefined && { [`${name}_PASSPHRASE`]: passphrase }) },
    shown: Object.fromEntries(Object.entries(details).map(([part, one]) => [`${name}_${part}`, String(one)])),
  };
}

// Inputs

const secretId = (of: string) => optional(field.key(`ID of the secret with the ${of}. Its current value is copied.`));
const name = field.text;
const unsupported = (description: string) => optional(field.json(`${description} Refused if given.`));

export const sshCredentialType = {
  name: 'SSHCredentialType',
  description: 'How an SSH credential proves who its user is.',
  values: {
    PASSWORD: 'By `serverPassword`.',
    SSH_KEY: 'By `inlineSSHKey`.',
    SSH_KEY_FILE_PATH: 'Refused: keys are secrets, not files of agents.',
  },
} as const satisfies EnumType<string>;
export const sshScheme = {
  name: 'SSHAuthenticationScheme',
  description: 'Scheme of an SSH credential.',
  values: { SSH: 'A key or a password.', KERBEROS: 'Refused.' },
} as const satisfies EnumType<string>;
export const winRmScheme = {
  name: 'WinRMAuthenticationScheme',
  description: 'Scheme of a WinRM credential.',
  values: { NTLM: 'User name and password.' },
} as const satisfies EnumType<string>;

export const textInput = {
  name: optional(name('Name: letters, digits and underscores, not beginning with a digit. Required for a new secret.')),
  value: guarded(
    { maxLength: 16_384 },
    optional(field.text('Value, 1 to 16,384 bytes without NUL. Required for a new secret.')),
  ),
  secretReference: optional(field.text('Reference to a secret manager. Refused if given.')),
  secretManagerId: optional(field.key('Ignored: Slipway keeps the values of secrets itself.')),
  inheritScopesFromSM: optional(field.boolean('Ignored.')),
  scopedToAccount: optional(field.boolean('Refused if true: a secret belongs to an application or environment.')),
};
export type TextInput = ShapeOf<typeof textInput>;

export const inlineKeyInput = {
  sshKeySecretFileId: secretId('private key'),
  passphraseSecretId: secretId('passphrase of the key'),
};
export const serverPasswordInput = { passwordSecretId: secretId('password') };
export const sshMethodFields = {
  sshCredentialType: optional(field.oneOf(sshCredentialType, 'Method. Defaults to the one that is given.')),
  sshKeyFile: unsupported('Key file on a machine.'),
};
export const sshAuthenticationFields = {
  port: optional(field.integer('Port. Defaults to 22.')),
  userName: optional(field.text('Name of the user. Required for a new credential.')),
};
export const sshFields = {
  name: optional(name('Name, as of any secret. Required for a new credential.')),
  authenticationScheme: optional(field.oneOf(sshScheme, 'Scheme. Defaults to SSH.')),
  kerberosAuthentication: unsupported('Kerberos.'),
};
export const winRmInput = {
  name: optional(name('Name, as of any secret. Required for a new credential.')),
  authenticationScheme: optional(field.oneOf(winRmScheme, 'Scheme. Defaults to NTLM.')),
  domain: optional(field.text('Domain of the user.')),
  passwordSecretId: secretId('password'),
  port: optional(field.integer('Port. Defaults to 5986.')),
  skipCertCheck: optional(field.boolean('True to accept any certificate. Defaults to false.')),
  useSSL: optional(field.boolean('True to connect over TLS. Defaults to true.')),
  userName: optional(field.text('Name of the user. Required for a new credential.')),
  username: optional(field.text('The same as `userName`.')),
};
export type WinRmInput = ShapeOf<typeof winRmInput>;

export interface SshInput extends ShapeOf<typeof sshFields> {
  readonly sshAuthentication?:
    | (ShapeOf<typeof sshAuthenticationFields> & {
        readonly sshAuthenticationMethod?:
          | (ShapeOf<typeof sshMethodFields> & {
              readonly inlineSSHKey?: ShapeOf<typeof inlineKeyInput> | null | undefined;
              readonly serverPassword?: ShapeOf<typeof serverPasswordInput> | null | undefined;
            })
          | null
          | undefined;
      })
    | null
    | undefined;
}

export const scopeFields = {
  appId: orNull(field.key('ID of the application.')),
  envId: orNull(field.key('ID of the environment. Null for a secret of the application.')),
};

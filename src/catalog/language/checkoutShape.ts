import { hasPassword, isRef, protocolOf } from '../../contract/gitNames';
import {
  defined,
  flag,
  number,
  object,
  oneOf,
  optional,
  required,
  ruled,
  text,
  type ValueOf,
  withShort,
} from './shape';
import { variableName } from './values';

/** `checkout` of a task: a git repository in its working folder. */

/**
 * Values in braces are filled in when the job is described, and checked again by the agent. Credentials in a URL would
 * be visible to anyone who may see the definition, in logs, and in the list of processes.
 */
const url = ruled(text, {
  json: { pattern: '^[^-\\s]\\S*$', not: { pattern: '^[A-Za-z0-9+.-]*::|^[A-Za-z][A-Za-z0-9+.-]*://[^/@]*:[^/]*@' } },
  problem: (value) => {
    if (value.length > 2000 || protocolOf(value) === null)
      return ['BAD_CHECKOUT', `"${value.slice(0, 100)}" is not the URL of a repository.`];
    return hasPassword(value)
      ? ['BAD_CHECKOUT', 'A URL must not contain a password. Name a secret in "credentials".']
      : undefined;
  },
});

const ref = ruled(text, {
  json: { maxLength: 250, not: { pattern: '^[-+./]|[\\s~^:?*\\\\]' } },
  problem: (value) =>
    isRef(value) ? undefined : ['BAD_CHECKOUT', `"${value.slice(0, 100)}" is not a branch, tag or commit.`],
});

const path = ruled(text, {
  json: { not: { pattern: '^[/\\\\-]|(?:^|[/\\\\])\\.\\.(?:[/\\\\]|$)' } },
  problem: (value) =>
    /^[/\\-]|(?:^|[/\\])\.\.(?:[/\\]|$)|^[A-Za-z]:[/\\]|[\0\n]/.test(value)
      ? ['BAD_CHECKOUT', `"${value.slice(0, 100)}" is not a relative path within the working folder.`]
      : undefined,
});

const credentials = object({
  username: optional(
    ruled(text, {
      json: { maxLength: 200 },
      problem: (value) =>
        value.length > 200 || /\s/.test(value) ? ['BAD_VALUE', 'A user name must not contain spaces.'] : undefined,
    }),
    'git',
    'User name for HTTPS. Most hosts accept any name with a token.',
  ),
  password: optional(variableName, null, 'Name of the secret with the password or token for HTTPS.'),
  sshKey: optional(variableName, null, 'Name of the secret with the private key for SSH.'),
});

const submodules = withShort<boolean, 'none' | 'direct' | 'recursive'>(
  flag,
  oneOf(['none', 'direct', 'recursive']),
  (node) => node.type === 'scalar' && typeof node.value === 'boolean',
  { expand: (all) => (all ? 'direct' : 'none'), shrink: (all) => (all === 'direct' ? true : undefined) },
);

const fields = object({
  url: required(
    url,
    `URL of the repository: https:// or ssh://, or git@HOST:PATH. \${NAME} is the value of a variable.`,
  ),
  ref: optional(
    ref,
    null,
    `Branch, tag or full commit. \${NAME} is the value of a variable. Defaults to the default branch.`,
  ),
  path: optional(path, null, 'Folder for the files, within the working folder. Defaults to the working folder.'),
  submodules: optional(submodules, 'none', 'Submodules: none, direct (or true), or recursive.'),
  depth: optional(number('integer', 0, 1_000_000), 1, 'Number of commits to fetch; 0 for the whole history.'),
  credentials: optional(credentials, null, 'Secrets for a private repository: a password, or a key for SSH.'),
});
/** A git repository that the agent checks out before the command starts. */
export type CheckoutDefinition = Readonly<ValueOf<typeof fields>>;

export const checkout = defined(
  'Checkout',
  withShort<string, CheckoutDefinition>(url, fields, ({ type }) => type === 'scalar', {
    expand: (given) => ({ url: given, ref: null, path: null, submodules: 'none', depth: 1, credentials: null }),
    shrink: ({ url: given, ref: at, path: to, submodules: all, depth, credentials: own }) =>
      at === null && to === null && all === 'none' && depth === 1 && own === null ? given : undefined,
  }),
);

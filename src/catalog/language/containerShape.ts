import {
  defined,
  flag,
  list,
  mapOf,
  mapped,
  number,
  object,
  oneOf,
  optional,
  required,
  ruled,
  type Shape,
  type TextRule,
  text,
  type ValueOf,
  withShort,
} from './shape';
import { duration, settableValues, variableName } from './values';

/** Containers of tasks, and the services that run alongside them. */

export const pullPolicies = ['missing', 'always', 'never'] as const;
/** Value of `container` that runs a task on the agent although its workflow has a container. */
export const NO_CONTAINER = 'none';
const MAX_SERVICES = 10;

/** An argument that starts with a hyphen would be an option of the runtime. */
const word = (what: string, pattern: RegExp) =>
  ruled(text, {
    json: { pattern: pattern.source },
    problem: (value) => (pattern.test(value) ? undefined : ['BAD_VALUE', `"${value.slice(0, 100)}" is not ${what}.`]),
  });

export const image = word(
  'an image, such as node:22 or registry.example.com/team/app@sha256:…',
  /^[A-Za-z0-9$][^\s]{0,499}$/,
);
const option = word('an option, which begins with "--", such as --memory=512m', /^--[a-z][a-z0-9-]*(?:[= ].*)?$/);
const networkName = word('a network', /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/);
const user = word(
  'a user: NAME, ID, or either with a group after a colon',
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
);

const mountFields = object({
  source: required(
    word('a folder or file: an absolute path of the agent, or a path within the working folder', /^(?!-)[^:\0\n,]+$/),
    'Path on the agent: absolute, if its configuration allows the folder, or within the working folder of the job.',
  ),
  target: required(word('an absolute path', /^\/[^:\0\n,]*$/), 'Absolute path in the container.'),
  readOnly: optional(flag, false, 'True if the container can’t write to it.'),
});
export type Mount = Readonly<ValueOf<typeof mountFields>>;

const mount = defined(
  'Mount',
  withShort<string, Mount>(
    word('SOURCE:TARGET or SOURCE:TARGET:ro', /^(?!-)[^:\0\n,]+:\/[^:\0\n,]*(?::r[ow])?$/),
    mountFields,
    ({ type }) => type === 'scalar',
    {
      expand(given) {
        const [source = '', target = '', mode] = given.split(':');
        return { source, target, readOnly: mode === 'ro' };
      },
      shrink: ({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`,
    },
  ),
);

const credentials = defined(
  'RegistryCredentials',
  object({
    registry: optional(
      word('a registry, such as ghcr.io', /^[A-Za-z0-9][A-Za-z0-9.:-]{0,199}$/),
      null,
      'Host of the registry. Defaults to the one in the name of the image, or docker.io.',
    ),
    username: required(word('a user name', /^[^:\s]{1,200}$/), 'User name at the registry.'),
    password: required(variableName, 'Name of the secret with the password or token.'),
  }),
);

const shared = {
  image: required(image, `Image to run, with a tag or digest. \${NAME} is the value of a variable.`),
  pull: optional(
    oneOf(pullPolicies),
    'missing',
    'When the agent pulls the image: missing, if it does not have it; always; or never.',
  ),
  user: optional(
    user,
    null,
    'User that runs the command: a name or ID, optionally with ":GROUP". Defaults to that of the image.',
  ),
  env: optional(
    settableValues,
    {},
    `Environment variables. \${NAME} is the value of another variable or of a secret of the task.`,
  ),
  mounts: optional(
    list(mount),
    [],
    'Folders of the agent: SOURCE:TARGET, or SOURCE:TARGET:ro. The agent’s configuration decides which are allowed.',
  ),
  options: optional(
    list(option),
    [],
    'Options of the runtime, such as --memory=512m. The agent’s configuration decides which are allowed.',
  ),
  credentials: optional(credentials, null, 'Credentials of the registry.'),
} as const;

const containerFields = object({
  ...shared,
  network: optional(
    networkName,
    null,
    'Network: none, or one that the agent’s configuration allows. Defaults to the runtime’s own, and with services to a network of the job.',
  ),
});
/** Container that a command runs in. */
export type ContainerDefinition = Readonly<ValueOf<typeof containerFields>>;

const noContainer = {
  pull: 'missing',
  user: null,
  env: {},
  mounts: [],
  options: [],
  credentials: null,
  network: null,
} as const;
const fromImage = (named: string): ContainerDefinition => ({ ...noContainer, image: named });
const isPlain = ({ image: named, ...rest }: ContainerDefinition): boolean =>
  JSON.stringify(containerFields.encode({ image: named, ...rest })) === JSON.stringify({ image: named });

const long = withShort<string, ContainerDefinition>(image, containerFields, ({ type }) => type === 'scalar', {
  expand: fromImage,
  shrink: (given) => (isPlain(given) ? given.image : undefined),
});
export const container = defined('Container', long);

/** A task can also leave the container of its workflow. */
export const taskContainer: Shape<ContainerDefinition | typeof NO_CONTAINER> = {
  json: container.json,
  encode: (value) => (value === NO_CONTAINER ? value : long.encode(value)),
  decode(node, place) {
    return node.type === 'scalar' && node.value === NO_CONTAINER ? NO_CONTAINER : long.decode(node, place);
  },
};

const healthFields = object({
  cmd: required(
    ruled(text, {
      json: { pattern: '\\S' },
      problem: (value) => (value.trim() === '' ? ['BAD_VALUE', 'The command is empty.'] : undefined),
    }),
    'Command that runs in the container of the service, by sh. The service is healthy once it exits with 0.',
  ),
  intervalSeconds: optional(duration(0.1, 300, 'ms'), 2, 'Time between two tries.', { key: 'interval' }),
  timeoutSeconds: optional(duration(0.1, 300, 'ms'), 10, 'Time limit of a try.', { key: 'timeout' }),
  retries: optional(
    number('integer', 1, 1000),
    30,
    'Number of tries, after which the task fails with SERVICE_UNHEALTHY.',
  ),
});
const health = withShort<string, ValueOf<typeof healthFields>>(text, healthFields, ({ type }) => type === 'scalar', {
  expand: (cmd) => ({ cmd, intervalSeconds: 2, timeoutSeconds: 10, retries: 30 }),
  shrink: ({ cmd, intervalSeconds, timeoutSeconds, retries }) =>
    intervalSeconds === 2 && timeoutSeconds === 10 && retries === 30 ? cmd : undefined,
});

const serviceFields = object({
  ...shared,
  cmd: optional(list(text), [], 'Arguments of the image’s entry point. Defaults to those of the image.'),
  ports: optional(
    list(number('integer', 1, 65535)),
    [],
    'Ports of the service. A task without a container reaches them at 127.0.0.1, through SLIPWAY_SERVICE_NAME_PORT.',
  ),
  health: optional(
    health,
    null,
    'Check that the service must pass before the command starts: a command, or cmd, interval, timeout and retries.',
  ),
});
/** Container that runs alongside a command. */
export type ServiceContainer = Readonly<ValueOf<typeof serviceFields>>;

const serviceKey: TextRule = {
  json: { pattern: '^[a-z][a-z0-9-]{0,39}$' },
  problem: (key) =>
    /^[a-z][a-z0-9-]{0,39}$/.test(key)
      ? undefined
      : [
          'BAD_NAME',
          `"${key}" is not a valid name of a service: expected a host name of up to 40 lowercase letters, digits and hyphens.`,
        ],
};
export const serviceContainers = defined(
  'ServiceContainers',
  mapped(mapOf(serviceKey, defined('ServiceContainer', serviceFields)), (given, node, place) => {
    if (Object.keys(given).length > MAX_SERVICES)
      place.report('TOO_LARGE', place.path, `A task can have at most ${MAX_SERVICES} services.`, node.at);
    return given;
  }),
);

interface Contained {
  readonly container: ContainerDefinition | typeof NO_CONTAINER | null;
}

/** Container that a task runs in: its own, or that of its workflow. Null if it runs on the agent itself. */
export function containerOf(
  workflow: { readonly container: ContainerDefinition | null },
  task: Contained,
): ContainerDefinition | null {
  return task.container === NO_CONTAINER ? null : (task.container ?? workflow.container);
}

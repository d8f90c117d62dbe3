import { environmentName, prefixedName } from '../../kernel/naming';

/**
 * Values of `env` may be made of others: `${NAME}` stands for a variable or a secret that the task has, and `$${NAME}`
 * is that text. Only texts of a definition are read this way. Values of a start, of tasks and of environments are data.
 */
const reference = /\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

const MAX_VALUE_BYTES = 32_768;
const MAX_DEPTH = 100;

type Values = Readonly<Record<string, string>>;

/** Names that a value of `env` refers to. */
export const envReferences = (value: string): string[] =>
  value.includes('${')
    ? [...value.matchAll(reference)].flatMap(([, escaped, name]) => (escaped || !name ? [] : [name]))
    : [];

/** The same text, with references as text. */
export const escapeReferences = (value: string): string => value.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, '$$$&');

/**
 * What Slipway sets for every command, and for those of an execution with an environment, or with exactly one image.
 */
const always = ['EXECUTION_ID', 'RUN_ID', 'APPLICATION', 'WORKFLOW', 'TASK', 'SERVICES', 'JOB_ID', 'ATTEMPT'];
export function ownVariableNames({ environment, services }: { environment: boolean; services: boolean }): string[] {
  const names = [...always, ...(environment ? ['ENVIRONMENT', 'ENVIRONMENT_TYPE'] : [])];
  return [...names, ...(services ? ['SERVICE', 'IMAGE'] : [])].map((name) => `SLIPWAY_${name}`);
}

/** Where the variables of a command come from. Later ones win; the documentation of definitions promises this order. */
export interface EnvironmentSources {
  readonly environment: Values | undefined;
  readonly workflowEnv: Values;
  /** Of the start, of tasks, and of a matrix. */
  readonly given: Values;
  readonly taskEnv: Values;
  /** What Slipway sets. */
  readonly own: Values;
  readonly secrets: Values;
}

export interface ComposedEnvironment {
  readonly values: Readonly<Record<string, string>>;
  /** Values that a secret is part of. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Why a value can't be made. Those that can't are in neither of the two. */
  readonly problem: string | null;
}

/** The variables of a command, with all references filled in. */
export function composeEnvironment(sources: EnvironmentSources): ComposedEnvironment {
  const { environment, workflowEnv, taskEnv, own } = sources;
  const given = named(sources.given, taskEnv);
  const plain = { ...environment, ...workflowEnv, ...given, ...taskEnv, ...own };
  const written = { ...workflowEnv, ...blank(given), ...taskEnv, ...blank(own) };
  const composer = new Composer(plain, sources.secrets, (name) => written[name]?.includes('${') ?? false);
  const values: [string, string][] = [];
  const secrets: [string, string][] = [];
  for (const name of Object.keys(plain)) {
    const value = composer.valueOf(name, []);
    if (value !== undefined) (value.secret ? secrets : values).push([name, value.text]);
  }
  return { values: Object.fromEntries(values), secrets: Object.fromEntries(secrets), problem: composer.problem };
}

/** Variables by the names that commands have for them. One that `env` hides has a second name. */
const named = (variables: Values, env: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => {
      const own = [environmentName(name), value] as const;
      return Object.hasOwn(env, name) ? [own, [prefixedName(name), value] as const] : [own];
    }),
  );

/** The same names; their values have no references. */
const blank = (values: Values): Record<string, undefined> =>
  Object.fromEntries(Object.keys(values).map((name) => [name, undefined]));

interface Value {
  readonly text: string;
  readonly secret: boolean;
}

class Composer {
  problem: string | null = null;
  private readonly made = new Map<string, Value | undefined>();

  constructor(
    private readonly values: Values,
    private readonly secrets: Values,
    private readonly isComposed: (name: string) => boolean,
  ) {}

  /** `within` has the names whose values are being made. */
  valueOf(name: string, within: readonly string[]): Value | undefined {
    if (!Object.hasOwn(this.values, name)) {
      return Object.hasOwn(this.secrets, name) ? { text: this.secrets[name] ?? '', secret: true } : undefined;
    }
    const text = this.values[name] ?? '';
    if (!this.isComposed(name)) return { text, secret: false };
    if (!this.made.has(name)) this.made.set(name, this.compose(name, text, [...within, name]));
    return this.made.get(name);
  }

  private compose(name: string, text: string, within: readonly string[]): Value | undefined {
    const parts: string[] = [];
    let [at, bytes, secret] = [0, 0, false];
    const add = (part: string) => {
      parts.push(part);
      bytes += Buffer.byteLength(part);
    };
    for (const found of text.matchAll(reference)) {
      const [whole, escaped, other = ''] = found;
      add(text.slice(at, found.index));
      at = found.index + whole.length;
      if (escaped) {
        add(whole.slice(1));
        continue;
      }
      if (within.includes(other)) return this.fail(`the value of ${name} refers to itself through ${other}`);
      if (within.length > MAX_DEPTH) return this.fail(`the value of ${name} has more than ${MAX_DEPTH} levels`);
      const value = this.valueOf(other, within);
      if (value === undefined) return this.fail(`the value of ${name} needs ${other}, which has no value`);
      add(value.text);
      secret ||= value.secret;
      if (bytes > MAX_VALUE_BYTES) return this.fail(`the value of ${name} has more than ${MAX_VALUE_BYTES} bytes`);
    }
    add(text.slice(at));
    return { text: parts.join(''), secret };
  }

  /** The first problem is the cause of those that follow from it. */
  private fail(problem: string): undefined {
    this.problem ??= problem;
    return undefined;
  }
}

/** A circle among values of `env`, or a chain that is too long: the names on it. */
export function envCircle(env: Values): readonly string[] | undefined {
  const done = new Set<string>();
  const follow = (name: string, within: readonly string[]): readonly string[] | undefined => {
    if (within.includes(name) || within.length > MAX_DEPTH)
      return [...within.slice(Math.max(0, within.indexOf(name))), name];
    if (done.has(name)) return undefined;
    for (const other of envReferences(env[name] ?? '')) {
      const circle = Object.hasOwn(env, other) ? follow(other, [...within, name]) : undefined;
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(env)) {
    const circle = follow(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** All names that a value of `env` refers to, directly or through others. */
export function namesReached(env: Values, name: string): readonly string[] {
  const reached = new Set<string>();
  const open = [name];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const fresh = (Object.hasOwn(env, one) ? envReferences(env[one] ?? '') : []).filter((other) => !reached.has(other));
    for (const other of fresh) reached.add(other);
    open.push(...fresh);
  }
  return [...reached];
}

/** Names in `$NAME`, and with `braces` in `${NAME}`, which stay text. */
export function literalReferences(value: string, braces: boolean): string[] {
  const pattern = braces ? /(?<![$\\])\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g : /(?<![$\\])\$()([A-Za-z_]\w*)/g;
  return [...new Set([...value.matchAll(pattern)].map(([, one, other]) => one || other || ''))];
}

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseSync } from '@swc/core';

/**
 * The rules of src/README.md, held against the code as it is. Each test answers the list of places that break a rule, so a failure says
 * where to look. Exceptions stand here with their reason, or not at all.
 */

const programs = ['agent', 'cli', 'demo'];
const transports = ['database', 'graphql'];

/**
 * Rooms, each after those it may ask. What many need stands first; whoever puts things together stands last.
 *
 * definitions before the four kinds of things that it describes: their commands write revisions and look for references with it, while
 * it needs nothing of theirs but tables, stores and words. approvals, jobs and artifacts before executions, which moves all three;
 * agents last: it brings to executions and jobs what machines say.
 */
const rooms = [
  'access',
  'audit',
  'applications',
  'definitions',
  'environments',
  'services',
  'workflows',
  'pipelines',
  'approvals',
  'jobs',
  'artifacts',
  'executions',
  'triggers',
  'agents',
];

/** What belongs to no room and may be used by all of them. */
const words = ['batch', 'clock', 'config', 'ids', 'log', 'refusal'].map((name) => `src/${name}.ts`);
/** Where everything comes together. Only what starts the server looks at these, and they at each other. */
const assembly = [
  'src/createApp.ts',
  'src/main.ts',
  'src/server.ts',
  'src/database/dataSource.ts',
  'src/database/migrate.ts',
  'src/database/tables.ts',
  'src/graphql/resolvers.ts',
];

/** SQL outside of stores, queries, loaders and the transport. */
const mayHoldSql: Readonly<Record<string, string>> = {
  'src/server.ts': 'asks for nothing but an answer (/readyz)',
  'src/definitions/revisionCache.ts': 'a cache and the one statement that fills it, for any table of revisions',
  'src/jobs/requirementClasses.ts': 'a cache and the one statement that fills it',
};

/** The time of the machine, where the clock that is passed in would be wrong. */
const mayAskTheTime: Readonly<Record<string, string>> = {
  'src/clock.ts': 'is the clock',
  'src/agent/leftovers.ts': 'compares with times that the file system gave to files',
  'src/agent/workplace.ts': 'gives a file the time that others compare with theirs',
};

interface Import {
  /** A path from the root, or the name of a package. */
  readonly to: string;
  /** Still there when the program runs. */
  readonly value: boolean;
}

interface File {
  readonly path: string;
  readonly text: string;
  readonly tree: Node;
  readonly imports: readonly Import[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const root = join(__dirname, '..');
const files = ['src', 'migrations', 'test', 'bench', 'tools'].flatMap(sources).map(read);
const byPath = new Map(files.map((file) => [file.path, file]));
const src = files.filter(({ path }) => path.startsWith('src/'));
const tests = files.filter(({ path }) => path.startsWith('test/'));

describe('imports', () => {
  it('have no cycle', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (trail.includes(path) || done.has(path)) return;
      for (const to of valuesOf(path)) visit(to, [...trail, path]);
      done.add(path);
    };
    for (const { path } of src) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('lead to rooms that are known here', () => {
    const known = ['', ...rooms, ...transports, ...programs];
    expect([...new Set(src.map(({ path }) => roomOf(path)))].filter((room) => !known.includes(room))).toEqual([]);
  });

  it('go down within a room, and sideways only to a room that stands before', () => {
    const wrong = edges(src).filter(({ from, to }) => {
      if (isProgram(from) || roomOf(from) === '' || roomOf(to) === '' || isTransport(from) || isTransport(to))
        return false;
      const [own, other] = [levelOf(from), levelOf(to)];
      if (own !== other) return own < other;
      // What only uses words can't close a circle; entries are looked at by nobody, so they may look at each other's rooms.
      if (own === level.word || own === level.entry) return false;
      return rooms.indexOf(roomOf(from)) < rooms.indexOf(roomOf(to));
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('of the transports lead to no noun', () => {
    const wrong = edges(src.filter(({ path }) => isTransport(path) && !assembly.includes(path)));
    const allowed = (to: string) =>
      words.includes(to) || (isTransport(to) && !assembly.includes(to)) || to === 'package.json';
    expect(wrong.filter(({ to }) => !allowed(to))).toEqual([]);
  });

  it('lead to what starts the server only from there', () => {
    const wrong = edges(src).filter(({ from, to }) => assembly.includes(to) && !assembly.includes(from));
    expect(wrong.filter(({ from, to }) => !(roomOf(from) === 'demo' && to === 'src/server.ts'))).toEqual([]);
  });

  it('of the files that every room may use lead to nothing but each other', () => {
    const wrong = edges(src.filter(({ path }) => words.includes(path))).filter(({ to }) => !words.includes(to));
    expect(wrong).toEqual([]);
    expect(src.filter(({ path }) => roomOf(path) === '').map(({ path }) => path)).toEqual(
      [...words, ...assembly.filter((path) => roomOf(path) === ''), 'src/app.ts'].sort(),
    );
  });

  it('of a client program lead to nothing that it would find only inside the server', () => {
    const allowed: Readonly<Record<string, readonly string[]>> = {
      agent: ['src/clock.ts', 'src/config.ts', 'src/log.ts'],
      cli: ['src/config.ts', 'src/log.ts'],
      // Starts a server, and then speaks to it as any client does.
      demo: ['src/config.ts', 'src/ids.ts', 'src/log.ts', 'src/server.ts'],
    };
    const wrong = edges(src, 'types too').filter(({ from, to }) => {
      if (roomOf(to) === roomOf(from) || to === 'package.json') return false;
      return isProgram(from) ? !allowed[roomOf(from)]?.includes(to) : isProgram(to);
    });
    expect(wrong).toEqual([]);
  });

  it('of a plain model are types, or other models', () => {
    const models = src.filter(({ path }) => isModel(path));
    expect(models.length).toBeGreaterThan(8);
    const values = models.flatMap(({ path, imports }) =>
      imports.filter(({ value }) => value).map(({ to }) => [path, to]),
    );
    expect(values.filter(([, to]) => !isModel(to ?? ''))).toEqual([]);
  });

  it('of a store have nothing to do with GraphQL', () => {
    const wrong = src.flatMap(({ path, imports }) =>
      /\.(store|table)\.ts$/.test(path) ? imports.map(({ to }) => [path, to]) : [],
    );
    expect(wrong.filter(([, to]) => /^(graphql|type-graphql|graphql-.*|src\/graphql\/.*)$/.test(to ?? ''))).toEqual([]);
  });

  it('of GraphQL classes lead to no store', () => {
    const wrong = edges(src, 'types too').filter(({ from }) => /\.(types|inputs)\.ts$/.test(from));
    expect(wrong.filter(({ to }) => to.endsWith('.store.ts'))).toEqual([]);
  });

  it('of migrations lead nowhere: what they did once must not change with the code', () => {
    expect(
      edges(
        files.filter(({ path }) => /^migrations\/\d/.test(path)),
        'types too',
      ),
    ).toEqual([]);
  });
});

describe('the code', () => {
  it('reads the environment in one place', () => {
    const reads = src.filter(({ imports, tree }) => {
      const byImport = imports.some(({ to }) => /^(node:)?process$/.test(to));
      return byImport || find(tree, (node) => isMember(node, 'process', 'env')).length > 0;
    });
    expect(paths(reads)).toEqual(['src/config.ts']);
  });

  it('is given the time', () => {
    const asks = src.filter(({ tree }) => find(tree, asksTheTime).length > 0);
    expect(paths(asks).filter((path) => mayAskTheTime[path] === undefined)).toEqual([]);
  });

  it('keeps SQL where it is looked for', () => {
    const sql = src.filter(({ tree }) => find(tree, sendsSql).length > 0);
    const stray = paths(sql).filter((path) => !/\.(store|queries|loaders)\.ts$|^src\/database\//.test(path));
    expect(stray.filter((path) => mayHoldSql[path] === undefined)).toEqual([]);
  });

  it('does nothing when it is imported, but for the programs', () => {
    const acts = src.flatMap(({ path, tree }) =>
      basename(path) === 'main.ts' ? [] : (tree.body as Node[]).filter(isAction).map(() => path),
    );
    expect(acts).toEqual([]);
  });

  it('has the reasons for these exceptions', () => {
    const gone = [...Object.keys(mayHoldSql), ...Object.keys(mayAskTheTime), ...words, ...assembly];
    expect(gone.filter((path) => !byPath.has(path))).toEqual([]);
    for (const path of Object.keys(mayHoldSql))
      expect([path, find(treeOf(path), sendsSql).length]).not.toEqual([path, 0]);
    for (const path of Object.keys(mayAskTheTime)) {
      expect([path, find(treeOf(path), asksTheTime).length]).not.toEqual([path, 0]);
    }
  });

  it('has no barrels and no drawers', () => {
    expect(paths(files.filter(({ path }) => basename(path) === 'index.ts'))).toEqual(['migrations/index.ts']);
    expect(paths(files.filter(({ path }) => /\/(helpers?|utils?|common|shared|misc)\//.test(path)))).toEqual([]);
  });

  it('is in files that a reader can hold, or that say why not', () => {
    const long = files.filter(({ path, text }) => !path.startsWith('migrations/') && text.split('\n').length > 401);
    const unexplained = long.filter(({ text }) => !/Long because/.test(text.split('\n').slice(0, 5).join('\n')));
    expect(paths(unexplained)).toEqual([]);
  });

  it('is checked, everywhere', () => {
    const unchecked = files.filter(({ text, tree }) => {
      const isAny = (node: Node) => node.type === 'TsKeywordType' && node.kind === 'any';
      return /@ts-(ignore|nocheck|expect-error)|biome-(ignore)/.test(text) || find(tree, isAny).length > 0;
    });
    expect(paths(unchecked)).toEqual([]);
  });
});

describe('tests', () => {
  it('wait for something, not for time', () => {
    const naps = tests.filter(({ path, tree, imports }) => {
      // Whoever waits for a condition has to look again some time; there is one place for that.
      const timers =
        imports.some(({ to }) => /^(node:)?timers\/promises$/.test(to)) && !path.startsWith('test/support/');
      return timers || find(tree, isNap).length > 0;
    });
    expect(paths(naps)).toEqual([]);
  });

  it('all run; one that can’t run everywhere says why', () => {
    const names = ['it', 'test', 'describe'];
    const left = tests.flatMap(({ path, text, tree }) => {
      const modified = find(tree, (node) =>
        names.some((name) => ['only', 'skip', 'todo'].some((how) => isMember(node, name, how))),
      );
      const renamed = find(tree, (node) => /^(fit|fdescribe|xit|xtest|xdescribe)$/.test(calleeName(node)));
      const conditional = find(
        tree,
        (node) =>
          node.type === 'ConditionalExpression' && names.some((name) => isMember(node.alternate as Node, name, 'skip')),
      );
      const lines = text.split('\n');
      const explained = lines.filter(
        (line, index) =>
          /\.skip\b/.test(line) && lines.slice(Math.max(0, index - 3), index + 1).some((near) => /\/\/|\*/.test(near)),
      );
      const unfit = modified.length + renamed.length - Math.min(conditional.length, explained.length);
      return unfit > 0 ? [path] : [];
    });
    expect(left).toEqual([]);
  });
});

/**
 * What a file is to its room. A file without a role in its name is a command, unless it needs no room but for words: then it is a word
 * itself, a type or a pure function, and everybody may use it.
 */
const level = { word: 0, stored: 1, command: 2, read: 3, entry: 4 } as const;

function levelOf(path: string): number {
  if (/(\.resolver|Routes)\.ts$/.test(path)) return level.entry;
  if (/\.(queries|loaders|types|inputs)\.ts$/.test(path)) return level.read;
  if (/\.(store|table)\.ts$/.test(path)) return level.stored;
  return isWord(path) ? level.word : level.command;
}

function isWord(path: string, trail: readonly string[] = []): boolean {
  if (roomOf(path) === '') return words.includes(path) || !path.startsWith('src/');
  if (isTransport(path) || /\.\w+\.ts$/.test(path) || trail.includes(path)) return false;
  return valuesOf(path).every((to) => isWord(to, [...trail, path]));
}

/** `executions/execution.ts`: the noun itself. */
function isModel(path: string): boolean {
  const others = ['src/access/actor.ts', 'src/executions/executionEvent.ts'];
  const room = roomOf(path);
  return others.includes(path) || (rooms.includes(room) && basename(path) === `${room.replace(/s$/, '')}.ts`);
}

function roomOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? '';
}

function isProgram(path: string): boolean {
  return programs.includes(roomOf(path));
}

function isTransport(path: string): boolean {
  return transports.includes(roomOf(path));
}

function paths(some: readonly File[]): string[] {
  return some.map(({ path }) => path);
}

function treeOf(path: string): Node {
  return byPath.get(path)?.tree ?? { type: 'missing' };
}

/** The project's files that one imports; `types too` also those that are gone when the program runs. */
function edges(from: readonly File[], kinds: 'values' | 'types too' = 'values'): { from: string; to: string }[] {
  return from.flatMap(({ path, imports }) =>
    imports
      .filter(({ to, value }) => (value || kinds === 'types too') && existsSync(join(root, to)) && to.includes('.'))
      .map(({ to }) => ({ from: path, to })),
  );
}

function valuesOf(path: string): string[] {
  const file = byPath.get(path);
  return file === undefined ? [] : edges([file]).map(({ to }) => to);
}

function sources(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

function read(path: string): File {
  const text = readFileSync(join(root, path), 'utf8');
  const tree = parseSync(text, { syntax: 'typescript', decorators: true, target: 'es2022' }) as unknown as Node;
  const imports = find(tree, (node) => importedFrom(node) !== undefined).map((node) => ({
    to: resolve(path, importedFrom(node) ?? ''),
    value: isValue(node),
  }));
  return { path, text, tree, imports };
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = join(dirname(from), specifier).replaceAll('\\', '/');
  const found = ['', '.ts', '/index.ts'].map((end) => path + end).find((one) => isFile(join(root, one)));
  if (found === undefined) throw new Error(`${from} imports ${specifier}, which does not exist`);
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function importedFrom(node: Node): string | undefined {
  const literal = (one: unknown) => {
    const { type, value } = (one ?? {}) as { type?: string; value?: unknown };
    return type === 'StringLiteral' && typeof value === 'string' ? value : undefined;
  };
  if (/^(Import|ExportAll|ExportNamed)Declaration$/.test(node.type)) return literal(node.source);
  if (node.type === 'TsImportType') return literal(node.argument);
  const called =
    node.type === 'CallExpression' && ((node.callee as Node).type === 'Import' || calleeName(node) === 'require');
  return called ? literal(argumentsOf(node)[0]) : undefined;
}

/** With `isolatedModules` an import without the word `type` is kept unless every use of it is one; taken for a value in any case. */
function isValue(node: Node): boolean {
  if (node.type === 'CallExpression') return true;
  if (node.type === 'TsImportType' || node.typeOnly === true) return false;
  const specifiers = (node.specifiers ?? []) as { isTypeOnly?: boolean }[];
  return specifiers.length === 0 || specifiers.some((specifier) => specifier.isTypeOnly !== true);
}

/** All nodes below one that are as described. */
function find(node: unknown, matches: (node: Node) => boolean): Node[] {
  if (Array.isArray(node)) return node.flatMap((one) => find(one, matches));
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap((one) => find(one, matches));
  return 'type' in node && matches(node as Node) ? [node as Node, ...inner] : inner;
}

function nameOf(node: unknown): string {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown };
  return type === 'Identifier' && typeof value === 'string' ? value : '';
}

function isMember(node: Node, object: string, property: string): boolean {
  return node.type === 'MemberExpression' && nameOf(node.object) === object && nameOf(node.property) === property;
}

function calleeName(node: Node): string {
  return node.type === 'CallExpression' ? nameOf(node.callee) : '';
}

function argumentsOf(node: Node): Node[] {
  return ((node.arguments ?? []) as { expression: Node }[]).map(({ expression }) => expression);
}

function asksTheTime(node: Node): boolean {
  if (isMember(node, 'Date', 'now')) return true;
  return node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && argumentsOf(node).length === 0;
}

/** `….rows(…)`, and `….write(…)` of a database: other things are written to as well. */
function sendsSql(node: Node): boolean {
  if (node.type !== 'CallExpression' || (node.callee as Node).type !== 'MemberExpression') return false;
  const { object, property } = node.callee as Node;
  const on = nameOf(object) || nameOf((object as Node).property);
  return nameOf(property) === 'rows' || (nameOf(property) === 'write' && /^(db|database|transaction)$/.test(on));
}

/** A statement that does something as soon as the file is read. Names for GraphQL's enums are declarations in all but form. */
function isAction(node: Node): boolean {
  if (node.type !== 'ExpressionStatement') return /^(If|For|While|Try|Switch|Throw)/.test(node.type);
  return calleeName(node.expression as Node) !== 'registerEnumType';
}

/** `new Promise((resolve) => setTimeout(resolve, …))`. A time limit, which rejects, is something else. */
function isNap(node: Node): boolean {
  if (node.type !== 'NewExpression' || nameOf(node.callee) !== 'Promise') return false;
  const [executor] = argumentsOf(node);
  const [first] = (executor?.params ?? []) as Node[];
  const done = nameOf(first) || nameOf((first as Node | undefined)?.pat);
  return find(executor, (inner) => /^(setTimeout|delay)$/.test(calleeName(inner))).some((call) => {
    const [callback] = argumentsOf(call);
    return done !== '' && find(callback, (inner) => nameOf(inner) === done).length > 0;
  });
}

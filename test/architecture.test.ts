import { basename } from 'node:path';
import {
  argumentsOf,
  calleeName,
  find,
  isMember,
  type Node,
  nameOf,
  type SourceFile,
  sourceFiles,
} from './support/sourceFiles';

/**
 * The rules of src/README.md, checked against the code. Each test returns the places that break a rule, so a failure
 * shows where to look. Exceptions are listed here with their reason.
 */

/**
 * Floors of the house, lowest first. A file imports only from its own floor and those below, types included; no file is
 * exempt.
 */
const floors = ['contract', 'kernel', 'access', 'catalog', 'engine', 'runs', 'api', 'composition'];
/** Programs that reach the server over the network. They share only the lowest floor and the client. */
const programs = ['agent', 'cli', 'client', 'console', 'dev'];
const sharedWithPrograms = ['contract', 'kernel', 'client'];
/** The console runs in browsers. */
const sharedWithConsole = ['contract', 'client'];
/** Starts the server; nothing imports it. */
const tops = [''];

/** SQL outside stores, queries, loaders and the transport. */
const mayHoldSql: Readonly<Record<string, string>> = {};

/** Uses of the system clock where the injected clock would be wrong. */
const mayAskTheTime: Readonly<Record<string, string>> = {
  'src/kernel/clock.ts': 'is the clock',
  'src/console/data/now.ts': 'is the clock of the browser',
};

const files = ['src', 'migrations', 'test', 'bench', 'tools'].flatMap(sourceFiles);
const byPath = new Map(files.map((file) => [file.path, file]));
const src = files.filter(({ path }) => path.startsWith('src/'));
const tests = files.filter(({ path }) => path.startsWith('test/'));

describe('imports', () => {
  it('only go down, type imports included, with no exempt file', () => {
    const wrong = edges(src, 'types too').filter(({ from, to }) => to.startsWith('src/') && !mayImport(from, to));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('lead only to folders with a floor', () => {
    const known = [...floors, ...programs, ...tops];
    expect([...new Set(src.map(({ path }) => folderOf(path)))].filter((folder) => !known.includes(folder))).toEqual([]);
  });

  it('of tests do not use the demo', () => {
    expect(edges(tests, 'types too').filter(({ to }) => to.startsWith('src/dev/'))).toEqual([]);
  });

  it('form no circle of files, not even by types', () => {
    expect(circles()).toEqual([]);
  });

  it('of the engine reach neither I/O nor a clock', () => {
    const seen = new Set<string>();
    const visit = (path: string) => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const { to, value } of byPath.get(path)?.imports ?? []) if (value && byPath.has(to)) visit(to);
    };
    for (const { path } of src) if (folderOf(path) === 'engine') visit(path);
    const impure = [...seen].filter((path) =>
      (byPath.get(path)?.imports ?? []).some(({ to, value }) => value && doesIo(to)),
    );
    expect(impure).toEqual([]);
    const clocks = src.filter(({ path, nodes }) => seen.has(path) && nodes.some(asksTheTime));
    expect(paths(clocks)).toEqual([]);
  });

  it('of stores, and of everything below the API, do not reach GraphQL', () => {
    const below = src.filter(({ path }) => floors.indexOf(folderOf(path)) < floors.indexOf('api'));
    const wrong = below
      .filter(({ path }) => floors.includes(folderOf(path)))
      .flatMap(({ path, imports }) => imports.map(({ to }) => [path, to]));
    expect(wrong.filter(([, to]) => /^(graphql|type-graphql|graphql-.*)$/.test(to ?? ''))).toEqual([]);
  });

  it('of GraphQL classes do not reach stores', () => {
    const wrong = edges(src, 'types too').filter(({ from }) => /\.(types|inputs)\.ts$/.test(from));
    expect(wrong.filter(({ to }) => to.endsWith('.store.ts'))).toEqual([]);
  });

  it('of migrations are none: what they did must not change with the code', () => {
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
    const reads = src.filter(({ imports, nodes }) => {
      const byImport = imports.some(({ to }) => /^(node:)?process$/.test(to));
      return byImport || nodes.some((node) => isMember(node, 'process', 'env'));
    });
    expect(paths(reads)).toEqual(['src/kernel/config.ts']);
  });

  it('gets the time from the clock', () => {
    const asks = src.filter(({ nodes }) => nodes.some(asksTheTime));
    expect(paths(asks).filter((path) => mayAskTheTime[path] === undefined)).toEqual([]);
  });

  it('keeps SQL in stores, queries and loaders', () => {
    const sql = src.filter(({ nodes }) => nodes.some(sendsSql));
    const stray = paths(sql).filter((path) => !/\.(store|queries|loaders)\.ts$|^src\/kernel\/database\//.test(path));
    expect(stray.filter((path) => mayHoldSql[path] === undefined)).toEqual([]);
  });

  it('does nothing on import, except for the programs', () => {
    const acts = src.flatMap(({ path, body }) =>
      /^main\.tsx?$/.test(basename(path)) ? [] : body.filter(isAction).map(() => path),
    );
    expect(acts).toEqual([]);
  });

  it('still needs the listed exceptions', () => {
    const gone = [...Object.keys(mayHoldSql), ...Object.keys(mayAskTheTime)];
    expect(gone.filter((path) => !byPath.has(path))).toEqual([]);
    const without = (exceptions: object, breaks: (node: Node) => boolean) =>
      Object.keys(exceptions).filter((path) => !byPath.get(path)?.nodes.some(breaks));
    expect(without(mayHoldSql, sendsSql)).toEqual([]);
    expect(without(mayAskTheTime, asksTheTime)).toEqual([]);
  });

  it('has no barrel files and no catch-all files', () => {
    expect(paths(files.filter(({ path }) => basename(path) === 'index.ts'))).toEqual(['migrations/index.ts']);
    expect(paths(files.filter(({ path }) => /\/(helpers?|utils?|common|shared|misc)\//.test(path)))).toEqual([]);
  });

  it('is in files of at most 400 lines, or gives a reason', () => {
    const long = files.filter(({ path, text }) => !path.startsWith('migrations/') && text.split('\n').length > 401);
    const unexplained = long.filter(({ text }) => !/Long because/.test(text.split('\n').slice(0, 5).join('\n')));
    expect(paths(unexplained)).toEqual([]);
  });

  it('is type-checked everywhere', () => {
    const unchecked = files.filter(({ text, nodes }) => {
      const isAny = (node: Node) => node.type === 'TsKeywordType' && node.kind === 'any';
      return /@ts-(ignore|nocheck|expect-error)|biome-(ignore)/.test(text) || nodes.some(isAny);
    });
    expect(paths(unchecked)).toEqual([]);
  });
});

describe('tests', () => {
  it('wait for conditions, not for time', () => {
    const naps = tests.filter(({ path, nodes, imports }) => {
      // Code that waits for a condition has to poll; only one helper may do so.
      const timers =
        imports.some(({ to }) => /^(node:)?timers\/promises$/.test(to)) && !path.startsWith('test/support/');
      return timers || nodes.some(isNap);
    });
    expect(paths(naps)).toEqual([]);
  });

  it('all run, or give a reason why they can’t run everywhere', () => {
    const names = ['it', 'test', 'describe'];
    const left = tests.filter(({ text, nodes }) => {
      const isModified = (how: string) => (node: Node) => names.some((name) => isMember(node, name, how));
      const isConditional = (node: Node) =>
        node.type === 'ConditionalExpression' && isModified('skip')(node.alternate as Node);
      const bare = nodes.filter(isModified('skip')).length - nodes.filter(isConditional).length;
      const never = nodes.some((node) => ['only', 'todo'].some((how) => isModified(how)(node)));
      const renamed = nodes.some((node) => /^(fit|fdescribe|xit|xtest|xdescribe)$/.test(calleeName(node)));
      return bare > 0 || never || renamed || !skipsHaveReasons(text);
    });
    expect(paths(left)).toEqual([]);
  });
});

/**
 * The name in `const testAsRoot = isRoot ? test : test.skip` gives the reason; any other skip needs a comment just
 * above.
 */
function skipsHaveReasons(text: string): boolean {
  const lines = text.split('\n');
  return lines.every((line, index) => {
    if (!/\b(it|test|describe)\.skip\b/.test(line) || /const (it|test|describe)[A-Z]\w+ = /.test(line)) return true;
    return lines.slice(Math.max(0, index - 6), index).some((before) => /^\s*(\/\/|\*|\/\*\*)/.test(before));
  });
}

function folderOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? '';
}

function mayImport(from: string, to: string): boolean {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === other) return true;
  if (own === 'console') return sharedWithConsole.includes(other);
  if (programs.includes(own)) return sharedWithPrograms.includes(other);
  if (programs.includes(other) || tops.includes(other)) return false;
  return tops.includes(own) || floors.indexOf(other) < floors.indexOf(own);
}

/** Packages, Node's and others, that do I/O. */
function doesIo(module: string): boolean {
  if (/^(pg|typeorm|ws|pino|undici|fastify)$/.test(module)) return true;
  return /^node:/.test(module) && !/^node:(crypto|util|util\/types|assert)$/.test(module);
}

/** Strongly connected groups of files (Tarjan), over values and types. */
function circles(): string[][] {
  const to = new Map(src.map((file) => [file.path, edges([file], 'types too').map((edge) => edge.to)]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string) => {
    index.set(path, index.size);
    low.set(path, index.get(path) ?? 0);
    stack.push(path);
    for (const next of to.get(path) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(path, Math.min(low.get(path) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(path) !== index.get(path)) return;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const path of to.keys()) if (!index.has(path)) visit(path);
  return found;
}

function paths(some: readonly SourceFile[]): string[] {
  return some.map(({ path }) => path);
}

/** Files of the project that a file imports; `types too` includes imports that are erased at run time. */
function edges(from: readonly SourceFile[], kinds: 'values' | 'types too' = 'values'): { from: string; to: string }[] {
  return from.flatMap(({ path, imports }) =>
    imports
      .filter(({ to, value }) => (value || kinds === 'types too') && (byPath.has(to) || to.endsWith('.json')))
      .map(({ to }) => ({ from: path, to })),
  );
}

function asksTheTime(node: Node): boolean {
  if (isMember(node, 'Date', 'now')) return true;
  return node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && argumentsOf(node).length === 0;
}

/** `….rows(…)`, and `….write(…)` of a database; other objects have a `write`, too. */
function sendsSql(node: Node): boolean {
  if (node.type !== 'CallExpression' || (node.callee as Node).type !== 'MemberExpression') return false;
  const { object, property } = node.callee as Node;
  const on = nameOf(object) || nameOf((object as Node).property);
  return nameOf(property) === 'rows' || (nameOf(property) === 'write' && /^(db|database|transaction)$/.test(on));
}

/** A statement with an effect when the file loads. Names for GraphQL's enums count as declarations. */
function isAction(node: Node): boolean {
  if (node.type !== 'ExpressionStatement') return /^(If|For|While|Try|Switch|Throw)/.test(node.type);
  return calleeName(node.expression as Node) !== 'registerEnumType';
}

/** `new Promise((resolve) => setTimeout(resolve, …))`. A time limit, which rejects, is allowed. */
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

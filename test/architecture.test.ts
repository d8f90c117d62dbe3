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
 * The rules of src/README.md, held against the code as it is. Each test answers the list of places that break a rule, so a failure says
 * where to look. Exceptions stand here with their reason, or not at all.
 */

const programs = ['agent', 'cli', 'demo'];
const transports = ['database', 'graphql'];

/**
 * Rooms, each after those it may ask. What many need stands first; whoever puts things together stands last.
 *
 * definitions before the four kinds of things that it describes: their commands write revisions and look for references with it, while
 * it needs nothing of theirs but tables, stores and words. approvals, jobs and artifacts before executions, which moves all three. After it
 * those that read what it wrote (events), go on with what ended (resumes), bring it back (restores) and show it (views);
 * agents last: it brings to executions and jobs what machines say.
 */
const rooms = [
  'access',
  'audit',
  'applications',
  'definitions',
  'environments',
  'secrets',
  'services',
  'workflows',
  'pipelines',
  'approvals',
  'jobs',
  'artifacts',
  'executions',
  'events',
  'resumes',
  'restores',
  'views',
  'agents',
];

/** What belongs to no room and may be used by all of them. */
const words = ['batch', 'clock', 'config', 'didYouMean', 'ids', 'log', 'refusal'].map((name) => `src/${name}.ts`);
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

const files = ['src', 'migrations', 'test', 'bench', 'tools'].flatMap(sourceFiles);
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
      demo: ['src/clock.ts', 'src/config.ts', 'src/ids.ts', 'src/log.ts', 'src/server.ts'],
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
    const reads = src.filter(({ imports, nodes }) => {
      const byImport = imports.some(({ to }) => /^(node:)?process$/.test(to));
      return byImport || nodes.some((node) => isMember(node, 'process', 'env'));
    });
    expect(paths(reads)).toEqual(['src/config.ts']);
  });

  it('is given the time', () => {
    const asks = src.filter(({ nodes }) => nodes.some(asksTheTime));
    expect(paths(asks).filter((path) => mayAskTheTime[path] === undefined)).toEqual([]);
  });

  it('keeps SQL where it is looked for', () => {
    const sql = src.filter(({ nodes }) => nodes.some(sendsSql));
    const stray = paths(sql).filter((path) => !/\.(store|queries|loaders)\.ts$|^src\/database\//.test(path));
    expect(stray.filter((path) => mayHoldSql[path] === undefined)).toEqual([]);
  });

  it('does nothing when it is imported, but for the programs', () => {
    const acts = src.flatMap(({ path, body }) =>
      basename(path) === 'main.ts' ? [] : body.filter(isAction).map(() => path),
    );
    expect(acts).toEqual([]);
  });

  it('still needs these exceptions', () => {
    const gone = [...Object.keys(mayHoldSql), ...Object.keys(mayAskTheTime), ...words, ...assembly];
    expect(gone.filter((path) => !byPath.has(path))).toEqual([]);
    const without = (exceptions: object, breaks: (node: Node) => boolean) =>
      Object.keys(exceptions).filter((path) => !byPath.get(path)?.nodes.some(breaks));
    expect(without(mayHoldSql, sendsSql)).toEqual([]);
    expect(without(mayAskTheTime, asksTheTime)).toEqual([]);
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
    const unchecked = files.filter(({ text, nodes }) => {
      const isAny = (node: Node) => node.type === 'TsKeywordType' && node.kind === 'any';
      return /@ts-(ignore|nocheck|expect-error)|biome-(ignore)/.test(text) || nodes.some(isAny);
    });
    expect(paths(unchecked)).toEqual([]);
  });
});

describe('tests', () => {
  it('wait for something, not for time', () => {
    const naps = tests.filter(({ path, nodes, imports }) => {
      // Whoever waits for a condition has to look again some time; there is one place for that.
      const timers =
        imports.some(({ to }) => /^(node:)?timers\/promises$/.test(to)) && !path.startsWith('test/support/');
      return timers || nodes.some(isNap);
    });
    expect(paths(naps)).toEqual([]);
  });

  it('all run; one that can’t run everywhere says why', () => {
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

/** `const testAsRoot = isRoot ? test : test.skip` says why by its name; anything else in a comment shortly before. */
function skipsHaveReasons(text: string): boolean {
  const lines = text.split('\n');
  return lines.every((line, index) => {
    if (!/\b(it|test|describe)\.skip\b/.test(line) || /const (it|test|describe)[A-Z]\w+ = /.test(line)) return true;
    return lines.slice(Math.max(0, index - 6), index).some((before) => /^\s*(\/\/|\*|\/\*\*)/.test(before));
  });
}

/**
 * What a file is to its room. A file without a role in its name is a command, unless it needs no room: then it is a word itself, a type
 * or a pure function, and everybody may use it.
 */
const level = { word: 0, stored: 1, command: 2, classes: 3, entry: 4 } as const;

function levelOf(path: string): number {
  if (/(\.resolver|Routes)\.ts$/.test(path)) return level.entry;
  if (/\.(types|inputs)\.ts$/.test(path)) return level.classes;
  if (/\.(store|table)\.ts$/.test(path)) return level.stored;
  return isWord(path) ? level.word : level.command;
}

function isWord(path: string, trail: readonly string[] = []): boolean {
  if (assembly.includes(path) || /\.\w+\.ts$/.test(path) || trail.includes(path)) return false;
  if (roomOf(path) === '') return words.includes(path) || !path.startsWith('src/');
  return isTransport(path) || valuesOf(path).every((to) => isWord(to, [...trail, path]));
}

/** `executions/execution.ts`: the noun itself. */
function isModel(path: string): boolean {
  const others = ['src/executions/executionEvent.ts'];
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

function paths(some: readonly SourceFile[]): string[] {
  return some.map(({ path }) => path);
}

/** The project's files that one imports; `types too` also those that are gone when the program runs. */
function edges(from: readonly SourceFile[], kinds: 'values' | 'types too' = 'values'): { from: string; to: string }[] {
  return from.flatMap(({ path, imports }) =>
    imports
      .filter(({ to, value }) => (value || kinds === 'types too') && (byPath.has(to) || to.endsWith('.json')))
      .map(({ to }) => ({ from: path, to })),
  );
}

function valuesOf(path: string): string[] {
  const file = byPath.get(path);
  return file === undefined ? [] : edges([file]).map(({ to }) => to);
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

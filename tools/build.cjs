/**
 * Builds dist/: compiles everything but the tests with tsc, bundles GraphiQL with esbuild and the web console with Vite. Says nothing but
 * errors. Each part does nothing when none of its inputs has changed, so that `npm start` costs no compilation; tsc compiles incrementally.
 */
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { brotliCompressSync, constants, gzipSync } = require('node:zlib');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');

const packages = ['package.json', 'package-lock.json'];
const isCode = (name) => /\.(ts|json|js|css|graphql|cjs)$/.test(name);
const graphiql = 'src/api/http/graphiql';

part('server', {
  inputs: filesIn(
    ['src', 'migrations', 'tools', 'bench', 'ormconfig.ts', ...packages, 'tsconfig.json', 'schema/operations.json'],
    isCode,
  ).filter(([name]) => !name.startsWith('src/console/') && !name.startsWith(`${graphiql}/`)),
  build: buildServer,
});
part('graphiql', {
  inputs: filesIn([graphiql, 'tools/build.cjs', 'package-lock.json'], () => true),
  build: buildGraphiql,
});
part('console', {
  inputs: filesIn(
    ['src/console', 'src/client', 'src/contract', 'tools/build.cjs', 'package-lock.json'],
    (name) => !name.endsWith('.md'),
  ),
  build: buildConsole,
});

/** Builds a part unless it was built from the same inputs. */
function part(name, { inputs, build }) {
  const stampFile = path.join(dist, `.build.${name}.json`);
  const hash = createHash('sha256')
    .update(JSON.stringify([process.version, inputs]))
    .digest('hex');
  const previous = readStamp(stampFile);
  if (previous.hash === hash) return;
  fs.mkdirSync(dist, { recursive: true });
  fs.rmSync(stampFile, { force: true });
  const sources = inputs.map(([source]) => source);
  build(sources, previous.sources);
  fs.writeFileSync(stampFile, JSON.stringify({ hash, sources }));
}

/** Everything that an output depends on: sources, and what decides how they are compiled. */
function filesIn(names, isInput) {
  const found = [];
  const visit = (name) => {
    const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      for (const child of fs.readdirSync(path.join(root, name))) {
        if (child !== 'node_modules') visit(`${name}/${child}`);
      }
    } else if (stat && isInput(name)) {
      found.push([name, stat.mtimeMs, stat.size]);
    }
  };
  for (const name of names) visit(name);
  return found;
}

function readStamp(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return { hash: '', sources: [] };
  }
}

function buildServer(inputs, previous) {
  const sources = inputs.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  // Output of a source that is gone would still be required by path, for example as a migration.
  for (const name of previous.filter((source) => source.endsWith('.ts') && !sources.includes(source))) {
    for (const extension of ['.js', '.js.map', '.d.ts'])
      fs.rmSync(path.join(dist, name.replace(/\.ts$/, extension)), { force: true });
  }
  compile();
  bundleClient();
}

/** The package's export `slipway/client`, as one file without dependencies. */
function bundleClient() {
  require('esbuild').buildSync({
    absWorkingDir: root,
    // Not from dist: Node finds the names of the documents only if the bundler sees what `export *` exports.
    entryPoints: ['src/client/exports.ts'],
    outfile: path.join(dist, 'client/exports.js'),
    bundle: true,
    // For the list of names that ES modules import; the client uses nothing of Node.
    platform: 'node',
    target: 'es2022',
    logLevel: 'error',
  });
}

function compile() {
  runTsc('tsconfig.build.json', '.tsbuildinfo');
  // Types of the package's export `slipway/client`.
  runTsc('tsconfig.client.json', '.tsbuildinfo.client');
}

function runTsc(project, info) {
  run('node_modules/typescript/bin/tsc', [
    '--project',
    path.join(__dirname, project),
    '--incremental',
    '--tsBuildInfoFile',
    path.join(dist, info),
  ]);
}

/** Runs a program of a package, and exits as it does if it fails. */
function run(program, options) {
  const args = [path.join(root, program), ...options];
  // Tests build with another NODE_ENV, with which Vite would bundle React for development.
  const env = { ...process.env, NODE_ENV: 'production' };
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** One script with GraphiQL and React, one style sheet, and the examples. */
function buildGraphiql() {
  const target = path.join(dist, 'graphiql');
  fs.rmSync(target, { recursive: true, force: true });
  require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: [`${graphiql}/boot.mjs`],
    outdir: target,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  fs.copyFileSync(path.join(root, graphiql, 'examples.graphql'), path.join(target, 'examples.graphql'));
}

/** Chunks with hashes in their names, each also compressed, so that the server never compresses. */
function buildConsole() {
  run('node_modules/vite/bin/vite.js', ['build', '--config', path.join(root, 'src/console/vite.config.mjs')]);
  const folder = path.join(dist, 'console/console');
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name);
    const bytes = fs.readFileSync(file);
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    fs.writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: quality }));
    fs.writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

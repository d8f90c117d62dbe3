/**
 * Builds dist/: compiles everything but the tests with tsc, copies GraphiQL's files. Says nothing but errors. Does nothing when no
 * input has changed, so that `npm start` costs no compilation; otherwise tsc compiles incrementally.
 */
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');
const stampFile = path.join(dist, '.build.json');
const assetsFile = path.join(root, 'src/api/http/graphiql/assets.json');

const inputs = listInputs();
const previous = readStamp();
if (!isCurrent()) build();

/** Everything that the output depends on: sources, and what decides how they are compiled. */
function listInputs() {
  const found = [];
  const visit = (name) => {
    const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      for (const child of fs.readdirSync(path.join(root, name))) {
        if (child !== 'node_modules') visit(`${name}/${child}`);
      }
    } else if (stat && /\.(ts|json|js|css|graphql|cjs)$/.test(name)) {
      found.push([name, stat.mtimeMs, stat.size]);
    }
  };
  for (const name of ['src', 'migrations', 'tools', 'bench', 'ormconfig.ts']) visit(name);
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'schema/operations.json']) visit(name);
  return found;
}

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(stampFile, 'utf8'));
  } catch {
    return { hash: '', sources: [] };
  }
}

function hashOfInputs() {
  return createHash('sha256')
    .update(JSON.stringify([process.version, inputs]))
    .digest('hex');
}

function isCurrent() {
  return previous.hash === hashOfInputs();
}

function build() {
  fs.mkdirSync(dist, { recursive: true });
  fs.rmSync(stampFile, { force: true });
  const sources = inputs.map(([name]) => name).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  // Output of a source that is gone would still be required by path, for example as a migration.
  for (const name of previous.sources.filter((source) => !sources.includes(source))) {
    for (const extension of ['.js', '.js.map', '.d.ts'])
      fs.rmSync(path.join(dist, name.replace(/\.ts$/, extension)), { force: true });
  }
  compile();
  // A program that can be called by its name: npm does this for packages that it installs.
  fs.chmodSync(path.join(dist, 'src/cli/main.js'), 0o755);
  copyAssets();
  fs.writeFileSync(stampFile, JSON.stringify({ hash: hashOfInputs(), sources }));
}

function compile() {
  runTsc('tsconfig.build.json', '.tsbuildinfo');
  // Types of the package's export `slipway/client`.
  runTsc('tsconfig.client.json', '.tsbuildinfo.client');
}

function runTsc(project, info) {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const options = [
    '--project',
    path.join(__dirname, project),
    '--incremental',
    '--tsBuildInfoFile',
    path.join(dist, info),
  ];
  const { status, error } = spawnSync(process.execPath, [tsc, ...options], { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function copyAssets() {
  const target = path.join(dist, 'graphiql');
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  for (const [name, source] of Object.entries(JSON.parse(fs.readFileSync(assetsFile, 'utf8')))) {
    fs.copyFileSync(path.join(root, source), path.join(target, name));
  }
}

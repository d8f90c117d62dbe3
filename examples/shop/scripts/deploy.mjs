/**
 * Deploys the service SLIPWAY_SERVICE (or SERVICE) in the image SLIPWAY_IMAGE (web:1.0.0) to the environment SLIPWAY_ENVIRONMENT:
 * unpacks the release, stops the process before, switches the link `current`, starts the service and checks its health.
 *
 * After a failure nothing is rolled back: what to do then is for people, or for Slipway's restore, to decide. The
 * output says in which state the environment is left.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askHealth, commandLine, isOurs, isPortTaken, knownProcess, placesIn, stop } from './processes.mjs';
import { checkVersion, Failure, required, run, tar } from './task.mjs';

await run(async () => {
  const target = readTarget();
  const { service, version, environment, port, folder } = target;
  console.log(`${service} ${version} to ${environment}, http://127.0.0.1:${port}/`);

  const unlock = await lock(folder);
  try {
    const archive = findArchive(service);
    const release = archive ? unpack(archive, target) : findKept(target);
    console.log(`${archive ? `unpacked ${archive} to` : 'no archive was given, using'} ${release}`);
    await freePort(target);
    const before = switchTo(release, folder);
    console.log(`current -> ${basename(release)} (before: ${before ?? 'none'})`);
    await checkHealth(start(release, target), release, before, target);
  } finally {
    unlock();
  }
});

/** Everything that the task's environment says, checked before anything is touched. */
function readTarget() {
  // In a workflow of several services, SERVICE names the one that the task deploys.
  const service = process.env.SERVICE || required('SLIPWAY_SERVICE', 'the one service to deploy');
  const environment = required('SLIPWAY_ENVIRONMENT', 'the environment to deploy to');
  const image = process.env.SLIPWAY_IMAGE || JSON.parse(process.env.SLIPWAY_SERVICES || '{}')[service];
  if (!image) throw new Failure(`no image of ${service} is given, e.g. ${service}:1.0.0 (serviceInputs of the start)`);
  const job = required('SLIPWAY_JOB_ID', 'what makes the folder of this deploy unique');
  const version = checkVersion(image.slice(image.lastIndexOf(':') + 1), `the image ${image}`);

  const root = required('TARGET_ROOT', 'the folder that stands for the machines to deploy to');
  if (!isAbsolute(root)) throw new Failure(`TARGET_ROOT=${root} is not an absolute path`);

  const portOf = (name) => {
    const port = Number(required(name, `the port of a service in ${environment}`));
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Failure(`${name}=${port} is no port`);
    return port;
  };
  const port = portOf(`${service.toUpperCase()}_PORT`);
  // The service gets this and nothing else: it lives on when the job, with all its variables, is long gone.
  const { PATH, HOME, LANG, TZ, TMPDIR, SHOP_TITLE } = process.env;
  const inventoryUrl = `http://127.0.0.1:${portOf('INVENTORY_PORT')}`;
  const settings = { PATH, HOME, LANG, TZ, TMPDIR, SHOP_TITLE, PORT: String(port), INVENTORY_URL: inventoryUrl };

  fs.mkdirSync(placesIn(join(root, environment, service)).releases, { recursive: true });
  const folder = fs.realpathSync(join(root, environment, service)); // one spelling: processes are recognized by it
  return { service, environment, version, job, port, settings, folder, root };
}

/**
 * One deploy at a time for each service of an environment: a second one waits. The lock is a link because making one,
 * with its content, is a single step; the lock of a deploy that was killed does not count.
 */
async function lock(folder) {
  const path = placesIn(folder).lock;
  const holder = () => {
    try {
      return Number(fs.readlinkSync(path));
    } catch {
      return undefined; // given back meanwhile
    }
  };
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(200)) {
    const pid = holder();
    if (pid && !commandLine(pid).includes('deploy.mjs')) fs.rmSync(path, { force: true });
    try {
      fs.symlinkSync(String(process.pid), path);
      return () => fs.rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  throw new Failure(`another deploy (process ${holder()}) is still at work in ${folder}`);
}

/** The archive that the build has left for this task. */
function findArchive(service) {
  const found = fs.readdirSync('.').filter((name) => name.startsWith(`${service}-`) && name.endsWith('.tgz'));
  if (found.length > 1) throw new Failure(`which of these is to be deployed? ${found.join(', ')}`);
  return found[0];
}

function readPackage(release) {
  return JSON.parse(fs.readFileSync(join(release, 'package.json'), 'utf8'));
}

/** Unpacks beside the place and renames: what stands below `releases` is complete, and is what its name says. */
function unpack(archive, { service, version, environment, job, folder }) {
  const release = join(placesIn(folder).releases, `${version}-${job}`);
  if (fs.existsSync(release)) return release; // the same job once more, after its agent was lost
  const unfinished = join(folder, 'unpacking');
  fs.rmSync(unfinished, { recursive: true, force: true }); // of a deploy that was killed
  fs.mkdirSync(unfinished);
  tar('-xozf', archive, '-C', unfinished);
  const packed = readPackage(unfinished);
  if (packed.name === service && packed.version === version) {
    fs.renameSync(unfinished, release);
    return release;
  }
  fs.rmSync(unfinished, { recursive: true });
  throw new Failure(
    `the image says ${service} ${version}, but ${archive} holds ${packed.name} ${packed.version}. ` +
      `Start with images of the version that is built. Nothing in ${environment} has been changed.`,
  );
}

/**
 * A deploy outside the pipeline `release` has no archive. It uses a release that was unpacked here before, or copies
 * one from another environment: in a promotion, the release that was tested in staging.
 */
function findKept({ service, version, environment, job, folder, root }) {
  const own = newest(placesIn(folder).releases, version);
  if (own) return own;
  for (const other of fs.readdirSync(root)) {
    const kept = newest(placesIn(join(root, other, service)).releases, version);
    if (!kept) continue;
    const release = join(placesIn(folder).releases, `${version}-${job}`);
    fs.cpSync(kept, `${release}.unfinished`, { recursive: true });
    fs.renameSync(`${release}.unfinished`, release);
    return release;
  }
  throw new Failure(
    `there is no archive ${service}-*.tgz in the working folder, and ${service} ${version} was never unpacked in ` +
      `${environment} or another environment. Nothing has been changed.`,
  );
}

/** The release of a version that was unpacked last. */
function newest(releases, version) {
  if (!fs.existsSync(releases)) return undefined;
  const age = (release) => Date.now() - fs.statSync(release).ctimeMs;
  const kept = fs.readdirSync(releases).filter((name) => !name.endsWith('.unfinished'));
  const fitting = kept.map((name) => join(releases, name)).filter((one) => readPackage(one).version === version);
  return fitting.sort((a, b) => age(a) - age(b))[0];
}

/** Stops the process of before. A stranger on the port is found out first, while everything is still as it was. */
async function freePort({ service, environment, port, folder }) {
  const known = knownProcess(folder);
  const toStop = new Set(known ? [known.pid] : []);
  if (await isPortTaken(port)) {
    const { text, health } = await askHealth(port);
    // Ours even if process.json does not know it: its deploy may have been killed before that was written.
    if (isOurs(folder, health.pid)) toStop.add(health.pid);
    // Ours too if it hangs: then nothing answers, and the known process is the one that was given this port.
    else if (health.pid || known?.port !== port) {
      throw new Failure(
        `port ${port} on 127.0.0.1 is taken by something that is not ${service} of ${environment}. ` +
          `Its answer to GET /health: ${text}\n${describe(health.pid)}` +
          `Stop it, or give ${environment} another port. Nothing in ${environment} has been changed.`,
      );
    }
  }
  for (const pid of toStop) {
    await stop(folder, pid);
    console.log(`stopped process ${pid}`);
  }
  // A process that was killed is gone a moment before its port is free.
  for (const end = Date.now() + 2000; await isPortTaken(port); await sleep(50)) {
    if (Date.now() > end) throw new Failure(`${service} is stopped, but something else has taken its port ${port}.`);
  }
}

function describe(pid) {
  return commandLine(pid) && `It is process ${pid}: ${commandLine(pid).trim()}\n`;
}

/** Links cannot be changed in one step, but renaming a new one over the old is one. Returns the release before. */
function switchTo(release, folder) {
  const { current } = placesIn(folder);
  const before = fs.lstatSync(current, { throwIfNoEntry: false }) && basename(fs.readlinkSync(current));
  fs.rmSync(`${current}.next`, { force: true });
  fs.symlinkSync(join('releases', basename(release)), `${current}.next`);
  fs.renameSync(`${current}.next`, current);
  return before;
}

/**
 * Starts the service in a session of its own (`detached`), with nothing that belongs to the job: when the task is over,
 * its agent ends whatever is left in the job's process group.
 */
function start(release, { version, port, settings, folder }) {
  const places = placesIn(folder);
  const log = fs.openSync(places.log, 'a');
  const logBegin = fs.fstatSync(log).size;
  const child = spawn(process.execPath, [join(release, 'server.mjs')], {
    cwd: release,
    env: settings,
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  fs.closeSync(log);
  const known = { pid: child.pid, version, release, port, startedAt: new Date().toISOString() };
  fs.writeFileSync(`${places.process}.next`, `${JSON.stringify(known, null, 2)}\n`);
  fs.renameSync(`${places.process}.next`, places.process);
  console.log(`started process ${child.pid}, log: ${places.log}`);
  return { child, logBegin };
}

/**
 * Waits until the new process itself answers UP. DEGRADED means that it is well but one that it needs is not: that may
 * be on its way, as services are deployed side by side, so it is waited for, but only for half of the time: a service
 * is not held responsible for another one, whose own deploy fails if it does not come up. One that says DOWN of itself gets
 * a third of the time to think better of it.
 */
async function checkHealth({ child, logBegin }, release, before, { service, version, environment, port, folder }) {
  let ended;
  child.once('exit', (code, signal) => {
    ended = `the process has ended with ${signal ?? code}`;
  });
  const patience = 1000 * Number(process.env.HEALTH_SECONDS || 10);
  const begin = Date.now();
  let answer = { text: 'none' };
  let downSince;
  let down;
  while (!ended && !down && Date.now() - begin < patience) {
    answer = await askHealth(port);
    const { pid, status } = answer.health;
    const isNew = pid === child.pid && answer.health.service === service && answer.health.version === version;
    if (isNew && (status === 'UP' || (status === 'DEGRADED' && Date.now() - begin > patience / 2))) {
      console.log(`${status} after ${((Date.now() - begin) / 1000).toFixed(1)} s: ${answer.text}`);
      return;
    }
    downSince = isNew && status === 'DOWN' ? (downSince ?? Date.now()) : undefined;
    if (Date.now() - downSince > patience / 3) down = `DOWN for ${(patience / 3000).toFixed(1)} s`;
    else await sleep(100);
  }
  throw new Failure(
    [
      `${service} ${version} in ${environment} is not healthy: ${ended ?? down ?? `not UP within ${patience / 1000} s`}.`,
      `Last answer to GET http://127.0.0.1:${port}/health: ${answer.text}`,
      `The log since the start (${placesIn(folder).log}):`,
      ...tail(placesIn(folder).log, logBegin).map((line) => `  | ${line}`),
      `Nothing has been rolled back. ${environment} is left like this:`,
      `  current -> ${basename(release)}, ${ended ? 'nothing runs' : `process ${child.pid} still runs`}`,
      `  the release before: ${before ?? 'none'}`,
    ].join('\n'),
  );
}

function tail(path, begin) {
  return fs.readFileSync(path).subarray(begin).toString().trimEnd().split('\n').slice(-20);
}

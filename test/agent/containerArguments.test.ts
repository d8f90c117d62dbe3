import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerName, jobArguments, removeArguments, serviceArguments } from '../../src/agent/containers/arguments';
import { containerScript, INIT } from '../../src/agent/containers/containerScript';
import { pullProblem, registryOf } from '../../src/agent/containers/images';
import { allowedMounts, allowedOptions } from '../../src/agent/containers/policy';
import { type ContainerRuntime, findRuntime } from '../../src/agent/containers/runtime';
import { NotInPods, readRun, sharedPart } from '../../src/agent/pods/podSpec';
import { jobContainer, jobService } from '../../src/contract/jobContainer';
import { readAgentConfig } from '../../src/kernel/config';

const folder = mkdtempSync(join(tmpdir(), 'slipway-arguments-'));
const policy = { options: ['privileged'], networks: ['host'], mounts: [] };
const runtime: ContainerRuntime = {
  kind: 'podman',
  command: ['podman', '--log-level=error'],
  runArguments: ['--pids-limit=99'],
  policy,
  environment: {},
};
const common = {
  runtime,
  owner: { jobId: 'J', agent: '1-a-2' },
  imageId: 'abc',
  work: folder,
  network: null,
  hosts: [{ name: 'db', address: '10.0.0.2' }],
};

describe('the arguments of a runtime', () => {
  it('name the image by its ID, and have no value of a variable', () => {
    const container = jobContainer.parse({
      image: 'node:22',
      user: '1000:1000',
      network: 'host',
      options: ['--memory 1g', '--privileged'],
      mounts: [{ source: '.', target: '/w', readOnly: true }],
      credentials: { registry: null, username: 'ci', password: 'geheim' },
    });
    expect(jobArguments({ ...common, folders: ['/j/work', '/j/io'] }, container)).toEqual([
      ...['podman', '--log-level=error', 'run', '--interactive', '--log-driver=none', '--name=slipway-J'],
      ...['--pull=never', '--volume=/j/work:/j/work:z', '--volume=/j/io:/j/io:z'],
      ...['--label=slipway.job=J', '--label=slipway.agent=1-a-2', '--user=1000:1000', '--network=host'],
      ...['--add-host=db:10.0.0.2', `--volume=${folder}:/w:ro`, '--pids-limit=99', '--memory=1g', '--privileged'],
      ...['--entrypoint=/bin/sh', 'abc', '-c', INIT, 'slipway-job'],
    ]);
    const service = jobService.parse({
      image: 'pg',
      name: 'db',
      env: { P: 'geheim' },
      arguments: ['-x'],
      ports: [5432],
    });
    const started = { ...common, network: 'slipway-J', hosts: [], envFile: '/j/env', publish: true };
    expect(serviceArguments(started, service)).toEqual([
      ...['run', '--detach', '--name=slipway-J-db', '--pull=never', '--hostname=db', '--network-alias=db'],
      ...['--env-file=/j/env', '--publish=127.0.0.1::5432', '--label=slipway.job=J', '--label=slipway.agent=1-a-2'],
      ...['--network=slipway-J', '--pids-limit=99', 'abc', '-x'],
    ]);
    expect(removeArguments(runtime, [containerName('J')]).slice(0, 3)).toEqual(['rm', '--force', '--ignore']);
    expect(removeArguments({ ...runtime, kind: 'docker' }, ['a'])).toEqual(['rm', '--force', '--volumes', 'a']);
  });

  it('refuse what the configuration does not allow', () => {
    const none = { options: [], networks: [], mounts: [] };
    for (const option of [
      '--privileged',
      '--volume=/:/host',
      '--pid=host',
      '--device /dev/sda',
      '--env-file=/etc/shadow',
      '-v',
    ])
      expect(() => allowedOptions([option], none)).toThrow('is not allowed on this agent');
    for (const image of ['--privileged', '-v', ' ']) {
      const container = jobContainer.parse({ image: 'a', user: image });
      expect(() => jobArguments({ ...common, folders: [] }, container)).toThrow('is not a user');
    }
    const mount = (source: string) => [{ source, target: '/x', readOnly: false }];
    const work = join(folder, 'work');
    const shared = join(folder, 'shared');
    mkdirSync(join(work, 'sub'), { recursive: true });
    mkdirSync(shared);
    symlinkSync('/etc', join(work, 'escape'));
    symlinkSync('/etc', join(shared, 'escape'));
    const allowed = { ...none, mounts: [shared] };
    expect(allowedMounts(mount('sub'), work, none)[0]?.source).toBe(join(work, 'sub'));
    expect(allowedMounts(mount(shared), work, allowed)[0]?.source).toBe(shared);
    for (const source of ['escape', '../..', '/etc', '/dev/null', join(shared, 'escape')])
      expect(() => allowedMounts(mount(source), work, allowed)).toThrow('is not allowed on this agent');
    // A folder does not include the devices and sockets in it.
    expect(() => allowedMounts(mount('/dev/null'), work, { ...none, mounts: ['/dev'] })).toThrow('is not allowed');
    expect(allowedMounts(mount('/dev/null'), work, { ...none, mounts: ['/dev/null'] })).toHaveLength(1);
    expect(() => allowedMounts(mount('absent'), work, none)).toThrow('does not exist');
  });

  it('come from the configuration, and from what is installed', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'podman'), '', { mode: 0o755 });
    const found = (more: Readonly<Record<string, string>>) => {
      const own = { PATH: bin, SLIPWAY_AGENT_TOKEN: 'x'.repeat(16), ...more };
      return findRuntime(readAgentConfig(own), own, { PATH: bin });
    };
    expect(found({ CONTAINER_HOST: 'unix:///x', TOKEN: 'geheim' })).toMatchObject({
      kind: 'podman',
      command: ['podman'],
      environment: { PATH: bin, CONTAINER_HOST: 'unix:///x' },
    });
    expect(found({ PATH: '/nowhere' })).toBeUndefined();
    expect(found({ SLIPWAY_AGENT_CONTAINER_RUNTIME: 'none' })).toBeUndefined();
    expect(
      found({
        SLIPWAY_AGENT_CONTAINER_COMMAND: '/opt/docker --debug',
        SLIPWAY_AGENT_CONTAINER_ALLOW: 'option=privileged, network=host,mount=/srv/cache',
      }),
    ).toMatchObject({
      kind: 'docker',
      command: ['/opt/docker', '--debug'],
      policy: { options: ['privileged'], networks: ['host'], mounts: ['/srv/cache'] },
    });
  });

  it('sort the errors of a pull', () => {
    expect(pullProblem('a', 'Error: initializing: reading manifest 1 in x/y: unauthorized: access').reason).toBe(
      'IMAGE_PULL_REFUSED',
    );
    expect(pullProblem('a', 'Error: reading manifest 9 in docker.io/a: manifest unknown').reason).toBe(
      'IMAGE_NOT_FOUND',
    );
    expect(pullProblem('a', 'dial tcp: connection refused')).toMatchObject({
      reason: 'IMAGE_PULL_FAILED',
      message: 'Could not pull a: dial tcp: connection refused',
    });
    expect(['node:22', 'team/app', 'ghcr.io/a/b', 'localhost:5000/a'].map(registryOf)).toEqual([
      ...['docker.io', 'docker.io', 'ghcr.io', 'localhost:5000'],
    ]);
  });
});

describe('the first process of a container', () => {
  const script = (argv: readonly string[], more: object = {}) => {
    const stateFile = join(folder, 'state');
    return containerScript({ argv, env: {}, without: [], directory: folder, merged: false, stateFile, ...more });
  };

  it('passes on values of any kind', () => {
    const values = { A: `it's "$HOME" \`id\` $(id)`, B: 'two\nlines\n', C: '' };
    const printed = script(['/bin/sh', '-c', 'printf "%s|" "$A" "$B" "$C" "$GONE"'], {
      env: values,
      without: ['GONE'],
    });
    const out = execFileSync('/bin/sh', ['-c', INIT], {
      input: printed,
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', GONE: 'no' },
    });
    expect(out).toBe(`${values.A}|${values.B}|||`);
  });

  it('has the exit code of the command, and passes signals on', () => {
    const end = (command: string) =>
      spawnSync('/bin/sh', ['-c', INIT], { input: script(['/bin/sh', '-c', command]) }).status;
    expect(end('exit 7')).toBe(7);
    expect(end('kill -TERM $$')).toBe(143);
    // The parent of the command is the first process.
    expect(end('trap "exit 9" TERM; kill -TERM $PPID; while :; do sleep 0.01; done')).toBe(9);
  });
});

describe('options of a pod', () => {
  it('are limits, users, mounts and hosts; others have no counterpart', () => {
    const read = readRun([
      ...['--name=j', '--memory=512m', '--cpus=1.5', '--add-host=db:10.0.0.7', '--volume=/a:/b:ro', '--read-only'],
      ...['--pull=always', 'image:1', '-c', '--init'],
    ]);
    expect(read).toMatchObject({
      limits: { memory: '512Mi', cpu: '1.5' },
      hosts: [{ name: 'db', address: '10.0.0.7' }],
    });
    expect(read).toMatchObject({ volumes: [{ source: '/a', target: '/b', readOnly: true }], image: 'image:1' });
    expect(read).toMatchObject({ readOnly: true, pull: 'always', arguments: ['-c', '--init'] });
    expect(() => readRun(['--init', 'image:1'])).toThrow('the option --init has no counterpart in a pod');
    expect(() => readRun(['--network=host', 'image:1'])).toThrow(NotInPods);
  });

  it('need a volume that other pods can mount', () => {
    const own = (volume: object) => ({
      metadata: { name: 'agent-0' },
      spec: {
        containers: [{ volumeMounts: [{ name: 'v', mountPath: '/agent' }] }],
        volumes: [{ name: 'v', ...volume }],
      },
    });
    const claim = { persistentVolumeClaim: { claimName: 'c' } };
    expect(sharedPart(own(claim), '/agent/jobs/1/work')).toMatchObject({ volume: claim, subPath: 'jobs/1/work' });
    expect(() => sharedPart(own({ emptyDir: {} }), '/agent/jobs/1')).toThrow('persistentVolumeClaim');
    expect(() => sharedPart(own(claim), '/agents/jobs/1')).toThrow(NotInPods);
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIGEST, FakeCluster } from '../support/cluster';
import { eventually } from '../support/eventually';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP, type RunView } from '../support/runs';
import { testWorld } from '../support/world';

const reference = (name: string) => `\${${name}}`;
const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: pods
container: { image: "example/image:1", options: [--memory=64m] }
secrets: [TOKEN]
tasks:
  write:
    container: { image: "example/image:1", user: "1000:1000" }
    env: { GREETING: "hello ${reference('TOKEN')}" }
    register: LAST
    streams: separate
    run: |
      echo "$GREETING $FROM_IMAGE"; echo to stderr >&2
      echo content > file.txt; echo "MADE=here" >> "$SLIPWAY_OUTPUT"; echo last
    artifacts: [file.txt]
  clean: { clean_env: true, run: 'echo "\${FROM_IMAGE-none}"' }
  image: { container: { image: "example/none:1" }, ignore_failure: true, run: "true" }
  service:
    services:
      db:
        image: example/db:1
        env: { PASSWORD: "${reference('TOKEN')}" }
        cmd: [sh, -c, 'echo "db with $PASSWORD"; sleep 300']
        ports: [5432]
        health: { cmd: 'test -n "$PATH"', interval: 100ms }
    run: echo "$SLIPWAY_SERVICE_DB_HOST:$SLIPWAY_SERVICE_DB_PORT"; exit 7
    ignore_failure: true
---
kind: Workflow
application: app
name: endless
container: example/image:1
tasks:
  wait: { grace: 60s, run: 'trap "echo stopping; exit 3" TERM; echo begun; while :; do sleep 0.1; done' }
`;

describe('an agent in a cluster', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let cluster: FakeCluster;
  let agent: TestProcess;
  beforeAll(async () => {
    const { applicationId } = await runs.ids('workflow', 'pods');
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'TOKEN', secretValue: 'geheim!!' },
    });
    cluster = await FakeCluster.start(join(server.dataDir, 'worker'));
    const account = join(server.dataDir, 'account');
    mkdirSync(account);
    writeFileSync(join(account, 'token'), cluster.token);
    writeFileSync(join(account, 'namespace'), 'ci');
    agent = startAgentProcess(server.url, server.dataDir, 'worker', {
      SLIPWAY_AGENT_SLOTS: '8',
      SLIPWAY_AGENT_CONTAINER_RUNTIME: 'kubernetes',
      SLIPWAY_AGENT_KUBERNETES_URL: cluster.url,
      SLIPWAY_AGENT_KUBERNETES_ACCOUNT: account,
      SLIPWAY_AGENT_POD_NAME: 'agent-0',
    });
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    await cluster.stop();
  });

  const log = async (jobId: string | undefined) => {
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { stream: string; text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { stream text } } }',
      { id: jobId },
    );
    return jobLog.frames;
  };
  const text = async (jobId: string | undefined) => (await log(jobId)).map((frame) => frame.text).join('');

  it('runs each job as a pod with its workspace, variables, secrets, outputs and services', async () => {
    const id = await runs.start('workflow', 'pods');
    const ended = ({ status }: RunView) => status === 'SUCCESS' || status === 'FAILED';
    const { tasks = [], status } = await eventually(() => runs.read(id), ended);
    const task = (name: string) => tasks.find((one) => one.name === name);
    const said = (name: string) => text(task(name)?.jobs[0]?.id);
    expect([status, await log(task('write')?.jobs[0]?.id)]).toEqual([
      'SUCCESS',
      expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('to stderr') })]),
    ]);
    expect(await said('write')).toContain('*** yes\n');
    expect(task('write')?.artifacts).toMatchObject([{ name: 'file.txt' }]);
    expect(await said('clean')).toBe('none\n');
    expect(task('image')).toMatchObject({ reasonCode: 'IMAGE_NOT_FOUND' });
    expect(task('service')).toMatchObject({ reasonCode: 'EXIT_CODE', exitCode: 7 });
    expect(await said('service')).toContain('127.0.0.1:5432\n');
    expect(await said('service')).toContain('[db] db with ***\n');
    const { execution } = await server.client.ask<{
      execution: { variables: unknown[]; facts: { facts: { container: { digest: string } | null } }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { facts { facts { container { digest } } }
        ... on WorkflowExecution { variables { name value } } } }`,
      { id },
    );
    expect(execution.variables).toEqual(
      expect.arrayContaining([
        { name: 'MADE', value: 'here' },
        { name: 'LAST', value: 'last' },
      ]),
    );
    expect(new Set(execution.facts.map(({ facts }) => facts.container?.digest))).toEqual(new Set([DIGEST]));

    expect(cluster.pods.size + cluster.secrets.size).toBe(0);
    const manifests = JSON.stringify(cluster.created);
    expect(manifests).not.toContain('geheim');
    const pod = cluster.created.find(({ metadata }) => metadata.name === `slipway-${task('write')?.jobs[0]?.id}`);
    expect(pod).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Pod', name: 'agent-0', uid: 'uid-0' }] },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        volumes: [{ name: 'work', persistentVolumeClaim: { claimName: 'agents' } }],
        containers: [
          {
            securityContext: { runAsUser: 1000, runAsGroup: 1000, allowPrivilegeEscalation: false },
            volumeMounts: [
              { name: 'work', subPath: expect.stringMatching(/^agent-0\/.*work$/) },
              { name: 'work', subPath: expect.stringMatching(/^agent-0\//) },
            ],
          },
        ],
        affinity: { nodeAffinity: {} },
      },
    });
  });

  it('passes on the signal of an abort, marks an interruption of the output, and leaves no pod when it is killed', async () => {
    const begun = async () => {
      const id = await runs.start('workflow', 'endless');
      const written = async () => text((await runs.task(id, 'wait')).jobs[0]?.id);
      await eventually(written, (all) => all.includes('begun\n'));
      return { id, written };
    };
    const aborted = await begun();
    cluster.detach();
    await eventually(aborted.written, (all) => all.includes('output may be missing here\n'));
    await runs.abort(aborted.id, 'enough');
    await eventually(aborted.written, (all) => all.endsWith('stopping\n'));
    await runs.until(aborted.id, 'ABORTED');
    await begun();
    expect(cluster.pods.size).toBe(1);
    await agent.end('SIGKILL');
    await eventually(
      () => cluster.pods.size,
      (left) => left === 0,
      { what: 'the end of the pod' },
    );
  });
});

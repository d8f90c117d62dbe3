import { type Fault, faults, LossyProxy } from '../support/lossyProxy';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { randomness } from '../support/property';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';

const MIB = 1024 ** 2;
/** 2048 for the size that people upload; a run of all tests has no time for it. */
const UPLOAD_MIB = Number(process.env.TEST_UPLOAD_MIB ?? 24);
const CUTS = 10;

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: small
tasks:
  write:
    run: |
      mkdir -p out
      for n in $(seq 40); do head -c $((n * 997)) /dev/urandom > out/$n; done
      (cd out && sha256sum *) > sums
    artifacts: [out/*, sums]
  read: { depends_on: [write], artifacts: { from: write }, run: 'cd out && sha256sum -c --quiet ../sums && ls | wc -l' }
---
kind: Workflow
application: app
name: large
timeout: 20m
tasks:
  write: { run: 'head -c ${UPLOAD_MIB}M /dev/urandom > big; sha256sum big', artifacts: [big] }
  read: { depends_on: [write], artifacts: { from: write }, run: sha256sum big }
---
kind: Workflow
application: app
name: commands
secrets: [TOKEN]
tasks:
  upload:
    run: |
      mkdir -p dist/empty; echo one > dist/a.txt; ln -s a.txt dist/link; chmod 750 dist/a.txt
      slipway artifact upload dist
      echo two > elsewhere; slipway artifact upload elsewhere --name named.txt
      slipway artifact upload elsewhere --name "$TOKEN.txt" || echo "refused $?"
      echo "$SLIPWAY_JOB_TOKEN"
      echo three > elsewhere; slipway artifact upload elsewhere --name named.txt || echo "different $?"
  download:
    depends_on: [upload]
    run: |
      slipway artifact download 'dist/*' --dir got; cat got/dist/link; stat -c %a got/dist/a.txt
      slipway artifact download --from upload 'n*a*m*e*d*t*'; cat named.txt
`;

describe('uploads of a job', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let proxy: LossyProxy;
  let agent: TestProcess;
  beforeAll(async () => {
    proxy = await LossyProxy.start(server.url);
    agent = startAgentProcess(proxy.url, server.dataDir, 'worker');
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    await proxy.stop();
  });

  const log = async (id: string, task: string) => {
    const { jobs } = await runs.task(id, task);
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
      { id: jobs[0]?.id },
    );
    return jobLog.frames.map(({ text }) => text).join('');
  };

  it('arrive as they were written although 20 % of requests are lost, doubled or reordered', async () => {
    const random = randomness(20);
    proxy.decide = ({ url = '' }) => {
      const isHit = url.includes('/artifacts/') && random(100) < 20;
      return isHit ? faults[random(faults.length)] : undefined;
    };
    const id = await runs.start('workflow', 'small');
    await runs.until(id, 'SUCCESS', 'FAILED');
    expect(await log(id, 'read')).toBe('40\n');
    const hit = (['DROP_REQUEST', 'DROP_RESPONSE', 'DOUBLE', 'REORDER'] as Fault[]).map((one) => proxy.done[one]);
    expect(Math.min(...hit)).toBeGreaterThan(0);
  });

  it('continue where they were cut, at ten random points', async () => {
    const random = randomness(10);
    const size = UPLOAD_MIB * MIB;
    const points = Array.from({ length: CUTS }, () => random(size)).sort((a, b) => a - b);
    let sent = 0;
    proxy.decide = ({ method, headers }) => {
      if (method !== 'PATCH') return undefined;
      const offset = Number(headers['upload-offset']);
      sent += size - offset;
      const cut = points.find((point) => point > offset);
      points.splice(0, cut === undefined ? points.length : points.indexOf(cut) + 1);
      return cut === undefined ? undefined : { cutAfter: cut - offset };
    };
    const id = await runs.start('workflow', 'large');
    await runs.until(id, 'SUCCESS', 'FAILED');
    expect(await log(id, 'read')).toBe(await log(id, 'write'));
    expect(proxy.done.CUT).toBeGreaterThan(CUTS / 2);
    expect(sent).toBeLessThan(size * (CUTS + 1));
  }, 1_200_000);

  it('and downloads work from inside of the command, without showing a secret', async () => {
    proxy.decide = () => undefined;
    const { applicationId } = await runs.ids('workflow', 'commands');
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'TOKEN', secretValue: 'geheim!!' },
    });
    const id = await runs.start('workflow', 'commands');
    await runs.until(id, 'SUCCESS', 'FAILED');
    const text = await log(id, 'upload');
    expect(text).toMatch(/^uploaded dist\/a.txt\nuploaded dist\/empty\nuploaded dist\/link\nuploaded named.txt\n/);
    expect(text).toContain('could not upload ***.txt: The name of the artifact contains a secret.\nrefused 1\n');
    expect(text).toContain('\n***\n');
    expect(text).toContain('This job already uploaded different content as "named.txt".\ndifferent 1\n');
    expect(text).not.toMatch(/swj_|geheim/);
    expect(await log(id, 'download')).toBe(
      'downloaded got/dist/a.txt\ndownloaded got/dist/empty\ndownloaded got/dist/link\none\n750\ndownloaded named.txt\ntwo\n',
    );
  });
});

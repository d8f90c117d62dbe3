import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { errorsOf } from '../catalog/language/errorsOf';
import { Runs } from '../support/runs';
import { testServer } from '../support/world';
import { slipway } from './program';

const folder = join(__dirname, '../../examples/firstgen');
const server = testServer();

interface Imported {
  readonly documents: readonly {
    readonly kind: string;
    readonly name: string;
    readonly application?: string;
    readonly tasks?: Record<string, { run: string }>;
  }[];
  readonly notCarriedOver: readonly { readonly file: string; readonly path: string; readonly reason: string }[];
}

const imported = async () => JSON.parse((await slipway('', ['import', 'firstgen', folder, '--json'])).out) as Imported;

describe('slipway import firstgen', () => {
  it('prints valid documents, and lists on standard error what is not carried over', async () => {
    const { code, out, err } = await slipway('', ['import', 'firstgen', folder]);
    expect([code, errorsOf(out)]).toEqual([0, []]);
    expect(parseAllDocuments(out).map((one) => `${one.get('kind')} ${one.get('name')}`)).toEqual([
      'Application Todo List',
      'Environment production',
      'Environment qa',
      'Service web',
      'Workflow build',
      'Workflow deploy',
      'Pipeline release',
      'Trigger after release',
      'Trigger deploy hook',
      'Trigger image',
      'Trigger nightly',
      'Trigger push',
    ]);
    expect(err).toContain(
      'Workflows/deploy.yaml phases[0].phaseSteps[0].steps[2]: A step of the type K8S_DEPLOYMENT_ROLLING',
    );
  });

  it('names file, path and reason of each part that has no counterpart', async () => {
    const { notCarriedOver } = await imported();
    expect(
      notCarriedOver.map(({ file, path }) => `${file.split('/').slice(3).join('/')} ${path}`.trim()).sort(),
    ).toEqual([
      'Environments/qa/Infrastructure Definitions/cluster.yaml',
      'Pipelines/release.yaml pipelineStages[2].workflowVariables[1]',
      'Services/web/Artifact Servers/registry.yaml',
      'Services/web/Index.yaml configVariables[1]',
      'Triggers/charts.yaml triggerCondition[0]',
      'Triggers/deploy hook.yaml triggerCondition[0]',
      'Triggers/image.yaml triggerCondition[0]',
      'Triggers/image.yaml workflowVariables[1]',
      'Triggers/push.yaml triggerCondition[0]',
      'Triggers/push.yaml triggerCondition[0].filePaths',
      'Workflows/deploy.yaml failureStrategies[0]',
      'Workflows/deploy.yaml notificationRules',
      'Workflows/deploy.yaml phases[0].phaseSteps[0].steps[0].properties.scriptString',
      'Workflows/deploy.yaml phases[0].phaseSteps[0].steps[2]',
      'Workflows/deploy.yaml rollbackPhases',
      'Workflows/deploy.yaml userVariables[1].name',
    ]);
    expect(notCarriedOver.every(({ reason }) => reason.length > 20)).toBe(true);
    expect((await slipway('', ['import', 'firstgen', folder, '--check'])).code).toBe(1);
  });

  it('keeps what scripts do, with their variables and outputs', async () => {
    const { documents } = await imported();
    const tasks = documents.find(({ name }) => name === 'build')?.tasks ?? {};
    const outputs = mkdtempSync(join(tmpdir(), 'slipway-import-'));
    const env = { PATH: process.env.PATH, Release: '2', SLIPWAY_OUTPUTS: outputs };
    expect(spawnSync('bash', ['-c', tasks.version?.run ?? ''], { env, encoding: 'utf8' }).stdout).toBe(
      'Todo List 2-7\n',
    );
    expect(readFileSync(join(outputs, 'TAG'), 'utf8')).toBe('2-7');
    expect(spawnSync('bash', ['-c', tasks.announce?.run ?? ''], { env: { ...env, TAG: '2-7' } }).status).toBe(0);
    rmSync(outputs, { recursive: true });
  });

  it('carries over triggers: event, start, variables and images', async () => {
    const { documents } = await imported();
    const triggers = documents.filter(({ kind }) => kind === 'Trigger');
    expect(Object.fromEntries(triggers.map(({ kind: _, application: __, name, ...rest }) => [name, rest]))).toEqual({
      'after release': {
        on: { execution: { pipeline: 'release' } },
        start: { workflow: 'deploy' },
        variables: { environment: 'qa' },
        images: { web: `\${{ execution.images["web"] }}` },
      },
      'deploy hook': {
        on: { webhook: { provider: 'CUSTOM' } },
        start: { pipeline: 'release' },
        variables: { Release: `\${{ payload.parameters.Release }}` },
      },
      image: {
        on: { image: { registry: 'STANDARD', service: 'web', tags: 'v[0-9.]+' } },
        start: { workflow: 'deploy' },
        variables: { environment: 'qa' },
      },
      nightly: {
        description: 'Builds on working days',
        on: { schedule: { cron: '0 30 3 ? * MON-FRI' } },
        start: { workflow: 'build' },
        variables: { Release: '2' },
      },
      push: {
        on: { webhook: { provider: 'GITHUB', events: ['push'], branches: 'main' } },
        start: { pipeline: 'release' },
        variables: { Release: `\${{ payload.head_commit.id }}` },
      },
    });
  });

  it('writes documents that apply to a server and start', async () => {
    const output = mkdtempSync(join(tmpdir(), 'slipway-import-'));
    expect((await slipway('', ['import', 'firstgen', folder, '-o', output])).code).toBe(0);
    expect(readdirSync(output)).toEqual(['Todo List.yaml']);
    const applied = await slipway(server.url, ['apply', join(output, 'Todo List.yaml')]);
    expect([applied.code, applied.err]).toEqual([0, '']);
    const runs = new Runs(server, 'Todo List');
    const variableInputs = [{ name: 'Release', variableValue: { type: 'NAME', value: '2' } }];
    const serviceInputs = [{ name: 'web', image: 'example/web:1' }];
    const id = await runs.start('pipeline', 'release', { variableInputs, serviceInputs });
    expect((await runs.read(id)).pipelineStageExecutions?.map(({ pipelineStepName }) => pipelineStepName)).toEqual([
      'build',
      'Approval 0',
      'qa',
      'production',
    ]);
    await runs.abort(id);
    rmSync(output, { recursive: true });
  });
});

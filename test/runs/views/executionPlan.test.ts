import type { Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

const DEFINITIONS = `${APP}${workflow(
  'build',
  `  compile: { run: make, labels: { os: linux }, register: COMMIT }
  test:
    run: make test
    matrix: { os: [linux, darwin, windows] }
    if: matrix.os != "windows" && FAST != true
    depends_on: [compile]
  publish: { run: make publish, if: 'RELEASE != ""', env: { RELEASE: "r-\${COMMIT}" }, depends_on: [test], labels: { zone: dmz } }
  notes: { run: make notes, if: 'SIZE < 2' }`,
  'variables: [{ name: FAST, type: boolean, default: "false" }, { name: SIZE }]\nsecrets: [TOKEN]',
)}${workflow('deploy', '  one: { run: deploy }', `environment: \${environment}\nservices: [web]`)}
---
kind: Pipeline
application: app
name: release
variables: [{ name: SIZE, required: true }, { name: ASK, type: boolean, default: "true" }]
stages:
  - name: Build
    elements: [{ name: build, workflow: build }]
  - name: Sign-off
    elements: [{ name: manager, approval: { approvers: [Managers] }, skip_condition: 'ASK == false' }]
  - name: Ship
    elements:
      - { name: staging, workflow: deploy, environment: staging, skip_condition: 'steps.build.status == "SKIPPED"' }
      - { name: prod, workflow: deploy, environment: prod }
---
kind: Pipeline
application: app
name: asking
stages:
  - elements: [{ name: build, workflow: build, variables: { SIZE: "9" }, runtime_inputs: [SIZE] }]
`;

interface Plan {
  readonly startable: boolean;
  readonly problems: readonly { code: string; refuses: boolean; field: string | null; message: string }[];
  readonly environmentAccess: readonly { allowed: boolean; environment: { name: string } | null }[];
  readonly steps: readonly {
    stepName: string | null;
    kind: string;
    asks: readonly string[];
    taskCount: number;
    levelCount: number;
    skipCondition: { outcome: string; reason: string | null } | null;
    tasks: readonly { name: string; [key: string]: unknown }[];
  }[];
}

const PLAN = `query ($input: StartExecutionInput!) { executionPlan(input: $input) { startable
  problems { code refuses field message } environmentAccess { allowed environment { name } }
  steps { stepName kind asks taskCount levelCount skipCondition { outcome reason }
    tasks { name level combinations runs skipped fails undecided reason labels agents agentCount slots } } } }`;

describe('executionPlan', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });

  const plan = async (kind: 'pipeline' | 'workflow', name: string, more: object = {}, client = server.client) => {
    const input = { ...(await runs.ids(kind, name)), executionType: kind.toUpperCase(), ...more };
    return (await client.ask<{ executionPlan: Plan }>(PLAN, { input })).executionPlan;
  };
  const input = (name: string, value: string) => ({ name, variableValue: { type: 'NAME', value } });
  const counts = async () => {
    const tables = ['execution', 'task_execution', 'job', 'execution_event', 'requirement_class'];
    return server.app.database.rows(
      `SELECT ${tables.map((one) => `(SELECT count(*) FROM ${one}) AS ${one}`).join(', ')}`,
    );
  };

  it('reports all problems at once, of inputs and of later elements', async () => {
    const { startable, problems } = await plan('pipeline', 'release', {
      variableInputs: [input('ASK', 'perhaps'), input('NOPE', 'x')],
      serviceInputs: [{ name: 'web', image: 'has space' }],
      maxParallel: 0,
    });
    expect(startable).toBe(false);
    expect(problems.filter((one) => one.refuses).map(({ code, field }) => [code, field])).toEqual([
      ['WORKFLOW_ONLY', 'maxParallel'],
      ['RANGE', 'maxParallel'],
      ['IMAGE', 'serviceInputs.web'],
      ['UNKNOWN_VARIABLE', 'variableInputs.NOPE'],
      ['REQUIRED', 'variableInputs.SIZE'],
      ['TYPE', 'variableInputs.ASK'],
    ]);
    expect(problems.filter((one) => !one.refuses).map(({ code }) => code)).toEqual([
      'NO_APPROVER',
      'CONDITION_ERROR',
      'NO_AGENT',
      'NO_AGENT',
      'NO_AGENT',
      'SECRET_MISSING',
      'NO_AGENT',
      'NO_AGENT',
    ]);
  });

  it('shows steps, levels, tasks, conditions and agents, and writes nothing', async () => {
    await ProtocolAgent.register(server.url, { name: 'tux', labels: { os: 'linux' }, slots: 3 });
    await ProtocolAgent.register(server.url, { name: 'any', slots: 2 });
    const before = await counts();
    const { startable, problems, steps, environmentAccess } = await plan('pipeline', 'release', {
      variableInputs: [input('SIZE', '1'), input('ASK', 'false')],
      serviceInputs: [{ name: 'web', image: 'web:1' }],
    });
    expect(startable).toBe(true);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['NO_AGENT', 'Step "build": no agent is online with zone=dmz for publish.'],
      [
        'SECRET_MISSING',
        'Step "build": it needs the secret TOKEN, which neither its application nor its environment has.',
      ],
    ]);
    expect(environmentAccess).toEqual([
      { allowed: true, environment: { name: 'prod' } },
      { allowed: true, environment: { name: 'staging' } },
    ]);
    const [build, manager, staging] = steps;
    expect(build).toMatchObject({
      stepName: 'build',
      kind: 'WORKFLOW',
      taskCount: 6,
      levelCount: 3,
      skipCondition: null,
    });
    expect(build?.tasks).toEqual([
      expect.objectContaining({ name: 'compile', level: 0, runs: 1, labels: ['os=linux'], agents: ['tux'], slots: 3 }),
      expect.objectContaining({ name: 'notes', level: 0, runs: 1, agents: ['any', 'tux'], agentCount: 2, slots: 5 }),
      expect.objectContaining({
        ...{ name: 'test', level: 1, combinations: 3, runs: 2, skipped: 1, undecided: 0 },
        reason: expect.stringContaining('(matrix.os = "windows", FAST = false)'),
      }),
      expect.objectContaining({ name: 'publish', level: 2, runs: 0, undecided: 1, agents: [], slots: 0 }),
    ]);
    expect(manager).toEqual({
      ...{ stepName: 'manager', kind: 'APPROVAL', asks: [], taskCount: 0, levelCount: 0, tasks: [] },
      skipCondition: { outcome: 'SKIPPED', reason: 'its skip condition is true: ASK == false (ASK = false)' },
    });
    expect(staging?.skipCondition).toEqual({ outcome: 'LATER', reason: null });
    expect(await counts()).toEqual(before);
  });

  it('leaves out agents that are paused or draining, or belong to other applications', async () => {
    const agents = async () => (await plan('workflow', 'build')).steps[0]?.tasks.find(({ name }) => name === 'notes');
    const change = (name: string, set: string) =>
      server.app.database.rows(`UPDATE agent SET ${set} WHERE name = $1`, [name]);
    expect(await agents()).toMatchObject({ agents: ['any', 'tux'], agentCount: 2, slots: 5 });
    await change('tux', 'paused_at = now()');
    expect(await agents()).toMatchObject({ agents: ['any'], agentCount: 1, slots: 2 });
    await change('any', 'draining_at = now()');
    expect(await agents()).toMatchObject({ agents: [], agentCount: 0, slots: 0 });
    await change('tux', 'paused_at = NULL, application_ids = ARRAY[gen_random_uuid()]');
    expect(await agents()).toMatchObject({ agents: [] });
    const { applicationId } = await runs.ids('workflow', 'build');
    await change('tux', `application_ids = ARRAY['${applicationId}'::uuid]`);
    expect(await agents()).toMatchObject({ agents: ['tux'], slots: 3 });
    await change('any', 'draining_at = NULL');
  });

  it('reports approvals that nobody can give, as the start does, until the group exists', async () => {
    const more = { variableInputs: [input('SIZE', '1')], serviceInputs: [{ name: 'web', image: 'web:1' }] };
    const nobody = async () =>
      (await plan('pipeline', 'release', more)).problems.filter(({ code }) => code === 'NO_APPROVER');
    const message = 'Nobody can give the approval of "manager" (Managers): no such user group exists.';
    expect(await nobody()).toEqual([{ code: 'NO_APPROVER', refuses: false, field: null, message }]);
    await server.client.ask('mutation { createUserGroup(input: {name: "Managers"}) { userGroup { id } } }');
    expect(await nobody()).toEqual([]);
  });

  it('leaves runtime inputs open', async () => {
    const { startable, steps } = await plan('pipeline', 'asking');
    expect(startable).toBe(true);
    expect(steps[0]).toMatchObject({ stepName: 'build', asks: ['SIZE'] });
    const outcomes = steps[0]?.tasks.map(({ name, runs, undecided }) => [name, runs, undecided]);
    expect(outcomes).toEqual([
      ['compile', 1, 0],
      ['notes', 0, 1],
      ['test', 2, 0],
      ['publish', 0, 1],
    ]);
  });

  it('of a standalone workflow matches its start', async () => {
    const { startable, problems } = await plan('workflow', 'deploy');
    expect(startable).toBe(false);
    expect(problems.map(({ code, field }) => [code, field])).toEqual([
      ['REQUIRED', 'variableInputs.environment'],
      ['REQUIRED', 'serviceInputs.web'],
    ]);
    const refusal = runs.start('workflow', 'deploy');
    await expect(refusal).rejects.toThrow(/environment/);
  });

  it('shows the environments that the caller may not use', async () => {
    const testers: Permissions = {
      appPermissions: [
        { permissionType: 'ALL', actions: ['READ'], applications: { filterType: 'ALL' } },
        {
          permissionType: 'DEPLOYMENT',
          actions: ['READ', 'EXECUTE_PIPELINE'],
          applications: { filterType: 'ALL' },
          deployments: { filterTypes: ['NON_PRODUCTION_ENVIRONMENTS'] },
        },
      ],
    };
    const tester = new TestClient(server.url, await createKey(server.client, 'Testers', testers));
    const more = { variableInputs: [input('SIZE', '1')], serviceInputs: [{ name: 'web', image: 'web:1' }] };
    const { startable, problems, environmentAccess } = await plan('pipeline', 'release', more, tester);
    expect(startable).toBe(false);
    expect(problems.find(({ refuses }) => refuses)).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('prod'),
    });
    expect(environmentAccess.map(({ allowed }) => allowed)).toEqual([false, true]);
  });
});

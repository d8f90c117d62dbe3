import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { property } from '../../support/property';
import { APP } from '../../support/runs';
import { restoreWorld } from './world';

interface TaskShape {
  /** Which of the earlier tasks it depends on. */
  readonly after: readonly boolean[];
  readonly matrix: boolean;
  readonly registers: boolean;
  readonly leavesFile: boolean;
}

interface WorkflowShape {
  readonly tasks: readonly TaskShape[];
  readonly restoreTasks: number;
  readonly services: readonly ('web' | 'api')[];
  readonly seesVariable: boolean;
  /** Its last task takes files of the first workflow, if that runs in an earlier stage. */
  readonly takesFiles: boolean;
}

type ElementShape = { readonly workflow: number; readonly environment: 'staging' | 'prod' } | 'approval';

interface Shape {
  readonly workflows: readonly WorkflowShape[];
  readonly stages: readonly (readonly ElementShape[])[];
  /** Images and value of each extension, and the index of its task that fails; -1 for none. */
  readonly extensions: readonly {
    readonly web: number;
    readonly api: number;
    readonly value: number;
    readonly fails: number;
  }[];
  readonly debug: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  workflows: fc.array(
    fc.record({
      tasks: fc.array(
        fc.record({
          after: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
          matrix: fc.boolean(),
          registers: fc.boolean(),
          leavesFile: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      restoreTasks: fc.nat(2),
      services: fc.subarray(['web', 'api'] as const),
      seesVariable: fc.boolean(),
      takesFiles: fc.boolean(),
    }),
    { minLength: 2, maxLength: 3 },
  ),
  stages: fc.array(
    fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({
            workflow: fc.nat(2),
            environment: fc.constantFrom('staging' as const, 'prod' as const),
          }),
        },
        { weight: 1, arbitrary: fc.constant('approval' as const) },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  extensions: fc.array(
    fc.record({ web: fc.nat(2), api: fc.nat(2), value: fc.nat(2), fails: fc.integer({ min: -1, max: 6 }) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  debug: fc.boolean(),
});

const artifactsOf = (leavesFile: boolean, from: string | null): string[] => {
  const keys = [...(leavesFile ? ['paths: ["out.txt"]'] : []), ...(from === null ? [] : [`from: ${from}`])];
  return keys.length === 0 ? [] : [`artifacts: { ${keys.join(', ')} }`];
};

/** Documents of a shape, with unique names. */
function documentsOf({ workflows, stages }: Shape, tag: string): { source: string; services: readonly string[] } {
  const source = workflows.map(({ tasks, restoreTasks, services, seesVariable, takesFiles }, w) => {
    const lines = tasks.map(({ after, matrix, registers, leavesFile }, t) => {
      const needs = after.flatMap((yes, i) => (yes && i < t ? [`t${i}`] : []));
      const keys = [
        'run: "true"',
        ...(needs.length > 0 ? [`depends_on: [${needs.join(', ')}]`] : []),
        ...(matrix ? ['matrix: { n: ["1", "2"] }'] : []),
        ...(registers && !matrix ? [`register: SET_${t}`] : []),
        ...artifactsOf(leavesFile, takesFiles && w > 0 && t === tasks.length - 1 ? `w0-${tag}` : null),
      ];
      return `  t${t}: { ${keys.join(', ')} }`;
    });
    const restoring = Array.from(
      { length: restoreTasks },
      (_, i) => `  back${i}: { type: restore, run: "true"${i > 0 ? `, depends_on: [back${i - 1}]` : ''} }`,
    );
    return `---
kind: Workflow
application: app
name: w${w}-${tag}
environment: \${environment}
services: [${services.join(', ')}]
variables: [${seesVariable ? '{ name: VALUE, default: "0" }' : ''}]
tasks:
${[...lines, ...restoring].join('\n')}`;
  });
  const used = new Set<string>();
  // The first workflow runs before any that may take its files.
  const first: readonly ElementShape[] = [{ workflow: 0, environment: 'staging' }];
  const elements = [first, ...stages].map((stage, s) =>
    stage.map((element, e) => {
      if (element === 'approval') return `{ name: ask ${s}.${e}, approval: { approvers: [Managers], timeout: 1h } }`;
      const w = element.workflow % workflows.length;
      for (const service of workflows[w]?.services ?? []) used.add(service);
      return `{ name: run ${s}.${e}, workflow: w${w}-${tag}, environment: ${element.environment} }`;
    }),
  );
  const pipeline = `---
kind: Pipeline
application: app
name: p-${tag}
variables: [{ name: VALUE, default: "0" }]
stages:
${elements.map((list) => `  - elements: [${list.join(', ')}]`).join('\n')}`;
  return { source: [...source, pipeline].join('\n'), services: [...used] };
}

describe('any pipeline and any extensions', () => {
  const world = restoreWorld({}, `${APP}\n---\nkind: Service\napplication: app\nname: api\n`);
  let made = 0;

  /** Runs all jobs, each with a unique result, so that a mix-up shows. The task with that index fails. */
  const work = async (id: string, fails: number): Promise<string> => {
    let done = 0;
    for (;;) {
      const { status } = await world.runs.read(id);
      if (status === 'SUCCESS' || status === 'FAILED') return status;
      if (await world.runs.asks(id)) await world.runs.decide(id, 'APPROVE');
      for (const job of await world.agent.claim(10, 20)) {
        await world.agent.start(job);
        const value = `${job.task} ${made++}`;
        for (const name of job.outputs) {
          const data = Buffer.from(value);
          await world.agent.upload(job, name, data, createHash('sha256').update(data).digest('hex'));
        }
        const outputs = job.register === null ? [] : [{ name: job.register, value, how: 'REGISTER' }];
        await world.agent.finish(job, done++ === fails ? { exitCode: 1 } : { outputs });
      }
    }
  };

  it('an extension and its restore leave all readable state unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const tag = String(made++);
        const { source, services } = documentsOf(shape, tag);
        await world.runs.apply(source);
        const serviceInputs = services.map((name) => ({ name, image: `${name}:0` }));
        const id = await world.runs.start('pipeline', `p-${tag}`, { serviceInputs });
        expect(await work(id, -1)).toBe('SUCCESS');
        // Each extension of a success creates a restore point; the newest one counts.
        let before = await world.results(id);
        let status = 'SUCCESS';
        let extended = false;
        for (const { value, fails, ...images } of shape.extensions) {
          const own = Object.fromEntries(services.map((name) => [name, `${name}:${images[name as 'web' | 'api']}`]));
          const variableInputs = [{ name: 'VALUE', variableValue: { type: 'NAME', value: String(value) } }];
          const [snapshot, results] = [await world.snapshot(id), await world.results(id)];
          const code = await world.codeOf(world.extend(id, own, { variableInputs }));
          expect(['OK', 'NOTHING_CHANGED']).toContain(code);
          if (code !== 'OK') {
            expect(await world.snapshot(id)).toEqual(snapshot);
            continue;
          }
          if (status === 'SUCCESS') before = results;
          extended = true;
          status = await work(id, fails);
        }
        if (!extended) return;
        expect(await world.restored(id, { debug: shape.debug })).toMatchObject({ status: 'SUCCESS', error: null });
        expect(await world.results(id)).toEqual(before);
      }),
      property(6),
    );
  }, 240_000);
});

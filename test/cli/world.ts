import { DEPLOY, FLOW } from '../support/definitions';
import { APP, type Runs } from '../support/runs';
import { testWorld, type World } from '../support/world';

/** A workflow whose second task fails for as long as a test wants, a pipeline with it, and one with an approval. */
export const DEFINITIONS = `${APP}${FLOW}---
kind: Workflow
application: app
name: watched
on_failure: collect
tasks:
  risky: { run: "true" }
  collect: { run: "true", type: forensic }
${DEPLOY}---
kind: Pipeline
application: app
name: release
stages:
  - name: Test
    elements: [{ name: tests, workflow: flow }]
  - elements: [{ name: to staging, workflow: deploy }]
---
kind: Workflow
application: app
name: to-prod
environment: prod
services: [web]
tasks:
  put: { run: "true" }
---
kind: Pipeline
application: app
name: gated
stages:
  - elements: [{ name: manager, approval: { approvers: [Managers], message: Ready?, timeout: 1h } }]
---
kind: Workflow
application: app
name: choose
variables: [{ name: COLOR, required: true }]
tasks:
  paint: { run: "true" }
---
kind: Pipeline
application: app
name: asking
stages:
  - elements: [{ name: color, workflow: choose, runtime_inputs: [COLOR] }]
---
kind: Workflow
application: app
name: shade
outputs: { SHADE: "\${SHADE}" }
tasks:
  mark: { run: "true", register: SHADE }
---
kind: Pipeline
application: app
name: chained
stages:
  - { name: One, elements: [{ name: make, workflow: shade }] }
  - { name: Two, elements: [{ name: paint, workflow: choose, variables: { COLOR: "\${steps.make.outputs.SHADE}" } }] }
---
kind: Workflow
application: app
name: doubtful
tasks:
  one: { run: "true", failure_strategy: wait }
  two: { run: "true", failure_strategy: wait }
---
kind: Pipeline
application: app
name: doubts
stages:
  - elements: [{ name: doubt, workflow: doubtful, failure_strategy: wait }]
`;

export const cliWorld = (): World => testWorld(DEFINITIONS);

/** A run of `release` that failed at `integration`, which wrote two lines. */
export async function failedRelease({ runs, agent }: World): Promise<string> {
  const id = await startRelease(runs);
  await agent.runOne({ logBytes: 0 });
  const job = await agent.claimOne();
  await agent.start(job);
  const [first, second] = ['connecting to the database\n', 'connection refused\n'];
  await agent.log(job, 0, first);
  await agent.log(job, first.length, second, 'stderr');
  await agent.finish(job, { exitCode: 3, logBytes: first.length + second.length });
  await runs.until(id, 'FAILED');
  return id;
}

export const startRelease = (runs: Runs): Promise<string> =>
  runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });

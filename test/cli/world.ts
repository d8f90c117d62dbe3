import { ProtocolAgent } from '../support/protocolAgent';
import { APP, Runs } from '../support/runs';
import { startTestServer, type TestServer } from '../support/server';

/** A workflow whose second task fails as long as a test lets it, a pipeline of it, and one with an approval. */
export const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: flow
tasks:
  lint: { run: "true" }
  integration: { run: "true", depends_on: [lint] }
  build: { run: "true", depends_on: [integration] }
---
kind: Workflow
application: app
name: watched
on_failure: collect
tasks:
  risky: { run: "true" }
  collect: { run: "true", type: forensic }
---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
tasks:
  put: { run: "true" }
---
kind: Pipeline
application: app
name: release
stages:
  - name: Test
    elements: [{ name: tests, workflow: flow }]
  - elements: [{ name: to staging, workflow: deploy }]
---
kind: Pipeline
application: app
name: gated
stages:
  - elements: [{ name: manager, approval: { approvers: [Managers], timeout: 1h } }]
---
kind: Workflow
application: app
name: choose
variables: [{ name: COLOUR, required: true }]
tasks:
  paint: { run: "true" }
---
kind: Pipeline
application: app
name: asking
stages:
  - elements: [{ name: colour, workflow: choose, runtime_inputs: [COLOUR] }]
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

export interface World {
  readonly server: TestServer;
  readonly runs: Runs;
  readonly agent: ProtocolAgent;
  /** A run of `release` that failed at `integration`, having written two lines there. */
  failedRelease(): Promise<string>;
}

export async function createWorld(): Promise<World> {
  const server = await startTestServer();
  const runs = new Runs(server);
  await runs.apply(DEFINITIONS);
  const agent = await ProtocolAgent.register(server.url);
  return {
    server,
    runs,
    agent,
    async failedRelease() {
      const id = await startRelease(runs);
      await agent.runOne();
      const job = await agent.claimOne();
      await agent.start(job);
      const [first, second] = ['connecting to the database\n', 'connection refused\n'];
      await agent.log(job, 0, first);
      await agent.log(job, first.length, second, 'stderr');
      await agent.finish(job, { exitCode: 3, logBytes: first.length + second.length });
      await runs.until(id, 'FAILED');
      return id;
    },
  };
}

export const startRelease = (runs: Runs): Promise<string> =>
  runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });

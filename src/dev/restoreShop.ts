import pc from 'picocolors';
import type { GraphqlClient } from './graphqlClient';
import type { Place } from './place';
import { RUN, RunReport, type RunView } from './report';

interface Release {
  readonly id: string;
  readonly version: string;
  /** Where web answers in staging. */
  readonly url: string;
}

/** The release that has just been deployed is extended with a web that is broken; its health check fails, the run is restored, and the old version answers again. */
export async function restoreShop(client: GraphqlClient, { print }: Place): Promise<void> {
  const release = await findRelease(client);
  const broken = release.version.replace(/\d+$/, (patch) => `${Number(patch) + 1}-broken`);
  print(`\n${pc.bold(`The same run, extended with ${broken}`)}\n`);
  await extend(client, release.id, broken);
  const failed = await follow(client, release.id, print);
  if (failed.status !== 'FAILED') throw new Error(`the run ${release.id} should have failed; it is ${failed.status}`);
  print(`${pc.red('✗ FAILED')} ${pc.dim(failed.failureDetails?.split('\n')[0] ?? '')}`);
  print(`  ${pc.dim(await health(release.url))}`);

  print(`\n${pc.bold('Back to what it was')}\n`);
  const planToken = await showPreview(client, release.id, print);
  await restore(client, release.id, planToken, print);
  print(`  ${pc.dim(await health(release.url))}`);
  const { status, attempts } = await read(client, release.id);
  if (status !== 'SUCCESS') throw new Error(`the restored run ${release.id} is ${status}`);
  const undone = attempts.filter((attempt) => attempt.revertedBy !== null).map(({ attempt }) => `attempt ${attempt}`);
  print(`${pc.green('✓ SUCCESS')} again; ${undone.join(', ')} undone ${pc.dim(`execution ${release.id}`)}`);
}

async function findRelease(client: GraphqlClient): Promise<Release> {
  const { applicationByName } = await client.ask<{
    applicationByName: {
      id: string;
      environments: { nodes: { name: string; variables: { name: string; value: string }[] }[] };
    };
  }>('{ applicationByName(name: "shop") { id environments(limit: 50) { nodes { name variables { name value } } } } }');
  const { executions } = await client.ask<{
    executions: { nodes: { id: string; inputVariables: { name: string; value: string }[] }[] };
  }>(
    `query ($application: String!) { executions(filters: [{application: {operator: EQUALS, values: [$application]}, status: {operator: EQUALS, values: ["SUCCESS"]}}], limit: 1) {
      nodes { id inputVariables { name value } } } }`,
    { application: applicationByName.id },
  );
  const [run] = executions.nodes;
  const staging = applicationByName.environments.nodes.find((one) => one.name === 'staging');
  const port = staging?.variables.find((one) => one.name === 'WEB_PORT')?.value;
  const version = run?.inputVariables.find((one) => one.name === 'VERSION')?.value;
  if (run === undefined || version === undefined) throw new Error('there is no release of the shop to extend');
  return { id: run.id, version, url: `http://127.0.0.1:${port}/health` };
}

async function extend(client: GraphqlClient, runId: string, version: string): Promise<void> {
  const input = {
    runId,
    images: ['web', 'inventory'].map((service) => ({ service, image: `${service}:${version}` })),
    variableInputs: [{ name: 'VERSION', variableValue: { type: 'NAME', value: version } }],
    reason: 'npm run demo: a version that is broken on purpose',
  };
  await client.ask('mutation ($input: AddImagesToRunInput!) { addImagesToRun(input: $input) { run { status } } }', {
    input,
  });
}

async function follow(client: GraphqlClient, id: string, print: Place['print']): Promise<RunView> {
  const report = new RunReport(print);
  let last: RunView | undefined;
  const watched = client.watch<{ executionUpdated: RunView }>(
    `subscription ($id: ID!) { executionUpdated(executionId: $id) { ${RUN} } }`,
    { id },
  );
  for await (const { executionUpdated } of watched) {
    report.show(executionUpdated);
    last = executionUpdated;
  }
  if (last === undefined) throw new Error('the subscription ended before it said anything');
  return last;
}

async function showPreview(client: GraphqlClient, runId: string, print: Place['print']): Promise<string | null> {
  const { restorePreview } = await client.ask<{
    restorePreview: {
      planToken: string | null;
      inputs: { name: string; now: string | null; restored: string | null }[];
      tasks: { name: string; workflow: string; environment: string | null }[];
    };
  }>(
    'query ($id: ID!) { restorePreview(runId: $id) { planToken inputs { name now restored } tasks { name workflow environment } } }',
    { id: runId },
  );
  const { inputs, tasks, planToken } = restorePreview;
  for (const { name, now, restored } of inputs) print(`    ${name.padEnd(10)} ${now} → ${pc.green(String(restored))}`);
  const where = tasks.map(({ name, workflow, environment }) => `${name} of ${workflow} in ${environment}`);
  print(`    ${pc.yellow('☞')} runs ${where.join(', ')}`);
  return planToken;
}

/** Begins the restore and prints its log as it comes. */
async function restore(
  client: GraphqlClient,
  runId: string,
  planToken: string | null,
  print: Place['print'],
): Promise<void> {
  const { restoreRun } = await client.ask<{ restoreRun: { operation: { id: string } } }>(
    'mutation ($input: RestoreRunInput!) { restoreRun(input: $input) { operation { id } } }',
    { input: { runId, planToken } },
  );
  const log = client.watch<{ operationLog: { lines: { message: string }[] } }>(
    'subscription ($id: ID!) { operationLog(operationId: $id) { lines { message } } }',
    { id: restoreRun.operation.id },
  );
  for await (const { operationLog } of log) for (const { message } of operationLog.lines) print(`    ${message}`);
}

async function read(client: GraphqlClient, id: string) {
  const { execution } = await client.ask<{
    execution: { status: string; attempts: { attempt: number; revertedBy: { id: string } | null }[] };
  }>('query ($id: ID!) { execution(executionId: $id) { status attempts { attempt revertedBy { id } } } }', { id });
  return execution;
}

/** What really answers there. */
async function health(url: string): Promise<string> {
  const response = await fetch(url);
  const { status, version } = (await response.json()) as { version: string; status: string };
  return `${url} → ${response.status} ${status} ${version}`;
}

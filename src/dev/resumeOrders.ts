import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import type { GraphqlClient } from './graphqlClient';
import type { Place } from './place';
import { freePort } from './ports';
import { RunReport, type TaskView } from './report';

interface Run {
  readonly status: string;
  readonly durationMs: number | null;
  readonly tasks: readonly TaskView[];
}

/** The workflow of examples/resume fails while its database is not there; the database is started, and the same execution goes on. */
export async function resumeOrders(client: GraphqlClient, place: Place): Promise<void> {
  const { print, root } = place;
  print(`\n${pc.bold('Orders: go on from where it failed')}\n`);
  const port = await freePort();
  const { applicationId, workflowId } = await applyOrders(client, root);
  const id = await startDelivery(client, applicationId, workflowId, place, port);
  const failed = await follow(client, id, print);
  if (failed.status !== 'FAILED') throw new Error(`the execution ${id} should have failed; it is ${failed.status}`);
  print(`${pc.red('✗ FAILED')} ${pc.dim(await lastLine(client, failed))}`);

  const planToken = await showPreview(client, applicationId, id, print);
  await startDatabase(place, port);
  await client.ask(
    'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { status } } }',
    { input: { applicationId, workflowExecutionId: id, planToken, reason: 'the database runs now' } },
  );
  const done = await follow(client, id, print);
  if (done.status !== 'SUCCESS')
    throw new Error(`the resumed execution ${id} is ${done.status}: ${await lastLine(client, done)}`);
  const seconds = ((done.durationMs ?? 0) / 1000).toFixed(1);
  print(`${pc.green('✓ SUCCESS')} in its second attempt, ${seconds} s of work ${pc.dim(`execution ${id}`)}`);
}

async function applyOrders(client: GraphqlClient, root: string) {
  const source = readFileSync(join(root, 'examples/resume/slipway.yaml'), 'utf8');
  await client.ask(
    'mutation ($source: String!) { applyDefinitions(input: {source: $source, format: YAML}) { results { action } } }',
    { source },
  );
  const { applicationByName } = await client.ask<{
    applicationByName: { id: string; workflows: { nodes: { id: string; name: string }[] } };
  }>('{ applicationByName(name: "orders") { id workflows(limit: 50) { nodes { id name } } } }');
  const workflow = applicationByName.workflows.nodes.find((one) => one.name === 'deliver');
  if (workflow === undefined) throw new Error('the application orders has no workflow "deliver"');
  return { applicationId: applicationByName.id, workflowId: workflow.id };
}

async function startDelivery(
  client: GraphqlClient,
  applicationId: string,
  entityId: string,
  { root, target }: Place,
  port: number,
): Promise<string> {
  const value = (name: string, text: string) => ({ name, variableValue: { type: 'NAME', value: text } });
  const variableInputs = [
    value('SOURCE', join(root, 'examples/resume')),
    value('TARGET', join(target, 'orders')),
    value('DATABASE', `127.0.0.1:${port}`),
  ];
  const input = { applicationId, entityId, executionType: 'WORKFLOW', notes: 'npm run demo', variableInputs };
  const { startExecution } = await client.ask<{ startExecution: { execution: { id: string } } }>(
    'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }',
    { input },
  );
  return startExecution.execution.id;
}

/** Shows what an attempt does until it is final. */
async function follow(client: GraphqlClient, id: string, print: Place['print']): Promise<Run> {
  const report = new RunReport(print);
  let last: Run | undefined;
  const watched = client.watch<{ executionUpdated: Run }>(
    `subscription ($id: ID!) { executionUpdated(executionId: $id) { status durationMs
      ... on WorkflowExecution { tasks { id name status reason reused durationMs jobs { id agent { name } } } } } }`,
    { id },
  );
  for await (const { executionUpdated } of watched) {
    report.showTasks(executionUpdated.tasks);
    last = executionUpdated;
  }
  if (last === undefined) throw new Error('the subscription ended before it said anything');
  return last;
}

/** The last thing that the task which failed has said. */
async function lastLine(client: GraphqlClient, { tasks }: Run): Promise<string> {
  const job = tasks.find((task) => task.status === 'FAILED')?.jobs.at(-1);
  if (job === undefined) return '';
  const { jobLog } = await client.ask<{ jobLog: { frames: { text: string }[] } }>(
    'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
    { id: job.id },
  );
  const text = jobLog.frames.map((frame) => frame.text).join('');
  return text.trimEnd().split('\n').at(-1) ?? '';
}

async function showPreview(
  client: GraphqlClient,
  applicationId: string,
  workflowExecutionId: string,
  print: Place['print'],
): Promise<string | null> {
  const { resumeWorkflowPreview: preview } = await client.ask<{
    resumeWorkflowPreview: { tasksKept: string[]; tasksThatRun: string[]; planToken: string | null };
  }>(
    'query ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowPreview(input: $input) { tasksKept tasksThatRun planToken } }',
    { input: { applicationId, workflowExecutionId } },
  );
  const { tasksKept, tasksThatRun, planToken } = preview;
  print(`    ${pc.yellow('☞')} a resume would keep ${tasksKept.join(', ')}, and run ${tasksThatRun.join(', ')}`);
  return planToken;
}

async function startDatabase({ root, print, atEnd }: Place, port: number): Promise<void> {
  const database: ChildProcess = spawn(process.execPath, [join(root, 'examples/resume/database.mjs'), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(database, 'exit');
  atEnd(async () => {
    database.kill();
    await ended;
  });
  const line = await Promise.race([
    once(database.stdout ?? database, 'data'),
    ended.then(() => Promise.reject(new Error('the database did not start'))),
  ]);
  print(`    ${pc.yellow('☞')} the ${String(line[0]).trim()} is started: resuming`);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import type { Client } from '../client/client';
import {
  ApplicationIdDocument,
  ApplyDefinitionsDocument,
  ResumeWorkflowExecutionDocument,
  ResumeWorkflowPreviewDocument,
  type RunProgressFragment,
  StartExecutionDocument,
  WorkflowIdDocument,
} from '../client/generated';
import { namedValue, type Place } from './place';
import { freePort } from './ports';
import { failedLogs, follow } from './report';

/**
 * Runs the workflow of examples/resume, which fails without its database, starts the database, and resumes the
 * execution.
 */
export async function resumeOrders(client: Client, place: Place): Promise<void> {
  const { print, root } = place;
  print(`\n${pc.bold('Orders: resume from the failure')}\n`);
  const port = await freePort();
  const source = readFileSync(join(root, 'examples/resume/slipway.yaml'), 'utf8');
  await client.ask(ApplyDefinitionsDocument, { input: { source } });
  const { id: applicationId } = (await client.ask(ApplicationIdDocument, { name: 'orders' })).applicationByName;
  const id = await startDelivery(client, applicationId, place, port);
  const failed = await follow(client, id, print);
  if (failed.status !== 'FAILED') throw new Error(`the execution ${id} should have failed; it is ${failed.status}`);
  print(`${pc.red('✗ FAILED')} ${pc.dim(await lastLine(client, failed))}`);

  const target = { applicationId, workflowExecutionId: id };
  const { resumeWorkflowPreview: plan } = await client.ask(ResumeWorkflowPreviewDocument, { input: target });
  const [kept, again] = [plan.tasksKept.join(', '), plan.tasksThatRun.join(', ')];
  print(`    ${pc.yellow('☞')} a resume would keep ${kept}, and run ${again}`);
  await startDatabase(place, port);
  const input = {
    ...target,
    planToken: plan.planToken,
    reason: 'the database runs now',
    expectedVersion: failed.version,
  };
  await client.change(ResumeWorkflowExecutionDocument, { input });
  const done = await follow(client, id, print);
  if (done.status !== 'SUCCESS')
    throw new Error(`the resumed execution ${id} is ${done.status}: ${await lastLine(client, done)}`);
  const seconds = ((done.durationMs ?? 0) / 1000).toFixed(1);
  print(`${pc.green('✓ SUCCESS')} in its second attempt, ${seconds} s of work ${pc.dim(`execution ${id}`)}`);
}

async function startDelivery(
  client: Client,
  applicationId: string,
  { root, target }: Place,
  port: number,
): Promise<string> {
  const { workflowByName } = await client.ask(WorkflowIdDocument, { applicationId, name: 'deliver' });
  const input = {
    applicationId,
    entityId: workflowByName.id,
    executionType: 'WORKFLOW',
    notes: 'npm run demo',
    variableInputs: [
      namedValue('SOURCE', join(root, 'examples/resume')),
      namedValue('TARGET', join(target, 'orders')),
      namedValue('DATABASE', `127.0.0.1:${port}`),
    ],
  } as const;
  return (await client.change(StartExecutionDocument, { input })).startExecution.execution.id;
}

/** Last log line of the first failed task. */
async function lastLine(client: Client, run: RunProgressFragment): Promise<string> {
  const [log] = await failedLogs(client, run);
  return log?.text.trimEnd().split('\n').at(-1) ?? '';
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

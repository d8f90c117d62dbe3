import pc from 'picocolors';
import type { Client } from '../client/client';
import {
  AddImagesToRunDocument,
  ApplicationIdDocument,
  DeployedImagesDocument,
  NewestSuccessDocument,
  OperationLogDocument,
  RestorePreviewDocument,
  RestoreRunDocument,
  type RestoreRunInput,
  RunAttemptsDocument,
} from '../client/generated';
import { healthAt, namedValue, type Place } from './place';
import { follow } from './report';

interface Release {
  readonly id: string;
  readonly version: string;
  /** Version of its run's row. */
  readonly seen: number;
  /** Port of web in staging. */
  readonly port: string | undefined;
}

/**
 * Extends the release with a broken web that fails its health check, restores the run, and shows that the old version
 * responds again.
 */
export async function restoreShop(client: Client, { print }: Place): Promise<void> {
  const release = await findRelease(client);
  const broken = release.version.replace(/\d+$/, (patch) => `${Number(patch) + 1}-broken`);
  print(`\n${pc.bold(`The same run, extended with ${broken}`)}\n`);
  await extend(client, release, broken);
  const failed = await follow(client, release.id, print);
  if (failed.status !== 'FAILED') throw new Error(`the run ${release.id} should have failed; it is ${failed.status}`);
  print(`${pc.red('✗ FAILED')} ${pc.dim(failed.failureDetails?.split('\n')[0] ?? '')}`);
  print(`  ${pc.dim(await healthAt(release.port))}`);

  print(`\n${pc.bold('Restore')}\n`);
  const planToken = await showPreview(client, release.id, print);
  await restore(client, { runId: release.id, planToken, expectedVersion: failed.version }, print);
  print(`  ${pc.dim(await healthAt(release.port))}`);
  const { status, attempts } = (await client.ask(RunAttemptsDocument, { id: release.id })).execution;
  if (status !== 'SUCCESS') throw new Error(`the restored run ${release.id} is ${status}`);
  const undone = attempts.filter((attempt) => attempt.revertedBy !== null).map(({ attempt }) => `attempt ${attempt}`);
  print(`${pc.green('✓ SUCCESS')} again; ${undone.join(', ')} reverted ${pc.dim(`execution ${release.id}`)}`);
}

async function findRelease(client: Client): Promise<Release> {
  const { id: applicationId } = (await client.ask(ApplicationIdDocument, { name: 'shop' })).applicationByName;
  const { environments } = (await client.ask(DeployedImagesDocument, { application: 'shop' })).applicationByName;
  const [run] = (await client.ask(NewestSuccessDocument, { applicationId })).executions.nodes;
  const staging = environments.nodes.find((one) => one.name === 'staging');
  const port = staging?.variables.find((one) => one.name === 'WEB_PORT')?.value;
  const version = run?.inputVariables.find((one) => one.name === 'VERSION')?.value;
  if (run === undefined || version === undefined) throw new Error('there is no release of the shop to extend');
  return { id: run.id, version, seen: run.version, port };
}

async function extend(client: Client, { id: runId, seen: expectedVersion }: Release, version: string): Promise<void> {
  const input = {
    runId,
    expectedVersion,
    images: ['web', 'inventory'].map((service) => ({ service, image: `${service}:${version}` })),
    variableInputs: [namedValue('VERSION', version)],
    reason: 'npm run demo: a version that is broken on purpose',
  };
  await client.change(AddImagesToRunDocument, { input });
}

async function showPreview(client: Client, runId: string, print: Place['print']): Promise<string | null> {
  const { inputs, tasks, planToken } = (await client.ask(RestorePreviewDocument, { runId })).restorePreview;
  for (const { name, now, restored } of inputs) print(`    ${name.padEnd(10)} ${now} → ${pc.green(String(restored))}`);
  const where = tasks.map(({ name, workflow, environment }) => `${name} of ${workflow} in ${environment}`);
  print(`    ${pc.yellow('☞')} runs ${where.join(', ')}`);
  return planToken;
}

/** Starts the restore and prints its log as it grows. */
async function restore(client: Client, input: RestoreRunInput, print: Place['print']): Promise<void> {
  const { operation } = (await client.change(RestoreRunDocument, { input })).restoreRun;
  for await (const { operationLog } of client.stream(OperationLogDocument, { operationId: operation.id }))
    for (const { message } of operationLog.lines) print(`    ${message}`);
}

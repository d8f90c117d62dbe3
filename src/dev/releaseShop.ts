import { join } from 'node:path';
import pc from 'picocolors';
import { Client } from '../client/client';
import {
  ApplicationIdDocument,
  ApplyDefinitionsDocument,
  CreateApiKeyDocument,
  CreateUserGroupDocument,
  DecideApprovalDocument,
  DeployedImagesDocument,
  PipelineIdDocument,
  StartExecutionDocument,
  UserGroupsDocument,
  WaitingApprovalsDocument,
} from '../client/generated';
import { systemClock } from '../kernel/clock';
import { healthAt, namedValue, type Place } from './place';
import { failedLogs, follow } from './report';
import { type Ports, shopDefinitions } from './shopDefinitions';

interface Shop {
  readonly applicationId: string;
  readonly ports: Ports;
}

/** Applies the example, starts its pipeline, approves the release, and shows what is deployed where. */
export async function releaseShop(client: Client, place: Place): Promise<void> {
  const { print } = place;
  const shop = await applyShop(client, place);
  const version = await nextVersion(client);
  print(`\n${pc.bold(`Release ${version} of the shop`)}\n`);
  const run = await startRelease(client, shop, version, place);
  const approver = await releaseManager(client, place);
  const final = await follow(client, run, print, async ({ status, version }) => {
    const seen = { applicationId: shop.applicationId, executionId: run, expectedVersion: version };
    if (status === 'WAITING') await approve(client, approver, seen, print);
  });
  const seconds = ((final.durationMs ?? 0) / 1000).toFixed(1);
  if (final.status !== 'SUCCESS') {
    for (const { name, text } of await failedLogs(client, final)) print(`\n${pc.red(`log of ${name}`)}\n${text}`);
    throw new Error(`the run ${run} ended ${final.status} after ${seconds} s: ${final.failureDetails}`);
  }
  print(`\n${pc.green(`✓ ${final.status}`)} after ${seconds} s ${pc.dim(`execution ${run}`)}`);
  await showDeployments(client, shop, print);
}

async function applyShop(client: Client, { root, target, print }: Place): Promise<Shop> {
  const { source, ports, moved } = await shopDefinitions(root, target);
  const { applyDefinitions } = await client.ask(ApplyDefinitionsDocument, { input: { source } });
  const counts = new Map<string, number>();
  for (const { action } of applyDefinitions.results) counts.set(action, (counts.get(action) ?? 0) + 1);
  print(
    `${pc.green('✓')} examples/shop/slipway.yaml: ${[...counts].map(([action, n]) => `${n} ${action.toLowerCase()}`).join(', ')}`,
  );
  for (const line of moved) print(`  ${pc.yellow(line)}`);
  const { applicationByName } = await client.ask(ApplicationIdDocument, { name: 'shop' });
  return { applicationId: applicationByName.id, ports };
}

const environments = async (client: Client) =>
  (await client.ask(DeployedImagesDocument, { application: 'shop' })).applicationByName.environments.nodes;

/** The version after the newest deployed one, so that each demo releases a new version. */
async function nextVersion(client: Client): Promise<string> {
  const images = (await environments(client)).flatMap(({ deployments }) => deployments.map(({ image }) => image));
  const patches = images.map((image) => Number(/:1\.0\.(\d+)$/.exec(image)?.[1] ?? -1));
  return `1.0.${Math.max(-1, ...patches) + 1}`;
}

async function startRelease(client: Client, { applicationId }: Shop, version: string, place: Place): Promise<string> {
  const { pipelineByName } = await client.ask(PipelineIdDocument, { applicationId, name: 'release' });
  const { startExecution } = await client.change(StartExecutionDocument, {
    input: {
      applicationId,
      entityId: pipelineByName.id,
      executionType: 'PIPELINE',
      notes: 'npm run demo',
      variableInputs: [
        namedValue('SOURCE', join(place.root, 'examples/shop')),
        namedValue('TARGET_ROOT', place.target),
        namedValue('VERSION', version),
      ],
      serviceInputs: ['web', 'inventory'].map((name) => ({ name, image: `${name}:${version}` })),
    },
  });
  return startExecution.execution.id;
}

/** A run as last seen. Decisions about it send this version. */
interface Seen {
  readonly applicationId: string;
  readonly executionId: string;
  readonly expectedVersion: number;
}

async function approve(
  client: Client,
  approver: Client,
  { applicationId, executionId, expectedVersion }: Seen,
  print: Place['print'],
): Promise<void> {
  const comments = 'staging looks good';
  const { approvalDetails } = await client.ask(WaitingApprovalsDocument, { applicationId, executionId });
  for (const { approvalId, approvers } of approvalDetails.approvalDetails) {
    print(`    ${pc.yellow('☞')} waits for ${approvers.join(', ')}: approving, with the comment "${comments}"`);
    const input = { action: 'APPROVE', applicationId, executionId, approvalId, comments, expectedVersion } as const;
    await approver.change(DecideApprovalDocument, { input });
  }
}

/**
 * Returns a client with a key of the group that the approval names. Even an administrator can't approve without being
 * in that group.
 */
async function releaseManager(client: Client, { url, print }: Place): Promise<Client> {
  const name = 'Release Managers';
  const { userGroups } = await client.ask(UserGroupsDocument);
  const group = userGroups.nodes.find((one) => one.name === name) ?? (await createGroup(client, name));
  const expiresAt = new Date(systemClock.now().getTime() + 3_600_000).toISOString();
  const input = { name: 'release manager of the demo', userGroupIds: [group.id], expiresAt };
  const { createApiKey } = await client.ask(CreateApiKeyDocument, { input });
  print(`${pc.green('✓')} a key of the group ${name}, which the approval asks for`);
  return new Client(url, createApiKey.value);
}

async function createGroup(client: Client, name: string): Promise<{ readonly id: string }> {
  const readRuns = { permissionType: 'DEPLOYMENT', actions: ['READ'], applications: { filterType: 'ALL' } } as const;
  const input = { name, permissions: { appPermissions: [readRuns] } };
  return (await client.ask(CreateUserGroupDocument, { input })).createUserGroup.userGroup;
}

/** Shows deployments as the server reports them, and the responses of the deployed services. */
async function showDeployments(client: Client, { ports }: Shop, print: Place['print']): Promise<void> {
  print(`\n${pc.bold('Deployed services')}\n`);
  for (const { name, type, deployments } of [...(await environments(client))].sort((a, b) =>
    a.name < b.name ? 1 : -1,
  )) {
    const images = deployments.map(({ image }) => image).join('  ');
    const health = await healthAt(ports.get(name)?.get('WEB_PORT'));
    print(`  ${name.padEnd(12)}${type.padEnd(10)}${pc.green(images)}   ${pc.dim(health)}`);
  }
}

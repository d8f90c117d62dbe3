import { join } from 'node:path';
import pc from 'picocolors';
import { systemClock } from '../kernel/clock';
import { GraphqlClient } from './graphqlClient';
import type { Place } from './place';
import { RUN, RunReport, type RunView } from './report';
import { type Ports, shopDefinitions } from './shopDefinitions';

interface Shop {
  readonly id: string;
  readonly pipelineId: string;
  readonly ports: Ports;
}

/** Loads the example, starts its pipeline, approves, and says what is deployed where. */
export async function releaseShop(client: GraphqlClient, place: Place): Promise<void> {
  const { print } = place;
  const shop = await applyShop(client, place);
  const version = await nextVersion(client, shop);
  print(`\n${pc.bold(`Release ${version} of the shop`)}\n`);
  const run = await startRelease(client, shop, version, place);
  const approver = await releaseManager(client, place);
  const final = await follow(client, approver, shop, run, print);
  await approver.close();
  const seconds = ((final.durationMs ?? 0) / 1000).toFixed(1);
  if (final.status !== 'SUCCESS') {
    await printFailedLogs(client, final, print);
    throw new Error(`the run ${run} ended ${final.status} after ${seconds} s: ${final.failureDetails}`);
  }
  print(`\n${pc.green(`✓ ${final.status}`)} after ${seconds} s ${pc.dim(`execution ${run}`)}`);
  await showDeployments(client, shop, print);
}

async function applyShop(client: GraphqlClient, { root, target, print }: Place): Promise<Shop> {
  const { source, ports, moved } = await shopDefinitions(root, target);
  const { applyDefinitions } = await client.ask<{ applyDefinitions: { results: { kind: string; action: string }[] } }>(
    'mutation ($source: String!) { applyDefinitions(input: {source: $source, format: YAML}) { results { kind action } } }',
    { source },
  );
  const counts = new Map<string, number>();
  for (const { action } of applyDefinitions.results) counts.set(action, (counts.get(action) ?? 0) + 1);
  print(
    `${pc.green('✓')} examples/shop/slipway.yaml: ${[...counts].map(([action, n]) => `${n} ${action.toLowerCase()}`).join(', ')}`,
  );
  const { applicationByName } = await client.ask<{
    applicationByName: { id: string; pipelines: { nodes: { id: string; name: string }[] } };
  }>('{ applicationByName(name: "shop") { id pipelines(limit: 50) { nodes { id name } } } }');
  const pipeline = applicationByName.pipelines.nodes.find((one) => one.name === 'release');
  if (pipeline === undefined) throw new Error('the application shop has no pipeline "release"');
  for (const line of moved) print(`  ${pc.yellow(line)}`);
  return { id: applicationByName.id, pipelineId: pipeline.id, ports };
}

/** One more than what production has, so that each demo releases something new. */
async function nextVersion(client: GraphqlClient, shop: Shop): Promise<string> {
  const environments = await deployments(client, shop);
  const images = environments.flatMap((environment) => environment.deployments.map((deployment) => deployment.image));
  const patches = images.map((image) => Number(/:1\.0\.(\d+)$/.exec(image)?.[1] ?? -1));
  return `1.0.${Math.max(-1, ...patches) + 1}`;
}

async function startRelease(client: GraphqlClient, shop: Shop, version: string, place: Place): Promise<string> {
  const value = (name: string, text: string) => ({ name, variableValue: { type: 'NAME', value: text } });
  const input = {
    applicationId: shop.id,
    entityId: shop.pipelineId,
    executionType: 'PIPELINE',
    notes: 'npm run demo',
    variableInputs: [
      value('SOURCE', join(place.root, 'examples/shop')),
      value('TARGET_ROOT', place.target),
      value('VERSION', version),
    ],
    serviceInputs: ['web', 'inventory'].map((name) => ({ name, image: `${name}:${version}` })),
  };
  const { startExecution } = await client.ask<{ startExecution: { execution: { id: string } } }>(
    'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }',
    { input },
  );
  return startExecution.execution.id;
}

/** Watches the run until it is final, and gives its approvals. */
async function follow(
  client: GraphqlClient,
  approver: GraphqlClient,
  shop: Shop,
  run: string,
  print: Place['print'],
): Promise<RunView> {
  const report = new RunReport(print);
  const watched = client.watch<{ executionUpdated: RunView }>(
    `subscription ($id: ID!) { executionUpdated(executionId: $id) { ${RUN} } }`,
    { id: run },
  );
  let last: RunView | undefined;
  for await (const { executionUpdated } of watched) {
    report.show(executionUpdated);
    last = executionUpdated;
    if (executionUpdated.status === 'WAITING') await approve(client, approver, shop, run, print);
  }
  if (last === undefined) throw new Error('the subscription ended before it said anything');
  return last;
}

async function approve(
  client: GraphqlClient,
  approver: GraphqlClient,
  shop: Shop,
  run: string,
  print: Place['print'],
): Promise<void> {
  const { approvalDetails } = await client.ask<{
    approvalDetails: { approvalDetails: { approvalId: string; stepName: string; approvers: string[] }[] };
  }>(
    `query ($application: ID!, $run: ID!) { approvalDetails(applicationId: $application, executionId: $run) {
      approvalDetails { approvalId stepName ... on UserGroupApprovalDetails { approvers } } } }`,
    { application: shop.id, run },
  );
  for (const approval of approvalDetails.approvalDetails) {
    print(
      `    ${pc.yellow('☞')} asks ${approval.approvers.join(', ')}: approving, with the comment "staging looks good"`,
    );
    const input = {
      action: 'APPROVE',
      applicationId: shop.id,
      executionId: run,
      approvalId: approval.approvalId,
      comments: 'staging looks good',
    };
    await approver.ask(
      'mutation ($input: ApproveOrRejectApprovalsInput!) { approveOrRejectApprovals(input: $input) { success } }',
      { input },
    );
  }
}

/**
 * A person of the group that the pipeline's approval names, with a key of that group. Not even the administrator may approve without being in it.
 */
async function releaseManager(client: GraphqlClient, { url, print }: Place): Promise<GraphqlClient> {
  const name = 'Release Managers';
  const { userGroups } = await client.ask<{ userGroups: { nodes: { id: string; name: string }[] } }>(
    '{ userGroups(limit: 500) { nodes { id name } } }',
  );
  let groupId = userGroups.nodes.find((group) => group.name === name)?.id;
  if (groupId === undefined) {
    const { createUserGroup } = await client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
      `mutation ($name: String!) { createUserGroup(input: {name: $name, permissions: {appPermissions: [
        {permissionType: DEPLOYMENT, actions: [READ], applications: {filterType: ALL}}]}}) { userGroup { id } } }`,
      { name },
    );
    groupId = createUserGroup.userGroup.id;
  }
  const expiresAt = new Date(systemClock.now().getTime() + 3_600_000).toISOString();
  const { createApiKey } = await client.ask<{ createApiKey: { value: string } }>(
    'mutation ($group: ID!, $expiresAt: DateTime!) { createApiKey(input: {name: "release manager of the demo", userGroupIds: [$group], expiresAt: $expiresAt}) { value } }',
    { group: groupId, expiresAt },
  );
  print(`${pc.green('✓')} a key of the group ${name}, which the approval asks for`);
  return new GraphqlClient(url, createApiKey.value);
}

interface EnvironmentView {
  readonly name: string;
  readonly type: string;
  readonly deployments: readonly {
    readonly service: { readonly name: string };
    readonly image: string;
    readonly deployedAt: string;
  }[];
}

async function deployments(client: GraphqlClient, shop: Shop): Promise<readonly EnvironmentView[]> {
  const { application } = await client.ask<{ application: { environments: { nodes: EnvironmentView[] } } }>(
    `query ($id: ID!) { application(applicationId: $id) { environments(limit: 50) { nodes {
      name type deployments { service { name } image deployedAt } } } } }`,
    { id: shop.id },
  );
  return application.environments.nodes;
}

/** What the server says is deployed, and what really answers there. */
async function showDeployments(client: GraphqlClient, shop: Shop, print: Place['print']): Promise<void> {
  print(`\n${pc.bold('What is deployed where')}\n`);
  const environments = [...(await deployments(client, shop))].sort((a, b) => (a.name < b.name ? 1 : -1));
  for (const environment of environments) {
    const images = environment.deployments.map((one) => one.image).join('  ');
    const url = `http://127.0.0.1:${shop.ports.get(environment.name)?.get('WEB_PORT')}/health`;
    const response = await fetch(url);
    const health = (await response.json()) as { version: string; status: string };
    const answer = `${url} → ${response.status} ${health.status} ${health.version}`;
    print(`  ${environment.name.padEnd(12)}${environment.type.padEnd(10)}${pc.green(images)}   ${pc.dim(answer)}`);
  }
}

/** The logs of the tasks that failed: the first thing that anybody would ask for. */
async function printFailedLogs(client: GraphqlClient, run: RunView, print: Place['print']): Promise<void> {
  const tasks = run.pipelineStageExecutions.flatMap((stage) => stage.workflowExecution?.tasks ?? []);
  for (const task of tasks.filter((one) => one.status === 'FAILED')) {
    const job = task.jobs.at(-1);
    if (job === undefined) continue;
    const { jobLog } = await client.ask<{ jobLog: { frames: { text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
      { id: job.id },
    );
    print(`\n${pc.red(`log of ${task.name}`)}\n${jobLog.frames.map((frame) => frame.text).join('')}`);
  }
}

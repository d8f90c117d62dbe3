import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, print, separateOperations, validate } from 'graphql';
import { firstGenSchema } from '../../../src/api/firstgen/dialect';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../../src/api/graphql/schema';
import { APP } from '../../support/runs';
import { ADMIN_KEY } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
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
  - elements: [{ name: ask, approval: { approvers: [Administrators] } }]
  - elements: [{ name: deploy, workflow: deploy }]
`;

const text = readFileSync(join(__dirname, 'operations.graphql'), 'utf8');
const operations = Object.entries(separateOperations(parse(text)));
const dialect = firstGenSchema(buildGraphqlSchema(resolvers));
const world = testWorld(DEFINITIONS, { agent: { name: 'helper' } });

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function run(name: string, variables: object): Promise<Answer> {
  const [, document] = operations.find(([one]) => one === name) ?? [];
  if (document === undefined) throw new Error(`there is no operation ${name}`);
  return send(print(document), variables);
}

async function send(query: string, variables: object): Promise<Answer> {
  const response = await fetch(`${world.server.url}/api/graphql?accountId=any`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-api-key': ADMIN_KEY },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

/** `OK`, or the codes and messages of the errors. */
const outcome = ({ errors = [] }: Answer): string =>
  errors.length === 0 ? 'OK' : errors.map(({ extensions, message }) => `${extensions.code}: ${message}`).join('; ');

type Ids = Readonly<Record<string, string>>;
type Step = readonly [name: string, variables: (ids: Ids) => object, expected?: string, keeps?: string];

const paged = () => ({ limit: 10, offset: 0 });
const none = () => ({});

/** In an order in which each finds what it needs. `keeps` is the path of an ID for later ones. */
const steps: readonly Step[] = [
  [
    'CreateApplication',
    () => ({ app: { name: 'other', description: 'x', clientMutationId: 'c' } }),
    'OK',
    'createApplication.application.id',
  ],
  [
    'UpdateApplication',
    (ids) => ({
      app: {
        applicationId: ids.CreateApplication,
        name: 'second',
        description: '',
        clientMutationId: '',
        isManualTriggerAuthorized: false,
      },
    }),
  ],
  ['ApplicationById', (ids) => ({ applicationId: ids.CreateApplication })],
  ['ApplicationByName', () => ({ name: 'second' })],
  ['Applications', none],
  [
    'UpdateGitSync',
    (ids) => ({
      input: { applicationId: ids.CreateApplication, gitConnectorId: 'x', branch: 'main', syncEnabled: true },
    }),
    'UNSUPPORTED',
  ],
  ['RemoveGitSync', (ids) => ({ input: { applicationId: ids.CreateApplication } }), 'UNSUPPORTED'],
  [
    'AttachTag',
    (ids) => ({ input: { entityId: ids.CreateApplication, entityType: 'APPLICATION', name: 'team', value: 'web' } }),
  ],
  ['DetachTag', (ids) => ({ input: { entityId: ids.CreateApplication, entityType: 'APPLICATION', name: 'team' } })],
  ['DeleteApplication', (ids) => ({ app: { applicationId: ids.CreateApplication } })],
  ['CloudProviderById', none],
  ['CloudProviderByName', none],
  ['CloudProviders', none],
  [
    'CreateCloudProvider',
    () => ({ provider: { cloudProviderType: 'AWS', awsCloudProvider: { name: 'a', credentialsType: 'MANUAL' } } }),
    'UNSUPPORTED',
  ],
  [
    'UpdateCloudProvider',
    () => ({ provider: { cloudProviderId: 'x', gcpCloudProvider: { name: 'b' } } }),
    'Provider does not exist',
  ],
  ['DeleteCloudProvider', () => ({ input: { cloudProviderId: 'x' } }), 'Provider does not exist'],
  ['ConnectorById', () => ({ connectorId: 'x' })],
  ['Connectors', paged],
  [
    'CreateConnector',
    () => ({ connector: { connectorType: 'GIT', gitConnector: { name: 'g', URL: 'u', customCommitDetails: null } } }),
    'UNSUPPORTED',
  ],
  [
    'UpdateConnector',
    () => ({ connector: { connectorType: 'GIT', connectorId: 'x', gitConnector: { branch: 'b' } } }),
    'Connector does not exist',
  ],
  ['DeleteConnector', () => ({ connector: { connectorId: 'x' } }), 'Connector does not exist'],
  ['Delegates', none, 'OK', 'delegateList.nodes.0.uuid'],
  [
    'ApproveDelegate',
    (ids) => ({ input: { accountId: 'any', delegateApproval: 'ACTIVATE', delegateId: ids.Delegates } }),
  ],
  ['DeleteDelegate', (ids) => ({ input: { accountId: 'any', delegateId: ids.Delegates } })],
  [
    'CreateText',
    (ids) => ({
      secret: {
        secretType: 'ENCRYPTED_TEXT',
        encryptedText: {
          name: 'FIRSTGEN',
          value: 'hidden',
          usageScope: { appEnvScopes: [{ application: { appId: ids.app } }] },
        },
      },
    }),
    'OK',
    'createSecret.secret.id',
  ],
  [
    'UpdateText',
    (ids) => ({
      secret: { secretId: ids.CreateText, secretType: 'ENCRYPTED_TEXT', encryptedText: { value: 'other' } },
    }),
  ],
  ['SecretById', (ids) => ({ id: ids.CreateText })],
  ['SecretByName', none],
  ['DeleteSecret', (ids) => ({ secret: { secretId: ids.CreateText, secretType: 'ENCRYPTED_TEXT' } })],
  ['SecretById', (ids) => ({ id: ids.CreateText }), 'No secret exists'],
  ['SshById', () => ({ id: 'x' }), 'No secret exists'],
  ['SshByName', () => ({ name: 'x' }), 'No secret exists'],
  ['SecretManagerById', () => ({ secretManagerId: 'x' })],
  ['SecretManagerByName', () => ({ name: 'x' })],
  ['SsoProviderById', none],
  ['SsoProviders', paged],
  [
    'CreateUserGroup',
    () => ({
      input: { name: 'Operators', permissions: { accountPermissions: { accountPermissionTypes: ['VIEW_AUDITS'] } } },
    }),
    'OK',
    'createUserGroup.userGroup.id',
  ],
  [
    'UpdateUserGroup',
    (ids) => ({ input: { userGroupId: ids.CreateUserGroup, name: 'Operators', description: 'On call' } }),
  ],
  ['UserGroupById', (ids) => ({ id: ids.CreateUserGroup })],
  ['UserGroupByName', none],
  ['UserGroups', paged],
  ['CreateUser', () => ({ input: { name: 'Grace', email: 'grace@example.com' } }), 'OK', 'createUser.user.id'],
  ['UpdateUser', (ids) => ({ input: { id: ids.CreateUser, name: 'Grace' } })],
  ['AddMember', (ids) => ({ input: { userId: ids.CreateUser, userGroupId: ids.CreateUserGroup } })],
  ['Memberships', (ids) => ({ ...paged(), id: ids.CreateUser })],
  ['UserById', (ids) => ({ id: ids.CreateUser })],
  ['UserByName', none],
  ['UserByEmail', none],
  ['Users', paged],
  ['RemoveMember', (ids) => ({ input: { userId: ids.CreateUser, userGroupId: ids.CreateUserGroup } })],
  ['DeleteUser', (ids) => ({ input: { id: ids.CreateUser } })],
  ['UserById', (ids) => ({ id: ids.CreateUser }), 'User does not exist'],
  ['DeleteUserGroup', (ids) => ({ input: { userGroupId: ids.CreateUserGroup } })],
  ['UserGroupById', (ids) => ({ id: ids.CreateUserGroup }), 'No User Group exists'],
  [
    'Services',
    (ids) => ({ filters: [{ application: { operator: 'EQUALS', values: [ids.app] } }] }),
    'OK',
    'services.nodes.0.id',
  ],
  ['ServiceById', (ids) => ({ id: ids.Services })],
  ['TriggerKindByName', (ids) => ({ name: 'on push', app: ids.app }), 'OK', 'triggerByName.id'],
  ['TriggerByName', (ids) => ({ name: 'on push', app: ids.app })],
  ['WebhookUrl', (ids) => ({ name: 'on push', app: ids.app })],
  ['TriggerKindById', (ids) => ({ id: ids.TriggerKindByName })],
  ['TriggerById', (ids) => ({ id: ids.TriggerKindByName })],
  [
    'StartExecution',
    (ids) => ({
      input: {
        applicationId: ids.app,
        entityId: ids.pipeline,
        executionType: 'PIPELINE',
        notes: 'by script',
        continueWithDefaultValues: true,
        serviceInputs: [
          {
            name: 'web',
            artifactValueInput: {
              valueType: 'BUILD_NUMBER',
              buildNumber: { artifactSourceName: 'example/web', buildNumber: '7' },
            },
          },
        ],
      },
    }),
    'OK',
    'startExecution.pipelineExecution.id',
  ],
  [
    'ExportExecutions',
    (ids) => ({
      input: {
        clientMutationId: 'c',
        filters: [{ execution: { operator: 'EQUALS', values: [ids.StartExecution] } }],
        notifyOnlyTriggeringUser: true,
        userGroupIds: [],
      },
    }),
  ],
  ['PipelineExecutionById', (ids) => ({ id: ids.StartExecution })],
  ['WorkflowExecutionById', (ids) => ({ id: ids.StartExecution })],
  [
    'Approvals',
    (ids) => ({ applicationId: ids.app, executionId: ids.StartExecution }),
    'OK',
    'approvalDetails.approvalDetails.0.approvalId',
  ],
  [
    'DecideApproval',
    (ids) => ({
      approvalInput: {
        action: 'REJECT',
        applicationId: ids.app,
        executionId: ids.StartExecution,
        approvalId: ids.Approvals,
        comments: 'no',
      },
    }),
    // The key belongs to no group of approvers.
    'User not authorized',
  ],
];

const valueAt = (data: unknown, path: string): unknown =>
  path.split('.').reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], data);

describe('operations of a public client of FirstGen', () => {
  it('are valid', () => {
    expect(operations.length).toBe(66);
    const invalid = operations.filter(([, document]) => validate(dialect, document).length > 0);
    expect(invalid.map(([name]) => name)).toEqual([]);
  });

  it('have an answer each, or the error that the client looks for', async () => {
    const { applicationId: app, entityId: pipeline } = await world.runs.ids('pipeline', 'release');
    const ids: Record<string, string> = { app, pipeline };
    const trigger = `mutation ($input: CreateTriggerInput!) { createTrigger(input: $input) { trigger { id } } }`;
    const input = {
      applicationId: app,
      name: 'on push',
      action: { entityId: pipeline, executionType: 'PIPELINE' },
      condition: { conditionType: 'ON_WEBHOOK', webhookConditionInput: { webhookSourceType: 'GITHUB' } },
    };
    expect(outcome(await send(trigger, { input }))).toBe('OK');
    const wrong: string[] = [];
    for (const [name, variables, expected = 'OK', keeps] of steps) {
      const answer = await run(name, variables(ids));
      const found = outcome(answer);
      if (expected === 'OK' ? found !== 'OK' : !found.includes(expected)) wrong.push(`${name}: ${found}`);
      if (keeps !== undefined) ids[name] = String(valueAt(answer.data, keeps));
    }
    expect(wrong).toEqual([]);
    const tested = new Set(steps.map(([name]) => name));
    expect(operations.map(([name]) => name).filter((name) => !tested.has(name))).toEqual(['CreateSsh', 'UpdateSsh']);
  });
});

it('tells which services a start needs images for', async () => {
  const ids = await world.runs.ids('pipeline', 'release');
  const query = `query ($applicationId: String!, $entityId: String!, $variableInputs: [VariableInput]) {
    executionInputs(applicationId: $applicationId, entityId: $entityId, executionType: PIPELINE, variableInputs: $variableInputs) {
      serviceInputs { name artifactType artifactSources { name } } serviceManifestInputs { name }
    }
  }`;
  const { data, errors } = await send(query, { ...ids, variableInputs: [null] });
  expect(errors).toBeUndefined();
  expect(data?.executionInputs).toMatchObject({
    serviceInputs: [{ name: 'web', artifactType: 'DOCKER' }],
    serviceManifestInputs: [],
  });
  expect(outcome(await send(query, { ...ids, entityId: 'x' }))).toMatch(/^NOT_FOUND/);
});

import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually';
import { createKey, READS_ALL } from '../support/keys';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { TestClient } from '../support/client';
import { SECRET_KEY } from '../support/server';
import { type Receiver, startReceiver } from '../support/receiver';
import { consoleTest } from './support/consoleTest';

const { server, runs } = testWorld(
  `${APP}
---
kind: Workflow
application: app
name: ship
tasks:
  put: { run: "true", secrets: [DEPLOY_TOKEN] }
`,
  { agent: null, environment: { SLIPWAY_OUTGOING_ALLOW: 'loopback', SLIPWAY_SECRET_KEY: SECRET_KEY } },
);
const console = consoleTest(server);

/** Chooses from the picker of a field by its label. */
async function pick(page: Page, label: string, option: RegExp): Promise<void> {
  await page.getByLabel(new RegExp(`^${label}( \\(required\\))?$`)).click();
  await page.getByRole('option', { name: option }).click();
  await page.keyboard.press('Escape');
}

describe('settings', () => {
  it('adds users and groups, and explains who may do what, by which group and permission', async () => {
    const page = await console.open('/settings');
    await page.waitForURL(/\/settings\/users$/);
    await page.getByRole('button', { name: 'New user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Ada Lovelace');
    await dialog.getByLabel('E-mail address').fill('ada');
    await dialog.getByRole('button', { name: 'Add the user' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'must be an e-mail address' }).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByLabel('E-mail address').fill('ada@example.com');
    await dialog.getByRole('button', { name: 'Add the user' }).click();
    await page.getByRole('table', { name: 'Users' }).getByTitle('ada@example.com').waitFor();
    expect(await console.problems(page)).toEqual([]);

    await page.getByRole('link', { name: 'User groups', exact: true }).click();
    await page.getByRole('button', { name: 'New group' }).click();
    await dialog.getByLabel('Name').fill('Deployers');
    await dialog.getByRole('button', { name: 'Create the group' }).click();
    await page.getByText('Members may do nothing yet').waitFor();
    await page.getByRole('button', { name: 'Add a permission' }).click();
    await dialog.getByLabel('Run pipelines').check();
    await dialog.getByLabel('Environments').selectOption('Non-production environments');
    await pick(page, 'Applications', /^app/);
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add the permission' }).click();
    const sentence = 'See runs and run pipelines in non-production environments of app.';
    await page.getByRole('list', { name: 'Permissions' }).getByText(sentence).waitFor();
    await page.getByRole('button', { name: 'Add a member' }).click();
    await pick(page, 'Users', /^Ada Lovelace/);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('list', { name: 'Members' }).getByText('ada@example.com').waitFor();
    expect(await console.problems(page)).toEqual([]);

    await page.getByRole('link', { name: 'Who may do what' }).click();
    await pick(page, 'Person', /^Ada Lovelace/);
    await pick(page, 'May', /^Run pipelines/);
    await pick(page, 'In', /^app/);
    await page.getByText('Ada Lovelace may not run pipelines.').waitFor();
    await pick(page, 'Environment', /^staging/);
    await page.getByText('Ada Lovelace may run pipelines.').waitFor();
    await page.getByRole('list', { name: 'Reasons' }).getByText(`Deployers: ${sentence}`).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await pick(page, 'Environment', /^prod/);
    await page.getByText('Ada Lovelace may not run pipelines. The permission DEPLOYMENT').waitFor();
  });

  it('creates a key that is shown once, and revokes it', async () => {
    const page = await console.open('/settings/keys', { scheme: 'dark' });
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('robot');
    await dialog.getByRole('button', { name: 'Create the key' }).click();
    await dialog.getByRole('alert').first().waitFor();
    await pick(page, 'User groups', /^Production Support/);
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create the key' }).click();
    const value = (await dialog.locator('code').textContent()) ?? '';
    const robot = new TestClient(server.url, value);
    expect(await robot.ask('{ viewer { name } }')).toEqual({ viewer: { name: 'robot' } });
    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    const row = page.getByRole('row', { name: /^robot/ });
    await row.getByText('Production Support').waitFor();
    expect(await page.content()).not.toContain(value);
    expect(await console.problems(page)).toEqual([]);
    await row.getByRole('button', { name: 'Revoke …' }).click();
    await dialog.getByRole('button', { name: 'Revoke the key' }).click();
    await row.waitFor({ state: 'detached' });
    await eventually(
      () =>
        robot.ask('{ viewer { name } }').then(
          () => 'accepted',
          (error: Error) => error.message,
        ),
      (outcome) => outcome.includes('not valid'),
      { what: 'the refusal of the key' },
    );
  });

  it('sets secrets, shows where they are used, and never their values', async () => {
    const page = await console.open('/settings/secrets', { width: 1440 });
    await page.getByText('No secrets in app').waitFor();
    await page.getByRole('button', { name: 'New secret' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('9 LIVES');
    await dialog.getByLabel('Value').fill('correct-horse-battery');
    await dialog.getByRole('button', { name: 'Create the secret' }).click();
    await dialog.locator('[role=alert]').first().waitFor();
    await dialog.getByLabel('Name').fill('DEPLOY_TOKEN');
    await dialog.getByLabel('For').selectOption('staging');
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create the secret' }).click();
    const row = page.getByRole('row', { name: /^DEPLOY_TOKEN/ });
    await row.getByRole('cell', { name: 'staging', exact: true }).waitFor();
    await row.getByText('ship').waitFor();
    expect(await page.content()).not.toContain('correct-horse-battery');
    expect(await console.problems(page)).toEqual([]);
    await row.getByRole('button', { name: 'Actions for DEPLOY_TOKEN' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog.getByText('Tasks of ship that name it fail').waitFor();
    await dialog.getByRole('button', { name: 'Delete the secret' }).click();
    await page.getByText('No secrets in app').waitFor();
  });

  it('creates a freeze, shows when it begins, ends it, and deletes it', async () => {
    const page = await console.open('/settings/freezes', { scheme: 'dark' });
    await page.getByText('No freezes').waitFor();
    await page.getByRole('button', { name: 'New freeze' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('incident');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByRole('alert').first().waitFor();
    await dialog.getByLabel('Reason').fill('Orders are lost');
    expect(await console.problems(page)).toEqual([]);
    await pick(page, 'Types of environments', /^Production/);
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    const row = page.getByRole('row', { name: /^incident/ });
    await row.getByText('Frozen').waitFor();
    await row.getByRole('cell', { name: 'production', exact: true }).waitFor();
    await row.getByText('no end').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await row.getByRole('button', { name: 'Actions for incident' }).click();
    await page.getByRole('menuitem', { name: 'End now' }).click();
    await dialog.getByRole('button', { name: 'End it now' }).click();
    await row.getByText('Over').waitFor();
    await row.getByRole('button', { name: 'Actions for incident' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await dialog.getByLabel('From').fill('2099-01-05T09:00');
    await dialog.getByLabel('Until').fill('2099-01-05T17:00');
    await dialog.getByLabel('Repeats').selectOption('Every week');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row.getByText('Not yet').waitFor();
    await row.getByText('every week').waitFor();
    await row.getByRole('button', { name: 'Actions for incident' }).click();
    await page.getByRole('menuitem', { name: 'Delete', exact: true }).click();
    await dialog.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('No freezes').waitFor();
  });

  it('creates a trust rule, with errors at their fields', async () => {
    const page = await console.open('/settings/trust');
    await page.getByText('No trust rules').waitFor();
    await page.getByRole('button', { name: 'New rule' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('main of the shop');
    await dialog.getByLabel('Issuer').fill('http://ci.example');
    await dialog.getByLabel('Audience').fill('https://slipway.example');
    await dialog.getByLabel('Subject').fill('repo:octo-org/shop:ref:refs/heads/main');
    await dialog.getByRole('button', { name: 'Add a claim' }).click();
    await dialog.getByLabel('Claim 1', { exact: true }).fill('ref_protected');
    await dialog.getByLabel('Pattern of claim 1').fill('true');
    await pick(page, 'User groups', /^Production Support/);
    await dialog.getByRole('button', { name: 'Create the rule' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'https' }).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await dialog.getByLabel('Issuer').fill('https://ci.example');
    await dialog.getByRole('button', { name: 'Create the rule' }).click();
    const row = page.getByRole('row', { name: /^main of the shop/ });
    await row.getByText('Production Support').waitFor();
    expect(await console.problems(page)).toEqual([]);
    await row.getByRole('button', { name: 'Actions for main of the shop' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete the rule' }).click();
    await page.getByText('No trust rules').waitFor();
  });

  describe('event subscriptions', () => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await startReceiver();
    });
    afterAll(() => receiver.close());

    it('are created, tested, and show each delivery, which can be sent again', async () => {
      const page = await console.open('/settings/subscriptions');
      await page.getByText('No event subscriptions').waitFor();
      await page.getByRole('button', { name: 'New subscription' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('receiver');
      await dialog.getByLabel('Address').fill('no address');
      await dialog.getByRole('button', { name: 'Create the subscription' }).click();
      await dialog.locator('[role=alert]').first().waitFor();
      await dialog.getByLabel('Address').fill(`${receiver.url}/hook`);
      await pick(page, 'Only events', /^EXECUTION_STATUS/);
      expect(await console.problems(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Create the subscription' }).click();
      await dialog.getByText(/^whsec_/).waitFor();
      await dialog.getByRole('button', { name: 'I have stored it' }).click();
      await page.getByText('Nothing was sent yet').waitFor();
      await page.getByRole('button', { name: 'Send a test' }).click();
      await page.getByText('The receiver accepted a test event (HTTP 204)').waitFor();

      const id = await runs.start('workflow', 'ship');
      await eventually(
        () => receiver.requests.filter(({ body }) => body.includes(id)).length,
        (count) => count > 0,
        { what: 'a delivered event' },
      );
      const row = page.getByRole('row').filter({ hasText: 'EXECUTION_STATUS' }).first();
      await eventually(
        async () => {
          await page.getByRole('button', { name: 'Refresh' }).click();
          return row.filter({ hasText: 'Delivered' }).count();
        },
        (count) => count > 0,
        { what: 'the delivery in the list' },
      );
      await row.getByText('204').waitFor();
      expect(await console.problems(page)).toEqual([]);
      const before = receiver.requests.length;
      await row.getByRole('button', { name: 'Send again' }).click();
      await eventually(
        () => receiver.requests.length,
        (count) => count > before,
        { what: 'the event, again' },
      );
      await page.getByRole('button', { name: 'Turn off …' }).click();
      await dialog.getByLabel('Reason').fill('moved house');
      await dialog.getByRole('button', { name: 'Turn off', exact: true }).click();
      await page.getByRole('region', { name: 'State' }).getByText('moved house').waitFor();
      await page.getByRole('button', { name: 'Turn on' }).click();
      await page.getByRole('button', { name: 'Turn off …' }).waitFor();
    });
  });

  it('says what is missing to a reader without permissions', async () => {
    const key = await createKey(server.client, 'Readers', READS_ALL);
    const page = await console.open('/settings/users', { key, width: 390, height: 800 });
    const button = page.getByRole('button', { name: 'New user' });
    await page
      .getByRole('tooltip', { includeHidden: true })
      .filter({ hasText: 'Manage users and user groups' })
      .first()
      .waitFor({ state: 'attached' });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await console.problems(page)).toEqual([]);
  });
});

import { Auditor } from '../access/audit/auditor';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { createKey, READS_ALL } from '../support/keys';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const HARMFUL = [
  '# Results',
  '',
  'See **the board** at [the tracker](https://example.com/board) or [here](javascript:document.title=1).',
  '',
  "<script>document.title = 'taken'</script>",
  '',
  '<img src=x onerror="document.title=1">',
  '',
  '![a pixel](https://example.com/pixel.png)',
  '',
  '| case | result |',
  '|---|---|',
  '| adds | ok |',
];

const DELIVER = `---
kind: Workflow
application: app
name: build
tasks:
  unit:
    artifacts: ["out/**"]
    run: |
      mkdir out
      cat > "$SLIPWAY_SUMMARY" <<'MD'
${HARMFUL.map((line) => `      ${line}`).join('\n')}
      MD
      cp "$SLIPWAY_SUMMARY" out/notes.md
      echo '<testsuite><testcase name="adds"/><testcase name="refuses" classname="Cart"><failure message="expected 3, got 4"/></testcase></testsuite>' > "$SLIPWAY_REPORTS/a.xml"
      cp "$SLIPWAY_REPORTS/a.xml" out/junit.xml
      echo content > out/app.tgz
`;

const MAKE = `---
kind: Workflow
application: app
name: make
variables: [{ name: LEVEL, default: low }]
tasks:
  compile: { run: "true" }
  report: { run: "true" }
`;

const { server, runs } = testWorld(APP + DELIVER + MAKE, { agent: null });
const console = consoleTest(server);
let agent: TestProcess;
let run: string;

beforeAll(async () => {
  agent = startAgentProcess(server.url, server.dataDir, 'worker');
  run = await runs.start('workflow', 'build');
  await runs.until(run, 'SUCCESS');
});
afterAll(() => agent.end('SIGTERM'));

describe('the page of artifacts', () => {
  it('finds a file of any run by name, glob and digest, and downloads it', async () => {
    const page = await console.open('/artifacts');
    const table = page.getByRole('table', { name: 'Artifacts' });
    await table.getByRole('link', { name: 'out/junit.xml' }).waitFor();
    expect(await console.problems(page)).toEqual([]);

    const search = page.getByRole('searchbox', { name: 'Name, glob, SHA-256, run ID' });
    await search.fill('**/*.tgz');
    await table.getByRole('link', { name: 'out/junit.xml' }).waitFor({ state: 'detached' });
    await table.getByRole('link', { name: 'out/app.tgz' }).click();
    const panel = page.getByRole('complementary', { name: 'out/app.tgz' });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('app.tgz');
    const digest = (await panel.getByText(/^[0-9a-f]{64}$/).textContent()) ?? '';
    expect(await console.problems(page)).toEqual([]);

    await page.keyboard.press('Escape');
    await search.fill(digest);
    await table.getByRole('link', { name: 'out/app.tgz' }).waitFor();
    await search.fill('no such file');
    await page.getByRole('heading', { name: 'No artifact matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await table.getByRole('link', { name: 'out/notes.md' }).waitFor();
  });

  it('pins a file with a reason, holds it, and deletes it once it is unpinned', async () => {
    const page = await console.open('/artifacts?text=app.tgz', { scheme: 'dark' });
    const table = page.getByRole('table', { name: 'Artifacts' });
    await table.getByRole('link', { name: 'out/app.tgz' }).click();
    const panel = page.getByRole('complementary', { name: 'out/app.tgz' });
    await panel.getByRole('button', { name: 'Pin …' }).click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('release 4.2');
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Pin', exact: true }).click();
    await table.getByText('Pinned: release 4.2').waitFor();
    const remove = panel.getByRole('button', { name: 'Delete …' });
    await panel.getByRole('button', { name: 'Unpin' }).waitFor();
    expect(await remove.getAttribute('aria-disabled')).toBe('true');
    expect(await panel.getByRole('tooltip', { includeHidden: true }).textContent()).toContain('unpin it first');
    expect(await console.problems(page)).toEqual([]);

    await panel.getByRole('button', { name: 'Unpin' }).click();
    await panel.getByRole('button', { name: 'Pin …' }).waitFor();
    await remove.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await table.waitFor({ state: 'detached' });
    await page.goto(`${server.url}/artifacts?state=deleted`);
    await table
      .getByRole('row', { name: /app\.tgz/ })
      .getByText(/^Deleted/)
      .waitFor();
  });

  it('does not offer changes to those who may only look', async () => {
    const key = await createKey(server.client, 'Readers', READS_ALL);
    const page = await console.open('/artifacts?text=notes', { key, width: 390 });
    await page.getByRole('link', { name: 'out/notes.md' }).click();
    const panel = page.getByRole('complementary', { name: 'out/notes.md' });
    const remove = panel.getByRole('button', { name: 'Delete …' });
    await remove.waitFor();
    expect(await remove.getAttribute('aria-disabled')).toBe('true');
    expect(await panel.getByRole('tooltip', { includeHidden: true }).first().textContent()).toMatch(/EXECUTE_WORKFLOW/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await console.problems(page)).toEqual([]);
  });

  it('shows Markdown without its HTML, its scripts and its images', async () => {
    const page = await console.open('/artifacts?text=notes');
    await page.getByRole('link', { name: 'out/notes.md' }).click();
    const content = page.getByRole('region', { name: 'Content' });
    await content.getByRole('heading', { name: 'Results' }).waitFor();
    await content.getByRole('cell', { name: 'adds' }).waitFor();
    await content.getByText("<script>document.title = 'taken'</script>").waitFor();
    await content.getByText('<img src=x').waitFor();
    const links = await content.getByRole('link').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(links).toEqual(['https://example.com/board', 'https://example.com/pixel.png']);
    expect(await content.locator('img, script').count()).toBe(0);
    expect(await page.title()).toBe('Artifacts · Slipway');
    expect(await console.problems(page)).toEqual([]);
  });

  it('shows JUnit as numbers and failed cases, also on the page of the run', async () => {
    const page = await console.open('/artifacts?text=junit');
    await page.getByRole('link', { name: 'out/junit.xml' }).click();
    const content = page.getByRole('region', { name: 'Content' });
    await content.getByText('expected 3, got 4').waitFor();
    expect(await content.getByRole('definition').allTextContents()).toEqual(['2', '1', '1', '0', '0.0 s']);

    await page.getByRole('complementary').getByRole('link', { name: 'app / build' }).click();
    await page.getByRole('tab', { name: 'Reports' }).click();
    const report = page.getByRole('region', { name: 'unit' });
    await report.getByText('expected 3, got 4').waitFor();
    await report.getByRole('heading', { name: 'Results' }).waitFor();
    expect(await report.locator('img, script').count()).toBe(0);
    expect(await console.problems(page)).toEqual([]);
  });
});

describe('the page that compares', () => {
  const same = (run: string) => MAKE.replace('run: "true"', `run: "${run}"`);

  it('shows what differs between two runs that are chosen in the list', async () => {
    const good = await runs.start('workflow', 'make');
    await runs.until(good, 'SUCCESS');
    await runs.apply(same('exit 3'));
    const variableInputs = [{ name: 'LEVEL', variableValue: { type: 'NAME', value: 'high' } }];
    const bad = await runs.start('workflow', 'make', { variableInputs });
    await runs.until(bad, 'FAILED');

    const page = await console.open('/runs');
    const list = page.getByRole('table', { name: 'Runs' });
    const choices = list.getByRole('checkbox', { name: /^Compare make/ });
    await choices.nth(0).check();
    await page.getByText('Choose another run').waitFor();
    await choices.nth(1).check();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('link', { name: 'Compare the two runs' }).click();

    const inputs = page.getByRole('table', { name: 'Inputs' });
    await inputs.getByRole('row', { name: /LEVEL low high/ }).waitFor();
    const definition = page.getByRole('table', { name: 'Definition' });
    await definition.getByRole('row', { name: /tasks\.compile\.run true exit 3/ }).waitFor();
    expect(await definition.getByRole('row').count()).toBe(2);
    const tasks = page.getByRole('table', { name: 'Tasks' });
    await tasks.getByRole('row', { name: /compile Succeeded .* Failed exit code 3/ }).waitFor();
    expect(await console.problems(page)).toEqual([]);

    await page.getByRole('checkbox', { name: 'Show what is equal, too' }).check();
    await definition.getByRole('row').nth(2).waitFor();
    await tasks.getByRole('row', { name: /report/ }).waitFor();
    await page.getByRole('button', { name: 'Swap the sides' }).click();
    await inputs.getByRole('row', { name: /LEVEL high low/ }).waitFor();
  });

  it('finds the last success, and compares attempts of a run', async () => {
    const [bad] = await server.app.database.rows<{ id: string; applicationId: string }>(
      `SELECT id, application_id AS "applicationId" FROM execution WHERE status = 'FAILED'`,
    );
    const id = bad?.id ?? '';
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId: bad?.applicationId, workflowExecutionId: id } },
    );
    await runs.until(id, 'FAILED');
    const page = await console.open(`/runs/${id}?tab=attempts`, { scheme: 'dark' });
    await page.getByRole('link', { name: 'Compare with attempt 1' }).click();
    await page.getByRole('button', { name: 'Attempt 2' }).waitFor();
    await page.getByRole('heading', { name: 'Nothing differs' }).waitFor();
    expect(await console.problems(page)).toEqual([]);

    await page.goto(`${server.url}/runs/${id}`);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Compare with the last success' }).click();
    await page.getByRole('table', { name: 'Definition' }).getByText('exit 3').waitFor();
    expect(page.url()).not.toContain('last-success');
  });

  it('shows what differs between environments', async () => {
    const page = await console.open('/', { width: 390 });
    await page.getByRole('link', { name: 'Compare environments' }).click();
    const variables = page.getByRole('table', { name: 'Variables' });
    await variables.getByRole('row', { name: /WHERE/ }).getByText('staging').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await console.problems(page)).toEqual([]);
  });
});

describe('the audit trail', () => {
  const auditor = new Auditor(server);

  it('is filtered, and shows what an action changed', async () => {
    const { application } = await server.client.ask<{ application: { id: string } }>(
      '{ application: applicationByName(name: "app") { id } }',
    );
    await server.client.ask(
      'mutation ($input: UpdateApplicationInput!) { updateApplication(input: $input) { application { id } } }',
      {
        input: { applicationId: application.id, description: 'the shop' },
      },
    );
    await auditor.createApplication('found by its name');
    const page = await console.open('/audit');
    const table = page.getByRole('table', { name: 'Audit records' });
    await table.getByRole('row').nth(1).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Action' }).click();
    await page.getByRole('option', { name: 'application.update' }).click();
    await page.keyboard.press('Escape');
    await table.getByRole('link', { name: 'application.create' }).waitFor({ state: 'detached' });
    await table.getByRole('link', { name: 'application.update' }).click();
    const panel = page.getByRole('complementary', { name: 'application.update' });
    await panel.getByRole('table', { name: 'Changes' }).getByRole('row').nth(1).waitFor();
    expect(await console.problems(page)).toEqual([]);
    await panel.getByRole('link', { name: 'All of this object' }).click();
    await page.getByRole('button', { name: 'Only object' }).waitFor();

    const search = page.getByRole('searchbox', { name: 'Who, or what' });
    await page.getByRole('button', { name: 'Clear' }).click();
    await search.fill('BY ITS');
    await table.getByRole('link', { name: 'application.create' }).waitFor();
    await table.getByRole('link', { name: 'application.update' }).waitFor({ state: 'detached' });
  });

  it('is verified, and found to be broken after a record is changed', async () => {
    const { lastSequence } = await auditor.sealed();
    const page = await console.open('/audit', { scheme: 'dark', width: 390 });
    const verify = page.getByRole('button', { name: 'Verify the chain' });
    await verify.click();
    await page.getByText(`All ${lastSequence} records of the chain are unchanged`).waitFor();
    expect(await console.problems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);

    await server.app.database.write('ALTER TABLE audit_record DISABLE TRIGGER USER');
    await server.app.database.write(
      `UPDATE audit_record SET actor_name = 'nobody' WHERE id = (SELECT record_id FROM audit_link WHERE sequence = 3)`,
    );
    await verify.click();
    await page.getByText('The chain is broken at record 3').waitFor();
    await page.getByText('Records 1 to 2 are unchanged').waitFor();
    expect(await console.problems(page)).toEqual([]);
  });

  it('is not offered to those who may not see it', async () => {
    const key = await createKey(server.client, 'Onlookers', READS_ALL);
    const page = await console.open('/audit', { key });
    await page.getByRole('heading', { name: 'You may not see the audit trail' }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Audit' }).count()).toBe(
      0,
    );
    expect(await console.problems(page)).toEqual([]);
  });
});

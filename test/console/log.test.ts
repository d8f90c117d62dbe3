import type { ClaimedJob } from '../support/protocolAgent';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { consoleTest } from './support/consoleTest';

const FLOW = `---
kind: Workflow
application: app
name: writes
tasks: { write: { run: "write" } }
`;
const LINES = 1_000_000;
const { runs, agent, server } = testWorld(APP + FLOW);
const console = consoleTest(server);

async function begin(): Promise<{
  readonly runId: string;
  readonly job: ClaimedJob;
  write(text: string): Promise<void>;
  end(exitCode: number): Promise<unknown>;
}> {
  const runId = await runs.start('workflow', 'writes');
  const job = await agent.claimOne();
  await agent.start(job);
  let offset = 0;
  const write = async (text: string) => {
    const { status } = await agent.log(job, offset, text);
    expect(status).toBe(200);
    offset += Buffer.byteLength(text);
  };
  const end = (exitCode: number) => agent.finish(job, { exitCode, logBytes: offset });
  return { runId, job, write, end };
}

const rendered = '[data-line]';

describe('the log of a job', () => {
  it('follows, stops when the reader scrolls up, folds groups, and resumes with a button', async () => {
    const { job, runId, write, end } = await begin();
    const page = await console.open(`/jobs/${job.jobId}/log`);
    await page.getByText('No output yet').waitFor();
    await write('\u001b[32mhello\u001b[0m <b>world</b>\n::group::Build\ninside\n::endgroup::\n');
    await page.getByText('hello').waitFor();
    expect(await page.evaluate(`getComputedStyle(document.querySelector('[data-line="1"] span span')).color`)).toBe(
      'rgb(86, 201, 143)',
    );
    await page.getByText('<b>world</b>').waitFor();
    await page.getByRole('button', { name: 'Build' }).click();
    await page.getByText('inside').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Build' }).click();
    await page.getByText('inside').waitFor();
    expect(await console.problems(page)).toEqual([]);

    await write(Array.from({ length: 300 }, (_, n) => `line ${n + 1}\n`).join(''));
    await page.getByText('line 300', { exact: true }).waitFor();
    await page.getByText('Following').waitFor();
    await page.getByRole('region', { name: 'Log' }).hover();
    await page.mouse.wheel(0, -900);
    await page.getByText('Not following').waitFor();
    await write('after the reader scrolled up\n');
    await page.getByText('305 lines').waitFor();
    expect(await page.getByText('after the reader').count()).toBe(0);
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByText('after the reader').waitFor();
    await write('the last one\n');
    await page.getByText('the last one').waitFor();
    await end(0);
    await page.getByText('Succeeded').waitFor();
    await runs.until(runId, 'SUCCESS');
  });

  it('shows any part of 1,000,000 lines with a bounded number of elements', async () => {
    const { job, write, end } = await begin();
    for (let from = 1; from <= LINES; from += 50_000) {
      let text = '';
      for (let n = from; n < from + 50_000; n++) text += n === 654_321 ? 'the Needle\n' : `line ${n}\n`;
      await write(text);
    }
    await end(1);
    const page = await console.open(`/jobs/${job.jobId}/log`);
    await page.getByText(`line ${LINES}`, { exact: true }).waitFor();
    await page.getByText('1,000,000 lines').waitFor();

    const log = page.getByRole('region', { name: 'Log' });
    await log.focus();
    await page.keyboard.press('Home');
    await page.getByText('line 1', { exact: true }).waitFor();
    await log.evaluate((box) => box.scrollTo(0, box.scrollHeight / 2));
    await page
      .getByText(/^line 50\d{4}$/)
      .first()
      .waitFor();
    await page.keyboard.press('End');
    await page.getByText(`line ${LINES}`, { exact: true }).waitFor();

    await page.getByLabel('Go to line').fill('777,777');
    await page.keyboard.press('Enter');
    await page.getByText('line 777777', { exact: true }).waitFor();
    expect(new URL(page.url()).hash).toBe('#L777777');
    await page.locator('[data-line="777779"] a').click({ modifiers: ['Shift'] });
    expect(new URL(page.url()).hash).toBe('#L777777-L777779');

    const linked = await console.open(`/jobs/${job.jobId}/log#L333333`);
    await linked.getByText('line 333333', { exact: true }).waitFor();

    await page.keyboard.press('/');
    await page.keyboard.type('needle');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('[data-line="654321"]').getByText('Needle').waitFor();
    expect(new URL(page.url()).search).toBe('?q=needle');
    expect(await page.locator(rendered).count()).toBeLessThan(100);
    expect(await console.problems(page)).toEqual([]);
    const downloaded = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await downloaded).suggestedFilename()).toBe('write-1.log');
  });
});

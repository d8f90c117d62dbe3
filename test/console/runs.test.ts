import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { FLOW } from '../support/definitions';
import { consoleTest } from './support/consoleTest';

const { runs, agent, server } = testWorld(APP + FLOW);
const console = consoleTest(server);

describe('the list of runs', () => {
  it('shows a run as it starts and ends', async () => {
    const page = await console.open('/runs');
    await page.getByText('No runs yet').waitFor();
    const id = await runs.start('workflow', 'flow');
    const row = page.getByRole('row').filter({ has: page.locator(`a[href$="/runs/${id}"]`) });
    await row.getByText('Running').or(row.getByText('Queued')).first().waitFor();
    expect(await console.problems(page)).toEqual([]);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    await row.getByText('Succeeded').first().waitFor();
  });
});

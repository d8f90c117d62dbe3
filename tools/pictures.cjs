/**
 * Takes the pictures of docs/images from a running demo:
 *   npm run demo          # prints the address and the key
 *   node tools/pictures.cjs http://127.0.0.1:4000 KEY
 */
require('./swc-register.cjs');
const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { startBrowser } = require('../test/console/support/browser.ts');

const [url, key, target = path.join(__dirname, '../docs/images')] = process.argv.slice(2);

async function main() {
  const { run, build, job } = await released();
  const pictures = [
    ['deployed', '/', 'light'],
    ['runs', '/runs', 'dark'],
    ['run', `/runs/${run}`, 'light'],
    ['graph', `/runs/${build}?tab=graph`, 'dark'],
    ['log', `/jobs/${job}/log`, 'dark'],
    ['artifacts', '/artifacts', 'light'],
  ];
  mkdirSync(target, { recursive: true });
  const browser = await startBrowser();
  for (const [name, place, colorScheme] of pictures) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
    await context.addInitScript({ content: `sessionStorage.setItem('slipway.apiKey', ${JSON.stringify(key)})` });
    const page = await context.newPage();
    await page.goto(new URL(place, url).href, { waitUntil: 'load' });
    await page.locator('h1').waitFor();
    // Streams stay open, so the network is never idle; all data of these pages comes within moments.
    await page.waitForTimeout(3000);
    await page.screenshot({ path: path.join(target, `${name}.png`) });
    await context.close();
    console.log(`${name}.png`);
  }
  await browser.close();
}

/** The newest run of a pipeline, the run of its first workflow, and the job of that one's second task. */
async function released() {
  const query = `{ executions(limit: 3) { nodes { ... on PipelineExecution { id pipelineStageExecutions {
    ... on WorkflowStageExecution { workflowExecution { id tasks { jobs { id } } } } } } } } }`;
  const response = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  const { id, pipelineStageExecutions } = data.executions.nodes.find((run) => run.id !== undefined);
  const { workflowExecution } = pipelineStageExecutions[0];
  return { run: id, build: workflowExecution.id, job: workflowExecution.tasks[1].jobs[0].id };
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

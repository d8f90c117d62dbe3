import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app.mjs';

const open = [];
after(() => {
  for (const server of open) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(server) {
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** Stands in for the inventory: answers each path with what `bodies` has for it. */
const inventoryWith = (bodies) =>
  listen(
    createServer((request, response) => {
      const body = bodies[request.url];
      response.writeHead(body ? 200 : 500, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    }),
  );
const goodInventory = () =>
  inventoryWith({
    '/health': { service: 'inventory', version: '7.0.0', status: 'UP' },
    '/items': { items: [{ sku: 'knot', name: 'Knot <b>&</b> co', unitCents: 1050, inStock: 3 }] },
  });
/** An address where nobody listens: it was open, and is closed again. */
async function nobody() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  server.close();
  return `http://127.0.0.1:${port}`;
}
const web = (options) => listen(createApp({ version: '1.2.3', title: 'Shop', ...options }));

test('GET /health is UP when the inventory answers', async () => {
  const response = await fetch(`${await web({ inventoryUrl: await goodInventory() })}/health`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    service: 'web',
    version: '1.2.3',
    pid: process.pid,
    status: 'UP',
    dependencies: { inventory: { status: 'UP', version: '7.0.0' } },
  });
});

test('GET /health is DEGRADED, and still 200, when nobody listens', async () => {
  const response = await fetch(`${await web({ inventoryUrl: await nobody() })}/health`);
  assert.equal(response.status, 200);
  const { status, dependencies } = await response.json();
  assert.equal(status, 'DEGRADED');
  assert.deepEqual(dependencies, { inventory: { status: 'DOWN', reason: 'ECONNREFUSED' } });
});

test('GET /health does not hang on an inventory that never answers', async () => {
  const inventoryUrl = await listen(createServer(() => {}));
  const response = await fetch(`${await web({ inventoryUrl, patienceMs: 50 })}/health`);
  assert.equal((await response.json()).status, 'DEGRADED');
});

test('web recovers by itself when the inventory comes later', async () => {
  const inventoryUrl = await nobody();
  const address = await web({ inventoryUrl });
  assert.equal((await (await fetch(`${address}/health`)).json()).status, 'DEGRADED');
  const late = createServer((_, response) => response.end('{"version":"7.0.0"}'));
  open.push(late);
  await once(late.listen(Number(new URL(inventoryUrl).port), '127.0.0.1'), 'listening');
  assert.equal((await (await fetch(`${address}/health`)).json()).status, 'UP');
});

test('GET /quotes has a price for each item of the inventory', async () => {
  const response = await fetch(`${await web({ inventoryUrl: await goodInventory() })}/quotes?quantity=10`);
  const { quotes } = await response.json();
  assert.equal(quotes.length, 1);
  assert.equal(quotes[0].totalCents, 9975);
  assert.equal(quotes[0].available, false);
});

test('GET /quotes refuses a quantity that is none', async () => {
  const address = await web({ inventoryUrl: await goodInventory() });
  for (const quantity of ['0', '-1', '1.5', 'many', '', '10001']) {
    assert.equal((await fetch(`${address}/quotes?quantity=${quantity}`)).status, 400, quantity);
  }
});

test('GET /quotes is 502 when the inventory is away or answers with an error', async () => {
  for (const inventoryUrl of [await nobody(), await inventoryWith({})]) {
    assert.equal((await fetch(`${await web({ inventoryUrl })}/quotes`)).status, 502);
  }
});

test('GET / shows the goods, with nothing from outside taken for HTML', async () => {
  const response = await fetch(await web({ inventoryUrl: await goodInventory(), title: 'Ropes & <more>' }));
  assert.match(response.headers.get('content-type'), /^text\/html/);
  const page = await response.text();
  assert.match(page, /<h1>Ropes &amp; &lt;more&gt;<\/h1>/);
  assert.match(page, /Knot &lt;b&gt;&amp;&lt;\/b&gt; co<\/td><td>€ 10\.50/);
  assert.match(page, /web 1\.2\.3/);
});

test('GET / is there without the inventory', async () => {
  const response = await fetch(await web({ inventoryUrl: await nobody() }));
  assert.equal(response.status, 200);
  assert.match(await response.text(), /prices are not available/);
});

test('an unknown path is 404, what is not a GET is 405', async () => {
  const address = await web({ inventoryUrl: await goodInventory() });
  assert.equal((await fetch(`${address}/nowhere`)).status, 404);
  assert.equal((await fetch(`${address}//nowhere`)).status, 404);
  assert.equal((await fetch(`${address}/quotes`, { method: 'DELETE' })).status, 405);
});

test('with the fault, health is DOWN and nothing else is served', async () => {
  const address = await web({ inventoryUrl: await goodInventory(), fault: true });
  const response = await fetch(`${address}/health`);
  assert.equal(response.status, 503);
  const { status, reason } = await response.json();
  assert.equal(status, 'DOWN');
  assert.match(reason, /WEB_FAULT/);
  assert.equal((await fetch(`${address}/`)).status, 503);
});

test('the process listens where PORT says, and ends with 0 at SIGTERM', async () => {
  const entry = fileURLToPath(new URL('../server.mjs', import.meta.url));
  const env = { ...process.env, PORT: '0', INVENTORY_URL: await goodInventory() };
  const child = spawn(process.execPath, [entry], { env });
  const [line] = await once(child.stdout, 'data');
  const [url] = /http:\S+/.exec(line);
  const health = await (await fetch(`${url}/health`)).json();
  assert.equal(health.pid, child.pid);
  assert.equal(health.status, 'UP');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

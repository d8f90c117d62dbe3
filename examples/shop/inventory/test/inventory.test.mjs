import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app.mjs';

const stock = JSON.parse(readFileSync(new URL('../stock.json', import.meta.url), 'utf8'));
const server = createApp({ version: '1.2.3', stock });
let address;

before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  address = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});

test('every item has a unique sku, a name, a price in whole cents and a stock', () => {
  assert.ok(stock.length > 0);
  assert.equal(new Set(stock.map((item) => item.sku)).size, stock.length);
  for (const { sku, name, unitCents, inStock } of stock) {
    assert.match(sku, /^[a-z0-9-]+$/);
    assert.ok(name.length > 0);
    assert.ok(Number.isInteger(unitCents) && unitCents > 0, sku);
    assert.ok(Number.isInteger(inStock) && inStock >= 0, sku);
  }
});

test('GET /health names the service, its version and its process', async () => {
  const response = await fetch(`${address}/health`);
  assert.equal(response.status, 200);
  const expected = { service: 'inventory', version: '1.2.3', status: 'UP', pid: process.pid };
  assert.deepEqual(await response.json(), expected);
});

test('GET /items answers the whole stock', async () => {
  const response = await fetch(`${address}/items`);
  assert.deepEqual(await response.json(), { items: stock });
});

test('GET /items/<sku> answers one item', async () => {
  const response = await fetch(`${address}/items/rope-10`);
  assert.equal((await response.json()).name, 'Mooring rope, 10 m');
});

test('an unknown item and an unknown path are 404', async () => {
  for (const path of ['/items/anchor', '/items/', '/nowhere', '/']) {
    assert.equal((await fetch(`${address}${path}`)).status, 404, path);
  }
});

test('what is not a GET is 405', async () => {
  assert.equal((await fetch(`${address}/items`, { method: 'POST' })).status, 405);
});

test('the process listens where PORT says, and ends with 0 at SIGTERM', async () => {
  const entry = fileURLToPath(new URL('../server.mjs', import.meta.url));
  const child = spawn(process.execPath, [entry], { env: { ...process.env, PORT: '0' } });
  const [line] = await once(child.stdout, 'data');
  const [url] = /http:\S+/.exec(line);
  assert.equal((await (await fetch(`${url}/health`)).json()).pid, child.pid);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

import { existsSync, readFileSync } from 'node:fs';
import { createApp } from './app.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const { version } = read('package.json');
// A release has a config.json (scripts/pack.mjs writes it); the sources have none. What the release says wins.
const config = existsSync(new URL('config.json', import.meta.url)) ? read('config.json') : {};

const server = createApp({
  version,
  title: process.env.SHOP_TITLE || 'Shop',
  inventoryUrl: process.env.INVENTORY_URL || 'http://127.0.0.1:3002',
  fault: (config.WEB_FAULT ?? process.env.WEB_FAULT) === '1',
});

server.on('error', (error) => {
  console.error(`web ${version} cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(Number(process.env.PORT ?? 3001), '127.0.0.1', () => {
  console.log(`web ${version} listens on http://127.0.0.1:${server.address().port}`);
  if (config.WEB_FAULT === '1') console.error('config.json of this release says WEB_FAULT=1: web answers 503');
});

// Requests that are under way get an answer; then the process ends by itself.
process.once('SIGTERM', () => {
  console.log(`web ${version} stops`);
  server.close();
  setTimeout(() => server.closeAllConnections(), 3000).unref();
});

import { readFileSync } from 'node:fs';
import { createApp } from './app.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const { version } = read('package.json');
const server = createApp({ version, stock: read('stock.json') });

server.on('error', (error) => {
  console.error(`inventory ${version} cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(Number(process.env.PORT ?? 3002), '127.0.0.1', () => {
  console.log(`inventory ${version} listens on http://127.0.0.1:${server.address().port}`);
});

// Requests that are under way get an answer; then the process ends by itself.
process.once('SIGTERM', () => {
  console.log(`inventory ${version} stops`);
  server.close();
  setTimeout(() => server.closeAllConnections(), 3000).unref();
});

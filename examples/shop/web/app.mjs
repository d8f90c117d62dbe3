import { createServer } from 'node:http';
import { renderPage } from './page.mjs';
import { quote } from './quotes.mjs';

/**
 * The shop's front as an HTTP server that does not listen yet.
 * It needs the inventory only to answer, never to start: the two are deployed side by side, in either order.
 */
export function createApp({ version, title, inventoryUrl, fault = false, patienceMs = 1000 }) {
  async function ask(path) {
    const response = await fetch(`${inventoryUrl}${path}`, { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok) throw new Error(`the inventory answered ${response.status}`);
    return response.json();
  }

  async function health() {
    // The pid lets a deploy tell its own process from a stranger on the same port.
    const self = { service: 'web', version, pid: process.pid };
    if (fault) return [503, { ...self, status: 'DOWN', reason: 'WEB_FAULT=1 is set for this release' }];
    try {
      const inventory = await ask('/health');
      return [
        200,
        { ...self, status: 'UP', dependencies: { inventory: { status: 'UP', version: inventory.version } } },
      ];
    } catch (error) {
      const inventory = { status: 'DOWN', reason: reasonOf(error) };
      // Still 200: restarting web would not bring the inventory back.
      return [200, { ...self, status: 'DEGRADED', dependencies: { inventory } }];
    }
  }

  async function answer(path, query) {
    if (path === '/health') return health();
    if (fault) return [503, { error: 'out of order' }];
    if (path === '/') {
      const items = await ask('/items').then(
        (body) => body.items,
        () => null,
      );
      return [200, renderPage({ title, version, quotes: items?.map((item) => quote(item, 1)) })];
    }
    if (path === '/quotes') {
      const quantity = Number(query.get('quantity') ?? '1');
      if (!Number.isInteger(quantity) || quantity < 1 || quantity > 10000) {
        return [400, { error: 'quantity must be a whole number from 1 to 10000' }];
      }
      try {
        const { items } = await ask('/items');
        return [200, { quotes: items.map((item) => quote(item, quantity)) }];
      } catch (error) {
        return [502, { error: `the inventory does not answer: ${reasonOf(error)}` }];
      }
    }
    return [404, { error: `there is no ${path}` }];
  }

  return createServer(async (request, response) => {
    const [path, query] = request.url.split('?', 2);
    const [status, body] =
      request.method === 'GET' ? await answer(path, new URLSearchParams(query)) : [405, { error: 'only GET' }];
    const html = typeof body === 'string';
    response.writeHead(status, { 'content-type': `${html ? 'text/html' : 'application/json'}; charset=utf-8` });
    response.end(html ? body : JSON.stringify(body));
  });
}

/** `fetch failed` says nothing; its cause does (ECONNREFUSED, …). */
const reasonOf = (error) => error.cause?.code ?? error.message;

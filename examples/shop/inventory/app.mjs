import { createServer } from 'node:http';

/** The inventory as an HTTP server that does not listen yet. */
export function createApp({ version, stock }) {
  const bySku = new Map(stock.map((item) => [item.sku, item]));

  return createServer((request, response) => {
    const send = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    };
    const path = request.url.split('?')[0];

    if (request.method !== 'GET') return send(405, { error: 'only GET' });
    // The pid lets a deploy tell its own process from a stranger on the same port.
    if (path === '/health') return send(200, { service: 'inventory', version, status: 'UP', pid: process.pid });
    if (path === '/items') return send(200, { items: stock });
    const item = path.startsWith('/items/') && bySku.get(path.slice('/items/'.length));
    return item ? send(200, item) : send(404, { error: `there is no ${path}` });
  });
}

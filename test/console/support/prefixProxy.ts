import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A proxy that serves a server below a prefix, as people do who share a host between programs. */
export async function startPrefixProxy(target: string, prefix: string) {
  const { hostname, port } = new URL(target);
  const pathOf = ({ url = '' }: IncomingMessage) => url.slice(prefix.length) || '/';
  const server = createServer((from, to) => {
    if (!from.url?.startsWith(`${prefix}/`)) return to.writeHead(404).end();
    const options = { hostname, port, path: pathOf(from), method: from.method, headers: from.headers };
    const onward = request(options, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.once('error', () => to.destroy());
    from.pipe(onward);
  });
  server.on('upgrade', (from, socket, head) => {
    const onward = connect({ host: hostname, port: Number(port) }, () => {
      const headers = from.rawHeaders.flatMap((name, index, all) =>
        index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
      );
      onward.write(`GET ${pathOf(from)} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.once('error', () => socket.destroy());
    socket.once('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

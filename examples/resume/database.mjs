// A small database in memory, over TCP: `ADD <table> <number>` and `SUM <table>`, one request a line. node database.mjs [port]
import { createServer } from 'node:net';

const tables = new Map();
const commands = {
  ADD(table, number) {
    tables.set(table, (tables.get(table) ?? 0) + Number(number));
    return 'OK';
  },
  SUM: (table) => String(tables.get(table) ?? 0),
};

const server = createServer((socket) => {
  socket.setEncoding('utf8').on('error', () => socket.destroy());
  let rest = '';
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [name, ...parameters] = line.trim().split(' ');
      socket.write(`${commands[name]?.(...parameters) ?? 'ERROR unknown command'}\n`);
    }
  });
});
server.listen(Number(process.argv[2] ?? 5433), '127.0.0.1', () =>
  console.log(`database at 127.0.0.1:${server.address().port}`),
);

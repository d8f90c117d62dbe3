import { connect } from 'node:net';

/** Asks the database at `host:port`: one line there, one line back. */
export function ask(address, request) {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host);
    socket
      .setEncoding('utf8')
      .setTimeout(2000, () => socket.destroy(new Error(`the database at ${address} does not answer`)));
    socket.once('error', (error) => {
      reject(error.code === 'ECONNREFUSED' ? new Error(`database connection refused (${address})`) : error);
    });
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
      if (!answer.includes('\n')) return;
      socket.end();
      resolve(answer.slice(0, answer.indexOf('\n')));
    });
    socket.write(`${request}\n`);
  });
}

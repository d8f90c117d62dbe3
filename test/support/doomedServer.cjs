/**
 * A server process that kills itself with SIGKILL before it sends a statement that contains the text of
 * `TEST_DIES_BEFORE`, or before it responds with 202 if the text is `202`.
 */
const { ServerResponse } = require('node:http');
const { join } = require('node:path');

const load = (path) => require(join(__dirname, '../../dist/src', path));
const { Traffic } = load('kernel/database/traffic');
const at = process.env.TEST_DIES_BEFORE;
const die = () => process.kill(process.pid, 'SIGKILL');

const { flushing } = Traffic.prototype;
Traffic.prototype.flushing = function (statements) {
  if (statements.some((text) => text.includes(at))) die();
  return flushing.call(this, statements);
};
const { writeHead } = ServerResponse.prototype;
ServerResponse.prototype.writeHead = function (status, ...more) {
  if (String(status) === at) die();
  return writeHead.call(this, status, ...more);
};
load('main');

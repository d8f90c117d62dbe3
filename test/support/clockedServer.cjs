/**
 * A server process whose clock its parent moves: it runs ahead by the milliseconds of `TEST_CLOCK_AHEAD_MS`, and later
 * by those of each message, which it sends back once its clock has moved.
 */
const { join } = require('node:path');

const load = (path) => require(join(__dirname, '../../dist/src', path));
let ahead = Number(process.env.TEST_CLOCK_AHEAD_MS);
load('kernel/clock').systemClock.now = () => new Date(Date.now() + ahead);
process.on('message', (ms) => {
  ahead = ms;
  process.send(ms);
});
load('main');

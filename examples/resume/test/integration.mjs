import { strictEqual } from 'node:assert';
import { ask } from '../app/database.mjs';

const address = process.env.DATABASE ?? '127.0.0.1:5433';
try {
  strictEqual(await ask(address, 'ADD probe 40'), 'OK');
  strictEqual(await ask(address, 'ADD probe 2'), 'OK');
  strictEqual(await ask(address, 'SUM probe'), '42');
  console.log(`the database at ${address} takes orders and adds them up`);
} catch (error) {
  console.error(`integration: ${error.message}`);
  process.exitCode = 1;
}

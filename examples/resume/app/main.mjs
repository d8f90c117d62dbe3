import { amount } from './amount.mjs';
import { ask } from './database.mjs';

/** What is deployed: takes an order, and tells what all orders come to. */
const address = process.env.DATABASE ?? '127.0.0.1:5433';
await ask(address, `ADD orders ${amount(12, 250)}`);
console.log(`orders in the database: ${await ask(address, 'SUM orders')} cents`);

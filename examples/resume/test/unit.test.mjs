import { strictEqual, throws } from 'node:assert';
import { test } from 'node:test';
import { amount } from '../app/amount.mjs';

test('an order costs what its pieces cost', () => strictEqual(amount(3, 250), 750));
test('from ten pieces on there is a tenth off', () => strictEqual(amount(10, 250), 2250));
test('nothing can’t be ordered', () => throws(() => amount(0, 250), RangeError));

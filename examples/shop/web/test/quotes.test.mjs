import assert from 'node:assert/strict';
import { test } from 'node:test';
import { euros, quote } from '../quotes.mjs';

const rope = { sku: 'rope-10', name: 'Mooring rope, 10 m', unitCents: 2450, inStock: 12 };

test('a single piece costs its price', () => {
  assert.deepEqual(quote(rope, 1), {
    sku: 'rope-10',
    name: 'Mooring rope, 10 m',
    quantity: 1,
    unitCents: 2450,
    discountPercent: 0,
    totalCents: 2450,
    available: true,
  });
});

test('the discount begins exactly at 10 and at 50 pieces', () => {
  const percentFor = (quantity) => quote(rope, quantity).discountPercent;
  assert.deepEqual([9, 10, 49, 50].map(percentFor), [0, 5, 5, 10]);
  assert.equal(quote(rope, 10).totalCents, 23275);
});

test('totals are whole cents, half a cent is rounded up', () => {
  assert.equal(quote({ ...rope, unitCents: 1 }, 10).totalCents, 10); // 9.5
  assert.equal(quote({ ...rope, unitCents: 33 }, 11).totalCents, 345); // 344.85
});

test('more than the stock is not available', () => {
  assert.equal(quote(rope, 12).available, true);
  assert.equal(quote(rope, 13).available, false);
});

test('cents are shown as euros with two digits', () => {
  assert.deepEqual([0, 5, 1275, 100000].map(euros), ['€ 0.00', '€ 0.05', '€ 12.75', '€ 1000.00']);
});

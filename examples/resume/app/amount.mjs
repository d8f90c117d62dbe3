/** What an order costs, in cents: from ten pieces on there is a tenth off. */
export function amount(pieces, cents) {
  if (!Number.isInteger(pieces) || pieces < 1) throw new RangeError(`pieces must be 1 or more; it is ${pieces}`);
  const full = pieces * cents;
  return pieces < 10 ? full : Math.round(full * 0.9);
}

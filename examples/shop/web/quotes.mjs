/** From how many pieces on which part of the price is left off. The largest that fits counts. */
const discounts = [
  { from: 50, percent: 10 },
  { from: 10, percent: 5 },
];

/** What `quantity` pieces of an item cost. All money is whole cents: no sum is ever off by a rounding of fractions. */
export function quote(item, quantity) {
  const percent = discounts.find((discount) => quantity >= discount.from)?.percent ?? 0;
  return {
    sku: item.sku,
    name: item.name,
    quantity,
    unitCents: item.unitCents,
    discountPercent: percent,
    totalCents: Math.round((item.unitCents * quantity * (100 - percent)) / 100),
    available: item.inStock >= quantity,
  };
}

export const euros = (cents) => `€ ${(cents / 100).toFixed(2)}`;

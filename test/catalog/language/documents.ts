/** Valid documents for tests, to which a test adds one mistake. */

export const shop = `kind: Application
name: shop
`;

export const parts = `${shop}---
kind: Environment
application: shop
name: staging
type: NON_PROD
---
kind: Environment
application: shop
name: production
type: PROD
---
kind: Service
application: shop
name: web
---
kind: Service
application: shop
name: inventory
`;

/** A workflow of `shop`; `keys` are additional top-level lines, `tasks` replaces its only task. */
export function workflow(name: string, { keys = '', tasks = 'tasks: { one: { run: "true" } }' } = {}): string {
  return `---\nkind: Workflow\napplication: shop\nname: ${name}\n${keys === '' ? '' : `${keys}\n`}${tasks}\n`;
}

/** A pipeline of `shop`. */
export function pipeline(name: string, stages: string, keys = ''): string {
  return `---\nkind: Pipeline\napplication: shop\nname: ${name}\n${keys === '' ? '' : `${keys}\n`}stages:\n${stages}\n`;
}

/** A stage with one element, as a line of `stages`. */
export const stage = (element: string): string => `  - elements: [{ ${element} }]`;

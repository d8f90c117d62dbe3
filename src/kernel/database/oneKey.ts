import { LRUCache } from 'lru-cache';

const COMPARED = /= ANY \(\$(\d+)::(\w+)\[\]\)/g;
const JOINED = /\b(FROM|JOIN) unnest\(((?:\$\d+::\w+\[\](?:, )?)+)\) AS/g;

/** Rewritten texts by text, and by which parameters are arrays with one element. */
const rewritten = new LRUCache<string, Map<string, string>>({ max: 2000 });

/**
 * The same statement for arrays with one element, without `ANY` and `unnest`. PostgreSQL keeps the plan of a prepared
 * statement only if plans for known values look no cheaper. It takes arrays of unknown length for ten elements, so it
 * would plan a statement for one key again each time, which takes longer than to execute it.
 */
export function forOneKey(text: string, values: readonly unknown[]): string {
  let singles = '';
  for (const [index, value] of values.entries()) {
    if (Array.isArray(value) && value.length === 1) singles += ` ${index + 1} `;
  }
  if (singles === '') return text;
  let texts = rewritten.get(text);
  if (texts === undefined) {
    texts = new Map();
    rewritten.set(text, texts);
  }
  let known = texts.get(singles);
  if (known === undefined) {
    known = rewrite(text, (parameter) => singles.includes(` ${parameter} `));
    texts.set(singles, known);
  }
  return known;
}

function rewrite(text: string, isSingle: (parameter: string) => boolean): string {
  return text
    .replace(COMPARED, (all, parameter, type) => (isSingle(parameter) ? `= ($${parameter}::${type}[])[1]` : all))
    .replace(JOINED, (all, word, list: string) => {
      const arrays = [...list.matchAll(/\$(\d+)::\w+\[\]/g)];
      if (!arrays.every(([, parameter = '']) => isSingle(parameter))) return all;
      return `${word} (SELECT ${arrays.map(([array]) => `(${array})[1]`).join(', ')}) AS`;
    });
}

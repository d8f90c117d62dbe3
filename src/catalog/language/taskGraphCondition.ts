import { MAX_EXPRESSION, readExpression } from './expressions';

const roots = ['vars', 'matrix', 'tasks'];

/** Variables that a condition reads. */
export function namesInCondition(text: string): readonly string[] {
  const expression = readExpression(text);
  if (!('decide' in expression)) return [];
  return expression.references.flatMap(({ path: [root = '', second] }) => {
    if (root === 'vars') return second ?? [];
    return roots.includes(root) ? [] : root;
  });
}

const methods: Readonly<Record<string, string>> = {
  contains: 'contains',
  starts_with: 'startsWith',
  ends_with: 'endsWith',
  startsWith: 'startsWith',
  endsWith: 'endsWith',
  matches: 'matches',
};
/** Matches literal text, which stays unchanged, or a name, an operator and the other side. */
const comparison =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|([A-Za-z_][\w-]*)(?:\s*(==|!=|>=|<=|>|<)\s*|\s+(contains|starts_with|ends_with|startsWith|endsWith|matches)\s+)(?:("[^"]*"|'[^']*')|([^\s"'()[\]&|=!<>,?:]+))(?=\s*(?:$|&&|\|\||\)))/g;

/**
 * The condition in Slipway's language: a word that is not a name becomes text, and so does anything that looks like a
 * version. `plain` returns the name that stands for one with hyphens.
 */
export function conditionOf(
  text: string,
  isName: (name: string) => boolean,
  plain: (name: string) => string = (name) => name,
): string {
  // Text over the limit is an error, and would take long here.
  if (text.length > MAX_EXPRESSION) return text;
  return text.replace(
    comparison,
    (whole, written?: string, operator?: string, word?: string, quoted?: string, bare = '') => {
      if (written === undefined) return whole;
      const name = plain(written);
      const method = word && methods[word];
      const root = /^[A-Za-z_]\w*/.exec(bare)?.[0] ?? '';
      const isValue = /^(?:[+-]?\d+(?:\.\d+)?|true|false|null)$/.test(bare) || roots.includes(root) || isName(root);
      const literal = quoted ?? (isValue && method === undefined ? bare : JSON.stringify(bare));
      if (method !== undefined) return `${name}.${method}(${literal})`;
      const isSame = name === written && (literal === bare || quoted !== undefined);
      return isSame ? whole : `${name} ${operator} ${literal}`;
    },
  );
}

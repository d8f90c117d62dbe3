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
};
/** A literal text is left alone; then come a name, an operator and what it is compared with. */
const comparison =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|([A-Za-z_]\w*)(?:\s*(==|!=|>=|<=|>|<)\s*|\s+(contains|starts_with|ends_with)\s+)(?:("[^"]*"|'[^']*')|([^\s"'()[\]&|=!<>,?:]+))(?=\s*(?:$|&&|\|\||\)))/g;

/** The condition in Slipway’s language: a word that is no name is text, and so is what looks like a version. */
export function conditionOf(text: string, isName: (name: string) => boolean): string {
  // Too long a text is an error, and would take long here.
  if (text.length > MAX_EXPRESSION) return text;
  return text.replace(
    comparison,
    (whole, name?: string, operator?: string, word?: string, quoted?: string, bare = '') => {
      if (name === undefined) return whole;
      const method = word && methods[word];
      const root = /^[A-Za-z_]\w*/.exec(bare)?.[0] ?? '';
      const isValue = /^(?:[+-]?\d+(?:\.\d+)?|true|false|null)$/.test(bare) || roots.includes(root) || isName(root);
      const literal = quoted ?? (isValue && method === undefined ? bare : JSON.stringify(bare));
      if (method !== undefined) return `${name}.${method}(${literal})`;
      return literal === bare || quoted !== undefined ? whole : `${name} ${operator} ${literal}`;
    },
  );
}

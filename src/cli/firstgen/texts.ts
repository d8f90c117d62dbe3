import type { Report } from './source';

/** Name of a variable: letters, digits and underscores. */
export function variableName(name: string): string {
  const plain = name.replaceAll(/\W/g, '_');
  return /^\d/.test(plain) || plain === '' ? `_${plain}` : plain;
}

/** Name of a resource, as Slipway allows it. */
export function resourceName(name: string): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9 ._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .trim();
  return plain.slice(0, 100).trim() || 'unnamed';
}

/** Key of a task. */
export const taskKey = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80) || 'task';

export interface Texts {
  readonly application: string;
  readonly report: Report;
  /** Called with each secret that a text uses. */
  readonly onSecret: (name: string) => void;
}

const known: Readonly<Record<string, string>> = {
  'env.name': 'SLIPWAY_ENVIRONMENT',
  'workflow.name': 'SLIPWAY_WORKFLOW',
};

/**
 * Name of the variable for an expression of FirstGen; undefined for what Slipway has no variable for. Outputs are
 * `context.OUTPUT.NAME`, variables have a prefix that says where they are declared.
 */
function variableOf(expression: string, { onSecret }: Texts): string | undefined {
  const secret = /^secrets\.getValue\(["'](.+?)["']\)$/.exec(expression)?.[1];
  if (secret !== undefined) {
    onSecret(variableName(secret));
    return variableName(secret);
  }
  const variable =
    /^(?:workflow\.variables|pipeline\.variables|serviceVariables?|environmentVariables?|app\.defaults)\.([\w-]+)$/.exec(
      expression,
    )?.[1] ?? /^context\.(?:\w+\.)?([\w-]+)$/.exec(expression)?.[1];
  return variable === undefined ? known[expression] : variableName(variable);
}

/** Text with FirstGen's expressions as references to variables, in the form `write` gives them. */
export function translate(
  text: string,
  texts: Texts,
  path: string,
  write: (name: string) => string = (name) => `\${${name}}`,
): string {
  return text.replaceAll(/\$\{([a-zA-Z]\w*\.[^{}]+)\}/g, (whole, expression: string) => {
    if (expression === 'app.name') return texts.application;
    const name = variableOf(expression, texts);
    if (name !== undefined) return write(name);
    texts.report(path, `The expression ${whole} has no counterpart. Replace it by hand.`);
    return whole;
  });
}

/** Condition of FirstGen that compares a variable with a text; undefined for any other. */
export function conditionOf(expression: string, texts: Texts): string | undefined {
  const [, left = '', operator = '', right = ''] =
    /^\s*\$\{([^{}]+)\}\s*(==|!=)\s*["']([^"']*)["']\s*$/.exec(expression) ?? [];
  const name = left.includes('.') ? variableOf(left, texts) : left && variableName(left);
  return name ? `${name} ${operator} ${JSON.stringify(right)}` : undefined;
}

/** Duration of a number of milliseconds; undefined if there is none. */
export function duration(millis: unknown): string | undefined {
  const given = Number(millis);
  return Number.isFinite(given) && given > 0 ? `${Math.ceil(given / 1000)}s` : undefined;
}

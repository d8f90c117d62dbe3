import { invalidInput } from '../../kernel/errors';

/** Parameters of a URL as the body of a GraphQL request: `variables` and `extensions` are JSON. */
export function readSearch(search: unknown): Readonly<Record<string, unknown>> {
  const { variables, extensions, ...texts } = (search ?? {}) as Readonly<Record<string, unknown>>;
  const parsed = Object.entries({ variables, extensions }).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, parseObject(name, value)] as const],
  );
  return { ...texts, ...Object.fromEntries(parsed) };
}

function parseObject(field: string, value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    const message = `"${field}" must be a JSON object.`;
    throw invalidInput([{ field, value: null, rule: 'JSON', message }]);
  }
}

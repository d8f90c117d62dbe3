import type { VariableDefinition } from '../catalog/language/definition';
import { valueProblems } from '../catalog/language/variables';
import type { InputError } from '../kernel/errors';

/** Value from a caller: literal, the id of a resource, or an expression over other variables. */
export interface VariableInput {
  readonly name: string;
  readonly variableValue: { readonly type: 'NAME' | 'ID' | 'EXPRESSION'; readonly value: string };
}

export interface ResolvedVariables {
  readonly values: Readonly<Record<string, string>>;
  readonly errors: readonly InputError[];
}

const MAX_VALUE = 32_768;

/** Values of declared variables: the given one, or the default; with every broken rule. */
export function resolveVariables(
  definitions: readonly VariableDefinition[],
  given: ReadonlyMap<string, string>,
  field: (name: string) => string,
): ResolvedVariables {
  const values: Record<string, string> = {};
  const errors: InputError[] = [];
  const refuse = (name: string, value: unknown, rule: string, message: string) =>
    errors.push({ field: field(name), value, rule, message: `${field(name)}: ${message}` });
  const declared = new Set(definitions.map((definition) => definition.name));
  for (const name of given.keys()) {
    if (!declared.has(name)) {
      const known = [...declared].join(', ') || 'none';
      refuse(name, given.get(name), 'UNKNOWN_VARIABLE', `there is no variable "${name}"; expected one of ${known}.`);
    }
  }
  for (const definition of definitions) {
    const value = given.get(definition.name);
    if (value !== undefined && definition.fixed && value !== definition.defaultValue) {
      refuse(definition.name, value, 'FIXED', `is fixed to "${definition.defaultValue}".`);
    } else if (value !== undefined) {
      for (const [rule, message] of brokenRules(definition, value)) refuse(definition.name, value, rule, message);
      values[definition.name] = value;
    } else if (definition.defaultValue !== null) {
      values[definition.name] = definition.defaultValue;
    } else if (definition.required) {
      refuse(definition.name, null, 'REQUIRED', 'is required and has no default.');
    }
  }
  return { values, errors };
}

/** Problems of the value of one variable. */
export const valueErrors = (definition: VariableDefinition, value: string): string[] =>
  brokenRules(definition, value).map(([, message]) => message);

const typeNames = { string: 'text', number: 'a number', boolean: 'true or false' } as const;

function brokenRules(definition: VariableDefinition, value: string): [string, string][] {
  const broken: [string, string][] = [];
  if (Buffer.byteLength(value) > MAX_VALUE) broken.push(['MAX_LENGTH', `has more than ${MAX_VALUE} bytes.`]);
  if (value.includes('\0')) broken.push(['NUL', 'contains a NUL character, which an environment variable can’t hold.']);
  for (const { rule, part } of valueProblems(definition, value)) {
    if (rule === 'WRONG_VALUE_TYPE') broken.push(['TYPE', `"${part}" is not ${typeNames[definition.type]}.`]);
    else broken.push(['ALLOWED_VALUES', `"${part}" is not one of: ${definition.allowedValues?.join(', ')}.`]);
  }
  return broken;
}

/** Values from the caller, by name. An EXPRESSION may name literal values given with it. */
export function readInputs(inputs: readonly VariableInput[]): { given: Map<string, string>; errors: InputError[] } {
  const given = new Map<string, string>();
  const errors: InputError[] = [];
  const literals = new Map(
    inputs
      .filter((input) => input.variableValue.type !== 'EXPRESSION')
      .map((input) => [input.name, input.variableValue.value]),
  );
  for (const { name, variableValue } of inputs) {
    const field = `variableInputs.${name}`;
    if (given.has(name)) {
      errors.push({
        field,
        value: variableValue.value,
        rule: 'DUPLICATE',
        message: `${field}: is given more than once.`,
      });
    }
    const value =
      variableValue.type === 'EXPRESSION'
        ? fillIn(variableValue.value, literals, (missing) => {
            const message = `${field}: \${${missing}} does not name a literal value.`;
            errors.push({ field, value: variableValue.value, rule: 'UNKNOWN_REFERENCE', message });
          })
        : variableValue.value;
    given.set(name, value);
  }
  return { given, errors };
}

/**
 * Inserts the values of `${NAME}` into a text. The result is data: it reaches commands only as an environment variable.
 */
export function fillIn(text: string, values: ReadonlyMap<string, string>, missing: (name: string) => void): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
    const value = values.get(name);
    if (value === undefined) missing(name);
    return value ?? whole;
  });
}

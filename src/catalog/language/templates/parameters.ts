import { didYouMean } from '../../../kernel/didYouMean';
import { inside, type Place, type Report, short } from '../shape';
import type { Path, SourceEntry, SourceMap, SourceNode, SourceScalar } from '../sourceTree';
import type { TemplateBudget } from './templateBudget';
import type { TemplateParameter } from './templateParameter';

/** Values of parameters. Null: none is given, and none is needed. */
export type ParameterValues = ReadonlyMap<string, SourceNode | null>;

/** `$${parameters.NAME}` stays `${parameters.NAME}`. */
const reference = /\$(\$?)\{parameters\.([^}]*)\}/g;
const whole = /^\$\{parameters\.([^}]*)\}$/;

/** Calls `found` for each reference to a parameter, with the path and the scalar that has it. */
export function eachReference(node: SourceNode, found: (name: string, node: SourceNode, path: Path) => void): void {
  const inText = (text: string, at: SourceNode, path: Path) => {
    for (const [, escaped, name = ''] of text.matchAll(reference)) if (escaped === '') found(name, at, path);
  };
  const walk = (one: SourceNode, path: Path): void => {
    if (one.type === 'scalar') inText(typeof one.value === 'string' ? one.value : '', one, path);
    else if (one.type === 'list') for (const [index, item] of one.items.entries()) walk(item, [...path, index]);
    else
      for (const { key, keyAt, value } of one.entries) {
        inText(key, { type: 'scalar', at: keyAt, value: key, text: key }, [...path, key]);
        walk(value, [...path, key]);
      }
  };
  walk(node, []);
}

/**
 * The tree with the values of parameters. A text that is one reference becomes the value, of its type; within other text,
 * a reference becomes the text of the value. Unknown names stay: `checkTemplate` reports them.
 */
export function fillParameters(
  node: SourceNode,
  values: ParameterValues,
  place: Place,
  budget: TemplateBudget,
): SourceNode {
  if (node.type === 'list') {
    return {
      ...node,
      items: node.items.map((item, index) => fillParameters(item, values, inside(place, index), budget)),
    };
  }
  if (node.type === 'map') {
    const entries = node.entries.map((entry): SourceEntry => {
      const at = inside(place, entry.key);
      const filled = entry.key.includes('${parameters.') ? fillText(entry.key, entry, values, at, budget) : entry.key;
      return { ...entry, key: filled, value: fillParameters(entry.value, values, at, budget) };
    });
    return { ...node, entries };
  }
  if (typeof node.value !== 'string' || !node.value.includes('${parameters.')) return node;
  const name = whole.exec(node.value)?.[1];
  const value = name === undefined ? undefined : values.get(name);
  if (value) budget.take(value);
  if (value !== undefined) return value ?? { ...node, value: null, text: '' };
  const text = fillText(node.value, { keyAt: node.at }, values, place, budget);
  return { ...node, value: text, text };
}

function fillText(
  text: string,
  { keyAt }: Pick<SourceEntry, 'keyAt'>,
  values: ParameterValues,
  place: Place,
  budget: TemplateBudget,
): string {
  return text.replace(reference, (all, escaped: string, name: string) => {
    if (escaped !== '') return all.slice(1);
    const value = values.get(name);
    if (value === undefined) return all;
    if (value === null) return '';
    if (value.type === 'scalar') {
      budget.takeText(value.text);
      return value.text;
    }
    const kind = value.type === 'map' ? 'mapping' : 'list';
    const message = `The parameter "${name}" is a ${kind}, so it can’t be part of a text.`;
    place.report('WRONG_TYPE', place.path, message, keyAt);
    return '';
  });
}

/** Values for the parameters of a template from `with`, checked; problems are reported at `with`. */
export function givenValues(
  template: string,
  parameters: readonly TemplateParameter[],
  given: SourceMap | undefined,
  extendsPath: Path,
  report: Report,
): ParameterValues {
  const withPath = [...extendsPath.slice(0, -1), 'with'];
  const names = parameters.map(({ name }) => name);
  for (const { key, keyAt } of given?.entries ?? []) {
    if (names.includes(key)) continue;
    const hint = didYouMean(key, names);
    const message = `The template "${template}" has no parameter "${short(key)}"${hint}.`;
    report('UNKNOWN_PARAMETER', [...withPath, key], message, keyAt);
  }
  const values = new Map<string, SourceNode | null>();
  for (const parameter of parameters) {
    const { name, required, defaultValue } = parameter;
    const entry = given?.entries.find(({ key }) => key === name);
    const isGiven = entry !== undefined && !(entry.value.type === 'scalar' && entry.value.value === null);
    if (!isGiven && required && defaultValue === null) {
      const message = `The template "${template}" requires a value for "${name}". Add it to "with".`;
      report('MISSING_PARAMETER', extendsPath, message);
    }
    const value = isGiven ? entry.value : defaultValue;
    const place: Place = { path: [...withPath, name], report };
    values.set(name, value === null ? null : typed(parameter, value, place));
  }
  return values;
}

/** The value in the type of the parameter. A parameter of the type `string` takes 22 as the text "22". */
export function typed({ name, type, allowedValues }: TemplateParameter, node: SourceNode, place: Place): SourceNode {
  const wrong = (): SourceNode => {
    const expected = type === 'string' ? 'text' : `a ${type}`;
    place.report('WRONG_VALUE_TYPE', place.path, `The parameter "${name}" is ${expected}.`, node.at);
    return { type: 'scalar', at: node.at, value: null, text: '' };
  };
  if (type === 'list') return node.type === 'list' ? node : wrong();
  if (type === 'mapping') return node.type === 'map' ? node : wrong();
  if (node.type !== 'scalar') return wrong();
  const value = scalarOf(type, node);
  if (value === undefined) return wrong();
  if (allowedValues !== null && !allowedValues.includes(node.text)) {
    const message = `"${short(node.text)}" is not an allowed value of the parameter "${name}"; expected one of ${allowedValues.join(', ')}${didYouMean(node.text, allowedValues)}.`;
    place.report('VALUE_NOT_ALLOWED', place.path, message, node.at);
  }
  return { ...node, value };
}

function scalarOf(type: TemplateParameter['type'], { value, text }: SourceScalar): SourceScalar['value'] | undefined {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (type === 'string') return value === null ? undefined : text;
  const number = typeof value === 'number' ? value : /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  return number;
}

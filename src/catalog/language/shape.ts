// Long because every shape is made of the others: this file shows all building blocks of documents.
import { isDeepStrictEqual } from 'node:util';
import { didYouMean } from '../../kernel/didYouMean';
import {
  camelCase,
  type Path,
  type Position,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
  type SourceScalar,
  snakeCase,
} from './sourceTree';
import { adviceFor, type ForeignKeys } from './foreignKeys';
import type { ValidationRule, ValidationWarning } from './validationRules';

/**
 * The shape of a value in a document: how it is read, how it is written, and its JSON Schema. `decode` reports errors
 * and returns a value all the same, such as the default. A validation library returns either a value or errors, so a
 * misspelled key would hide the cycle among the tasks.
 */
export interface Shape<T> {
  decode(node: SourceNode, place: Place): T;
  /** The value as written in a document. */
  encode(value: T): unknown;
  readonly json: JsonSchema;
}

export type ValueOf<S> = S extends Shape<infer T> ? T : never;

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Position of a node, and a function that reports its problems. */
export interface Place {
  readonly path: Path;
  readonly report: Report;
}

/** `at` defaults to the position of the path. */
export type Report = (rule: ValidationRule | ValidationWarning, path: Path, message: string, at?: Position) => void;

export const inside = (place: Place, step: string | number): Place => ({ ...place, path: [...place.path, step] });

/** Shortens names and texts for messages. */
export const short = (value: string): string => (value.length > 120 ? `${value.slice(0, 120)}…` : value);

export const isNothing = (node: SourceNode): boolean => node.type === 'scalar' && node.value === null;

const asIs = <T>(value: T): unknown => value;
const silent: Report = () => undefined;

export function wrongType(expected: string, node: SourceNode, place: Place): void {
  place.report('WRONG_TYPE', place.path, `Expected ${expected}, but found ${nodeKind(node)}.`, node.at);
}

function nodeKind(node: SourceNode): string {
  if (node.type !== 'scalar') return node.type === 'map' ? 'a mapping' : 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return 'text';
  return `the ${typeof node.value} ${node.text}; put it in quotes if it is text`;
}

// Scalars

/** `read` returns undefined for a node of another type. */
function scalar<T>(
  expected: string,
  otherwise: T,
  json: JsonSchema,
  read: (node: SourceScalar) => T | undefined,
): Shape<T> {
  return {
    json,
    encode: asIs,
    decode(node, place) {
      const value = node.type === 'scalar' ? read(node) : undefined;
      if (value === undefined) wrongType(expected, node, place);
      return value ?? otherwise;
    },
  };
}

/** Text, but no other scalar that looks like text. */
export const text = scalar('text', '', { type: 'string' }, ({ value }) =>
  typeof value === 'string' ? value : undefined,
);

/** Text, or a number or boolean as its text: `PORT: 4100` and `PORT: "4100"` mean the same. */
export const valueText = scalar(
  'text, a number or a boolean',
  '',
  { type: ['string', 'number', 'boolean'] },
  ({ value, text: written }) => (value === null ? undefined : written),
);

export const flag = scalar('true or false', false, { type: 'boolean' }, ({ value }) =>
  typeof value === 'boolean' ? value : undefined,
);

export function number(type: 'integer' | 'number', minimum: number, maximum: number): Shape<number> {
  const isNumber = type === 'integer' ? Number.isInteger : Number.isFinite;
  const expected = type === 'integer' ? 'a whole number' : 'a number';
  const any = scalar(expected, minimum, { type, minimum, maximum }, ({ value }) =>
    typeof value === 'number' && isNumber(value) ? value : undefined,
  );
  return mapped(any, (value, node, place) => {
    if (value >= minimum && value <= maximum) return value;
    place.report('BAD_VALUE', place.path, `${value} is out of range: expected ${minimum} to ${maximum}.`, node.at);
    return minimum;
  });
}

export function oneOf<const T extends string>(values: readonly [T, ...T[]]): Shape<T> {
  const json = values.length === 1 ? { const: values[0] } : { enum: values };
  return {
    json,
    encode: asIs,
    decode(node, place) {
      const given = text.decode(node, place);
      const found = values.find((value) => value === given);
      if (found === undefined && isText(node)) {
        const hint = didYouMean(given, values);
        const message = `"${short(given)}" is not a valid value; expected one of ${values.join(', ')}${hint}.`;
        place.report('BAD_VALUE', place.path, message, node.at);
      }
      return found ?? values[0];
    },
  };
}

export const isText = (node: SourceNode): boolean => node.type === 'scalar' && typeof node.value === 'string';

/** A rule for texts, as values or as keys. */
export interface TextRule {
  readonly json: JsonSchema;
  problem(text: string): readonly [ValidationRule, string] | undefined;
}

/** Text that follows a rule. For a node of another type, only the type is reported. */
export function ruled(shape: Shape<string>, rule: TextRule): Shape<string> {
  return mapped(
    shape,
    (value, node, place) => {
      const wasRead = node.type === 'scalar' && node.value !== null && node.text === value;
      const [broken, message = ''] = (wasRead && rule.problem(value)) || [];
      if (broken) place.report(broken, place.path, message, node.at);
      return value;
    },
    { json: rule.json },
  );
}

// Composed shapes

/** The same shape in a document, converted or further checked in memory. `json` adds to the JSON Schema. */
export function mapped<T, U>(
  shape: Shape<T>,
  decode: (value: T, node: SourceNode, place: Place) => U,
  { encode, json }: { encode?: (value: U) => T; json?: JsonSchema } = {},
): Shape<U> {
  return {
    json: { ...shape.json, ...json },
    encode: (value) => shape.encode(encode === undefined ? (value as unknown as T) : encode(value)),
    decode: (node, place) => decode(shape.decode(node, place), node, place),
  };
}

export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    json: { type: 'array', items: item.json },
    encode: (items) => items.map((one) => item.encode(one)),
    decode(node, place) {
      if (node.type === 'list') return node.items.map((one, index) => item.decode(one, inside(place, index)));
      wrongType('a list', node, place);
      return [];
    },
  };
}

/** A list that is not empty. */
export const filled = <T>(shape: Shape<readonly T[]>, message: string): Shape<readonly T[]> =>
  mapped(
    shape,
    (items, node, place) => {
      if (items.length === 0 && node.type === 'list') place.report('EMPTY', place.path, message, node.at);
      return items;
    },
    { json: { minItems: 1 } },
  );

/** A value with a short form, which `isShort` recognizes. */
export function withShort<S, T>(
  short: Shape<S>,
  long: Shape<T>,
  isShort: (node: SourceNode) => boolean,
  { expand, shrink }: { expand: (value: S) => T; shrink: (value: T) => S | undefined },
): Shape<T> {
  return {
    json: { anyOf: [short.json, long.json] },
    encode(value) {
      const shrunk = shrink(value);
      return shrunk === undefined ? long.encode(value) : short.encode(shrunk);
    },
    decode: (node, place) => (isShort(node) ? expand(short.decode(node, place)) : long.decode(node, place)),
  };
}

/** A list, or its single item. */
export const oneOrMany = <T>(item: Shape<T>): Shape<readonly T[]> =>
  withShort(item, list(item), ({ type }) => type !== 'list', {
    expand: (one) => [one],
    shrink: (items) => (items.length === 1 ? items[0] : undefined),
  });

/** A mapping whose keys are data: names of tasks, of variables, of labels. */
export function mapOf<T>(
  rule: TextRule,
  value: Shape<T>,
  /** True if a key without a value counts as omitted. */
  { emptyIsNone = false } = {},
): Shape<Readonly<Record<string, T>>> {
  const counts = ({ value: node }: SourceEntry) => !(emptyIsNone && isNothing(node));
  return {
    json: {
      type: 'object',
      propertyNames: rule.json,
      additionalProperties: emptyIsNone ? orNull(value.json) : value.json,
    },
    // The database does not keep the order of keys; sorted keys give the same text for the same definition.
    encode: (values) =>
      new Map(
        Object.entries(values)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, one]) => [key, value.encode(one)]),
      ),
    decode(node, place) {
      if (node.type === 'map') {
        return Object.fromEntries(node.entries.filter(counts).map((entry) => decodeEntry(entry, place)));
      }
      wrongType('a mapping', node, place);
      return {};
    },
  };

  function decodeEntry({ key, keyAt, value: node }: SourceEntry, place: Place): [string, T] {
    const at = inside(place, key);
    const [broken, message = ''] = rule.problem(key) ?? [];
    if (broken) at.report(broken, at.path, message, keyAt);
    return [key, value.decode(node, at)];
  }
}

/** Puts the JSON Schema of a shape into `$defs`, and refers to it (jsonSchema.ts). */
export const defined = <T>(name: string, shape: Shape<T>): Shape<T> => ({
  ...shape,
  json: { $ref: `#/$defs/${name}`, $def: shape.json },
});

// Mappings with fixed keys

/** One of the known keys of a mapping. */
export interface Field<T> {
  readonly shape: Shape<T>;
  readonly description: string;
  /** The key in documents, if it differs from the property. */
  readonly key?: string;
  /** A second key with the same meaning. */
  readonly alias?: string;
  /** Value if the key is omitted; without it, the key is required. */
  readonly otherwise?: { readonly value: T };
  /** Required, but a command can supply it, so the JSON Schema does not require it. The text explains how. */
  readonly supplied?: string;
}
type More = Pick<Field<unknown>, 'key' | 'alias' | 'supplied'>;

export const required = <T>(shape: Shape<T>, description: string, more: More = {}): Field<T> => ({
  shape,
  description,
  ...more,
});
export function optional<T>(shape: Shape<T>, otherwise: null, description: string, more?: More): Field<T | null>;
export function optional<T>(shape: Shape<T>, otherwise: T, description: string, more?: More): Field<T>;
export function optional<T>(shape: Shape<T>, value: T, description: string, more: More = {}): Field<T> {
  return { shape, description, otherwise: { value }, ...more };
}

export type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

/** A mapping with known keys, in either spelling. An empty value counts as omitted. */
export function object<T extends object>(fields: Fields<T>, foreign: ForeignKeys = new Map()): Shape<T> {
  const properties = Object.keys(fields) as (keyof T & string)[];
  const keys = properties.map((property) => fields[property].key ?? property);
  const aliases = new Map(properties.flatMap((property, index) => [[fields[property].alias, keys[index]] as const]));
  return {
    json: objectJson(properties.map((property, index) => [keys[index] ?? property, fields[property]])),
    encode(value) {
      const written = properties.flatMap((property, index) => {
        const { shape, otherwise } = fields[property];
        const isDefault = otherwise !== undefined && isDeepStrictEqual(value[property], otherwise.value);
        return isDefault ? [] : [[snakeCase(keys[index] ?? property), shape.encode(value[property])]];
      });
      return Object.fromEntries(written);
    },
    decode(node, place) {
      const entries =
        node.type === 'map' ? knownEntries(node, { keys, aliases, foreign }, place) : new Map<string, SourceEntry>();
      if (node.type !== 'map') wrongType('a mapping', node, place);
      const report = node.type === 'map' ? place.report : silent;
      const decoded: Partial<T> = {};
      properties.forEach((property, index) => {
        const key = keys[index] ?? property;
        const entry = entries.get(key);
        const written = entry !== undefined && camelCase(entry.key) !== key ? entry.key : key;
        decoded[property] = decodeField(fields[property], written, entry?.value, node, { ...place, report });
      });
      return decoded as T;
    },
  };
}

function decodeField<T>(
  field: Field<T>,
  key: string,
  value: SourceNode | undefined,
  parent: SourceNode,
  place: Place,
): T {
  const at = inside(place, key);
  if (value !== undefined && !isNothing(value)) return field.shape.decode(value, at);
  if (field.otherwise) return field.otherwise.value;
  const hint = field.supplied === undefined ? '' : ` ${field.supplied}`;
  place.report('MISSING_FIELD', at.path, `"${snakeCase(key)}" is required.${hint}`);
  return field.shape.decode({ type: 'scalar', at: parent.at, value: null, text: '' }, { ...at, report: silent });
}

interface KnownKeys {
  readonly keys: readonly string[];
  readonly aliases: ReadonlyMap<string | undefined, string | undefined>;
  readonly foreign: ForeignKeys;
}

function knownEntries(
  map: SourceMap,
  { keys: known, aliases, foreign }: KnownKeys,
  place: Place,
): Map<string, SourceEntry> {
  const entries = new Map<string, SourceEntry>();
  for (const entry of map.entries) {
    const written = camelCase(entry.key);
    const key = aliases.get(written) ?? written;
    const path = [...place.path, entry.key];
    const before = entries.get(key);
    if (!known.includes(key)) {
      const advice = adviceFor(foreign, entry.key);
      const near = didYouMean(entry.key, known.map(snakeCase));
      const hint =
        advice === undefined ? near || `; expected one of ${known.map(snakeCase).join(', ')}` : `; ${advice}`;
      place.report('UNKNOWN_FIELD', path, `"${short(entry.key)}" is not a known key here${hint}.`, entry.keyAt);
    } else if (before === undefined) {
      entries.set(key, entry);
    } else if (before.key !== entry.key && !entry.merged) {
      // The reader already finds the same key twice in the same spelling, for every format and kind of mapping.
      place.report('DUPLICATE_KEY', path, `"${entry.key}" and "${before.key}" are the same key.`, entry.keyAt);
    }
  }
  return entries;
}

/** Editors suggest `properties`; the other spelling of a key is valid, but not suggested. */
function objectJson(fields: readonly (readonly [string, Field<unknown>])[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const other: Record<string, JsonSchema> = {};
  const once: JsonSchema[] = [];
  const needed: string[] = [];
  for (const [name, field] of fields) {
    const key = snakeCase(name);
    const json = fieldJson(field);
    properties[key] = json;
    if (key !== name) {
      const { description: _, default: _default, ...rest } = json;
      other[`^${name}$`] = rest;
      once.push({ not: { required: [key, name] } });
    }
    if (field.alias !== undefined) {
      properties[field.alias] = { ...json, description: `Same as "${key}".` };
      const both = { required: [key, field.alias] };
      const either = { oneOf: [{ required: [key] }, { required: [field.alias] }] };
      once.push(field.otherwise === undefined ? either : { not: both });
    } else if (field.otherwise === undefined && field.supplied === undefined) needed.push(key);
  }
  return {
    type: 'object',
    properties,
    ...(Object.keys(other).length > 0 && { patternProperties: other }),
    ...(needed.length > 0 && { required: needed }),
    ...(once.length > 0 && { allOf: once }),
    additionalProperties: false,
  };
}

function fieldJson({ shape, description, otherwise }: Field<unknown>): JsonSchema {
  if (otherwise === undefined) return { description, ...shape.json };
  const value = otherwise.value === null ? null : shape.encode(otherwise.value);
  const isEmpty = value === null || value === '' || (typeof value === 'object' && JSON.stringify(value).length === 2);
  return { description, ...orNull(shape.json), ...(!isEmpty && { default: value }) };
}

function orNull(json: JsonSchema): JsonSchema {
  const { type, enum: values, anyOf } = json as { type?: string | string[]; enum?: unknown[]; anyOf?: unknown[] };
  if (values !== undefined) return { ...json, enum: [...values, null] };
  if (type !== undefined) return { ...json, type: [type, 'null'].flat() };
  return { anyOf: [...(anyOf ?? [json]), { type: 'null' }] };
}

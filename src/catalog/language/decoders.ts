import { didYouMean } from '../../kernel/didYouMean';
import {
  camelCase,
  type Path,
  type Position,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
  snakeCase,
} from './sourceTree';
import type { ValidationRule, ValidationWarning } from './validationRules';

/**
 * Small readers of tree nodes, put together into the shapes of documents (documentSchemas.ts).
 *
 * A decoder reports what is wrong and answers a value all the same (nothing, an empty text, the default). A validation library answers
 * either a value or its errors: then a misspelled key would hide the circle among the tasks, and people would be told about their
 * mistakes one layer at a time.
 */
export type Decoder<T> = (node: SourceNode, place: Place) => T;

/** Where a node stands, and where to say what is wrong with it. */
export interface Place {
  readonly path: Path;
  readonly report: Report;
}

/** `at` is where the path leads, unless it is given. */
export type Report = (rule: ValidationRule | ValidationWarning, path: Path, message: string, at?: Position) => void;

export const inside = (place: Place, step: string | number): Place => ({ ...place, path: [...place.path, step] });

/** Names and texts in messages. */
export const short = (value: string): string => (value.length > 120 ? `${value.slice(0, 120)}…` : value);

const silent: Report = () => undefined;

export function wrongType(expected: string, node: SourceNode, place: Place): void {
  place.report('WRONG_TYPE', place.path, `Expected ${expected}, but found ${nodeKind(node)}.`, node.at);
}

function nodeKind(node: SourceNode): string {
  if (node.type !== 'scalar') return node.type === 'map' ? 'keys with values' : 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return 'text';
  return `the ${typeof node.value} ${node.text}; write it in quotes if it is text`;
}

/** Text, and nothing that only looks like it. */
export const text: Decoder<string> = (node, place) => {
  if (node.type === 'scalar' && typeof node.value === 'string') return node.value;
  wrongType('text', node, place);
  return '';
};

/** The value of a variable: text, or a number or boolean as its text, so that `PORT: 4100` and `PORT: "4100"` mean the same. */
export const valueText: Decoder<string> = (node, place) => {
  if (node.type === 'scalar' && node.value !== null) return node.text;
  wrongType('text, a number or a boolean', node, place);
  return '';
};

export const flag: Decoder<boolean> = (node, place) => {
  if (node.type === 'scalar' && typeof node.value === 'boolean') return node.value;
  wrongType('true or false', node, place);
  return false;
};

export function integer(minimum: number, maximum: number): Decoder<number> {
  return (node, place) => {
    const value = node.type === 'scalar' ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      wrongType('a whole number', node, place);
    } else if (value < minimum || value > maximum) {
      place.report('BAD_VALUE', place.path, `${value} is not from ${minimum} to ${maximum}.`, node.at);
    } else {
      return value;
    }
    return minimum;
  };
}

export function decimal(minimum: number, maximum: number): Decoder<number> {
  return (node, place) => {
    const value = node.type === 'scalar' ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      wrongType('a number', node, place);
    } else if (value < minimum || value > maximum) {
      place.report('BAD_VALUE', place.path, `${value} is not from ${minimum} to ${maximum}.`, node.at);
    } else {
      return value;
    }
    return minimum;
  };
}

export function oneOf<const T extends string>(values: readonly [T, ...T[]]): Decoder<T> {
  return (node, place) => {
    const given = text(node, place);
    const found = values.find((value) => value === given);
    if (found === undefined && given !== '') {
      place.report(
        'BAD_VALUE',
        place.path,
        `"${given}" is none of ${values.join(', ')}${didYouMean(given, values)}.`,
        node.at,
      );
    }
    return found ?? values[0];
  };
}

/** Decodes, and then looks at what came out. */
export function checked<T>(decoder: Decoder<T>, check: (value: T, place: Place, node: SourceNode) => void): Decoder<T> {
  return (node, place) => {
    const value = decoder(node, place);
    check(value, place, node);
    return value;
  };
}

export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (node, place) => {
    if (node.type === 'list') return node.items.map((one, index) => item(one, inside(place, index)));
    wrongType('a list', node, place);
    return [];
  };
}

/** A list, or the one item that would be in it. */
export function oneOrMany<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (node, place) => (node.type === 'scalar' ? [item(node, place)] : list(item)(node, place));
}

/** Keys that are data: names of tasks, of variables, of labels. */
export function mapOf<T>(checkKey: KeyCheck, value: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (node, place) => {
    if (node.type !== 'map') {
      wrongType('keys with values', node, place);
      return {};
    }
    return Object.fromEntries(
      node.entries.map((entry) => {
        const at = inside(place, entry.key);
        checkKey(entry.key, at, entry.keyAt);
        return [entry.key, value(entry.value, at)];
      }),
    );
  };
}

export type KeyCheck = (key: string, place: Place, at: Position) => void;

/** One of the known keys of a map. */
export interface Field<T> {
  readonly decode: Decoder<T>;
  /** What the key is called in documents, when the property has another name. */
  readonly key?: string;
  /** A second key that means the same. */
  readonly alias?: string;
  /** What it is when it is left out; without it, leaving it out is an error. */
  readonly otherwise?: { readonly value: T };
}

export const required = <T>(decode: Decoder<T>): Field<T> => ({ decode });
export const optional = <T>(decode: Decoder<T>, otherwise: T): Field<T> => ({
  decode,
  otherwise: { value: otherwise },
});
export const called = <T>(key: string, field: Field<T>): Field<T> => ({ ...field, key });

export const alsoCalled = <T>(alias: string, field: Field<T>): Field<T> => ({ ...field, alias });

type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

/** Keys that are ours, in either spelling. An empty value is as good as none. */
export function object<T extends object>(fields: Fields<T>): Decoder<T> {
  const properties = Object.keys(fields) as (keyof T & string)[];
  const keys = properties.map((property) => fields[property].key ?? property);
  const aliases = new Map(properties.flatMap((property, index) => [[fields[property].alias, keys[index]] as const]));
  return (node, place) => {
    const entries = node.type === 'map' ? knownEntries(node, keys, aliases, place) : new Map<string, SourceEntry>();
    if (node.type !== 'map') wrongType('keys with values', node, place);
    const report = node.type === 'map' ? place.report : silent;
    const decoded: Partial<T> = {};
    properties.forEach((property, index) => {
      const key = keys[index] ?? property;
      const entry = entries.get(key);
      const written = entry !== undefined && camelCase(entry.key) !== key ? entry.key : key;
      decoded[property] = decodeField(fields[property], written, entry?.value, node, { ...place, report });
    });
    return decoded as T;
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
  if (value !== undefined && !isNothing(value)) return field.decode(value, at);
  if (field.otherwise) return field.otherwise.value;
  place.report('MISSING_FIELD', at.path, `"${snakeCase(key)}" is missing.`);
  return field.decode({ type: 'scalar', at: parent.at, value: null, text: '' }, { ...at, report: silent });
}

export const isNothing = (node: SourceNode): boolean => node.type === 'scalar' && node.value === null;

function knownEntries(
  map: SourceMap,
  known: readonly string[],
  aliases: ReadonlyMap<string | undefined, string | undefined>,
  place: Place,
): Map<string, SourceEntry> {
  const entries = new Map<string, SourceEntry>();
  for (const entry of map.entries) {
    const written = camelCase(entry.key);
    const key = aliases.get(written) ?? written;
    const path = [...place.path, entry.key];
    const before = entries.get(key);
    if (!known.includes(key)) {
      const hint = didYouMean(entry.key, known.map(snakeCase)) || `; known are ${known.map(snakeCase).join(', ')}`;
      place.report('UNKNOWN_FIELD', path, `There is no key "${entry.key}" here${hint}.`, entry.keyAt);
    } else if (before === undefined) {
      entries.set(key, entry);
    } else if (before.key !== entry.key) {
      // The same key twice in the same spelling is found by the reader, for every format and kind of map.
      place.report('DUPLICATE_KEY', path, `"${entry.key}" and "${before.key}" are the same key.`, entry.keyAt);
    }
  }
  return entries;
}

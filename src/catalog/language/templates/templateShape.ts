import { isName } from '../../../kernel/naming';
import { field, listOf, orNull, type ShapeOf } from '../../../kernel/fields';
import {
  defined,
  flag,
  isNothing,
  list,
  mapped,
  object,
  oneOf,
  optional,
  required,
  ruled,
  type Shape,
  short,
  text,
  valueText,
  wrongType,
} from '../shape';
import type { SourceMap, SourceNode } from '../sourceTree';
import { description } from '../values';
import { entriesText, nodeValue } from './nodeText';
import { typed } from './parameters';
import { parameterTypes, type TemplateParameter } from './templateParameter';

/** What a template can contain. */
export const templateTarget = {
  name: 'TemplateTarget',
  description: 'Part of a definition that extends a template.',
  values: { WORKFLOW: 'A workflow.', STAGE: 'A stage of a pipeline.' },
} as const;
export type TemplateTarget = keyof (typeof templateTarget)['values'];

const parameterType = {
  name: 'TemplateParameterType',
  description: 'Type of a parameter of a template.',
  values: {
    STRING: 'Text. Numbers and booleans are converted to text.',
    NUMBER: 'Number.',
    BOOLEAN: '`true` or `false`.',
    LIST: 'List with any contents.',
    MAPPING: 'Mapping with any contents.',
  },
} as const;

/** A parameter as it is stored and shown. */
export const parameterFields = {
  name: field.text('Name, as used in `with`.'),
  type: field.oneOf(parameterType, 'Type of its values.'),
  required: field.boolean('True if a document that extends the template must give it a value.'),
  defaultValue: orNull(field.json('Default value. Null if there is none.')),
  allowedValues: orNull(listOf(field.text('Allowed values. Null: all.'))),
  description: orNull(field.text('Free-text description.')),
};
export type ShownParameter = ShapeOf<typeof parameterFields>;

/** A template in canonical form. `text` has the keys of its document after the head, as YAML. */
export interface TemplateDefinition {
  readonly description: string | null;
  readonly of: TemplateTarget;
  readonly parameters: readonly ShownParameter[];
  /** Template that it extends, at the revision of that time. */
  readonly base: { readonly id: string; readonly revision: number } | null;
  readonly text: string;
}

/** A template whose contents a definition includes, at the revision of that time. */
export interface TemplateUse {
  readonly id: string;
  readonly name: string;
  /** Null for a template of the account. */
  readonly application: string | null;
  readonly revision: number;
  /** True if the definition, or a template between them, names the revision. Then it does not follow changes. */
  readonly pinned: boolean;
}

/** Origin of a definition that extends templates. */
export interface Extended {
  /** All templates, including those that templates extend. */
  readonly uses: readonly TemplateUse[];
  /** Keys of the document after the head, as YAML: an export has the document as written. */
  readonly text: string;
}

/** Any value, with its positions. */
const anything: Shape<SourceNode> = { json: {}, encode: nodeValue, decode: (node) => node };

const isMap = (node: SourceNode): node is SourceMap => node.type === 'map';
export const noEntries: SourceMap = { type: 'map', at: { line: 1, column: 1 }, entries: [] };

const anyMapping: Shape<SourceMap> = {
  json: { type: 'object' },
  encode: nodeValue,
  decode(node, place) {
    if (isMap(node)) return node;
    wrongType('a mapping', node, place);
    return noEntries;
  },
};

const parameterName = ruled(text, {
  json: { pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,99}$' },
  problem: (value) =>
    /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(value)
      ? undefined
      : [
          'BAD_VARIABLE_NAME',
          `"${short(value)}" is not a valid name of a parameter; it has 1 to 100 letters, digits, underscores or hyphens, and must not start with a digit.`,
        ],
});

const parameter = defined(
  'Parameter',
  mapped(
    object<TemplateParameter>({
      name: required(parameterName, `Name; \${parameters.NAME} in the body is its value.`),
      type: optional(
        oneOf(parameterTypes),
        'string',
        'Type of its values. A text that is only a reference becomes the value with this type.',
      ),
      required: optional(flag, false, 'True if a document that extends the template must give it a value.'),
      defaultValue: optional(
        anything as Shape<SourceNode | null>,
        null,
        'Value if none is given. Without one, a key whose value is only the parameter counts as omitted.',
        {
          key: 'default',
        },
      ),
      allowedValues: optional(list(valueText), null, 'Allowed values, of a text, number or boolean. Defaults to all.'),
      description: description('parameter'),
    }),
    (value, _node, { path, report }) => {
      if (value.defaultValue === null) return value;
      return { ...value, defaultValue: typed(value, value.defaultValue, { path: [...path, 'default'], report }) };
    },
  ),
);

/** `NAME`, or `NAME@REVISION` for one that stays as it is. */
export const templateReference = ruled(text, {
  json: { pattern: '^[^@]+(?:@[1-9][0-9]*)?$' },
  problem: (value) => {
    const { name, revision } = readReference(value);
    return isName(name) && revision !== undefined
      ? undefined
      : ['BAD_NAME', `"${short(value)}" is neither the name of a template nor NAME@REVISION.`];
  },
});

/** Revision: null for the current one, undefined if it is not a number. */
export function readReference(value: string): { readonly name: string; readonly revision: number | null | undefined } {
  const [, name = value, revision] = /^(.*?)@([^@]*)$/.exec(value) ?? [];
  if (revision === undefined) return { name, revision: null };
  return { name, revision: /^[1-9]\d{0,8}$/.test(revision) ? Number(revision) : undefined };
}

export const extendsKey = optional(
  templateReference,
  null,
  'Template to begin with: NAME, or NAME@REVISION for a revision that stays as it is. The keys here change its contents.',
);
export const withKey = optional(anyMapping, noEntries, 'Values for the parameters of the template.');

const targets = ['workflow', 'stage'] as const;

/** Keys of a Template after its head. */
export const templateKeys = {
  of: required(oneOf(targets), 'What extends it: a workflow, or a stage of a pipeline.'),
  extends: extendsKey,
  with: withKey,
  parameters: optional(
    list(parameter),
    [],
    'Parameters; `with` of a document that extends the template gives them values.',
  ),
  body: required(
    anyMapping,
    `Keys of the workflow, or of the stage, as in its document. Keys may be missing that each document adds. \${parameters.NAME} is the value of a parameter.`,
  ),
};
export type TemplateKeys = {
  readonly [Key in keyof typeof templateKeys]: (typeof templateKeys)[Key] extends { shape: Shape<infer T> } ? T : never;
};

/** Keys of a document after its head, as YAML; its tags are attached to the object. */
export const afterHead = ({ entries }: SourceMap): string =>
  entriesText(
    entries.filter(({ key }) => !['kind', 'application', 'name', 'tags'].includes(key) && !key.startsWith('x-')),
  );

const keysShape = object<TemplateKeys>(templateKeys);

/** Keys of a stored template, which had no errors when it was applied. */
export function readTemplateKeys(root: SourceMap): TemplateKeys {
  const entries = root.entries.filter(({ key }) => Object.hasOwn(templateKeys, key));
  return keysShape.decode({ ...root, entries }, { path: [], report: () => undefined });
}

export const targetOf = (of: TemplateKeys['of']): TemplateTarget => (of === 'workflow' ? 'WORKFLOW' : 'STAGE');

/** Parameters as they are shown. */
export const shownParameters = (parameters: readonly TemplateParameter[]): readonly ShownParameter[] =>
  parameters.map(({ type, defaultValue, ...rest }) => ({
    ...rest,
    type: type.toUpperCase() as ShownParameter['type'],
    defaultValue: defaultValue === null ? null : asJson(nodeValue(defaultValue)),
    allowedValues: rest.allowedValues === null ? null : [...rest.allowedValues],
    description: rest.description || null,
  }));

const asJson = (value: unknown): unknown =>
  value instanceof Map
    ? Object.fromEntries([...value].map(([key, one]) => [key, asJson(one)]))
    : Array.isArray(value)
      ? value.map(asJson)
      : value;

export const isGiven = (node: SourceNode | undefined): node is SourceNode => node !== undefined && !isNothing(node);

/** What the console reads of a JSON Schema. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

export interface SchemaDocument extends JsonSchema {
  readonly $defs: Readonly<Record<string, JsonSchema>>;
}

/** A key of a mapping, or an item of a list. */
export type Step = { readonly key: string } | 'item';

/** All alternatives of a schema, without references and choices. */
export function alternatives(root: SchemaDocument, schema: JsonSchema): readonly JsonSchema[] {
  const found: JsonSchema[] = [];
  const seen = new Set<JsonSchema>();
  const visit = (one: JsonSchema) => {
    if (seen.has(one)) return;
    seen.add(one);
    const named = one.$ref === undefined ? undefined : root.$defs[one.$ref.split('/').at(-1) ?? ''];
    if (named) visit(named);
    const choices = [...(one.oneOf ?? []), ...(one.anyOf ?? []), ...(one.allOf ?? [])];
    for (const choice of choices) visit(choice);
    if (named === undefined && choices.length === 0) found.push(one);
    else if (one.properties !== undefined || one.enum !== undefined) found.push(one);
  };
  visit(schema);
  return found;
}

/** Schemas of the value at a path below `from`. */
export function schemasAt(root: SchemaDocument, from: JsonSchema, path: readonly Step[]): readonly JsonSchema[] {
  let here: readonly JsonSchema[] = [from];
  for (const step of path) {
    here = here.flatMap((schema) =>
      alternatives(root, schema).flatMap((one): readonly JsonSchema[] => {
        if (step === 'item') return one.items === undefined ? [] : [one.items];
        const own = one.properties?.[step.key];
        if (own !== undefined) return [own];
        return typeof one.additionalProperties === 'object' ? [one.additionalProperties] : [];
      }),
    );
  }
  return here;
}

import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { EntitySchema } from 'typeorm';
import { type Picked, wholeRow } from '../../kernel/database/picked';

type Property<T> = keyof T & string;

interface RowFieldsOptions<T> {
  readonly table: EntitySchema<T>;
  /** Columns of every row: for rights, cursors, the type of an interface, the keys of loaders. */
  readonly always: readonly Property<T>[];
  /**
   * Fields that show a column with another name. All other fields without a resolver show the column of the same name.
   */
  readonly renamed?: Readonly<Record<string, Property<T>>>;
  /** Columns that the resolvers of fields read. If a field with a resolver is missing here, whole rows are read. */
  readonly needs: Readonly<Record<string, readonly Property<T>[]>>;
}

type Fragments = GraphQLResolveInfo['fragments'];

/**
 * Columns behind the fields of an object type, declared in one place. A read selects only the columns that the
 * operation shows, under the names of the schema, so that nothing has to be copied.
 */
export class RowFields<T> {
  /** Every column, and every field that shows one. */
  readonly whole: Picked<T>;
  private readonly ofNodes = new WeakMap<FieldNode, Picked<T>>();
  /** The same object for the same choice, because loaders and statements are keyed by it. */
  private readonly choices = new LRUCache<string, Picked<T>>({ max: 1000 });

  constructor(readonly options: RowFieldsOptions<T>) {
    const renamed = Object.entries(options.renamed ?? {}).map(([name, of]) => [name, { of, asText: false }]);
    this.whole = { ...wholeRow(options.table), ...Object.fromEntries(renamed) };
  }

  /** Columns that an operation selects from the rows of a field, or at these paths below it, such as `edges.node`. */
  pick({ fieldNodes, fragments }: GraphQLResolveInfo, ...paths: readonly string[]): Picked<T> {
    const [node] = fieldNodes;
    const known = node && this.ofNodes.get(node);
    if (known !== undefined && fieldNodes.length === 1) return known;
    const nodes = paths.length === 0 ? fieldNodes : paths.flatMap((path) => nodesAt(fieldNodes, path, fragments));
    const names = [...new Set(nodes.flatMap((one) => fieldsOf(one, fragments).map(({ name }) => name.value)))].sort();
    const picked = this.choose(names);
    if (node !== undefined && fieldNodes.length === 1) this.ofNodes.set(node, picked);
    return picked;
  }

  private choose(names: readonly string[]): Picked<T> {
    const key = names.join();
    const known = this.choices.get(key);
    if (known !== undefined) return known;
    const picked = this.columnsOf(names) ?? this.whole;
    this.choices.set(key, picked);
    return picked;
  }

  private columnsOf(names: readonly string[]): Picked<T> | undefined {
    const { always, needs, renamed = {} } = this.options;
    const shown: [string, Picked<T>[string]][] = [];
    const read = new Set<Property<T>>(always);
    for (const name of names) {
      const of = renamed[name] ?? (name as Property<T>);
      if (needs[name] !== undefined) for (const property of needs[name]) read.add(property);
      else if (of in this.whole) shown.push([name, { of, asText: this.isTime(of) }]);
      else if (!name.startsWith('__')) return undefined;
    }
    // A resolver gets a Date, even if the same column is also shown.
    return Object.fromEntries([...shown, ...[...read].map((of) => [of, { of, asText: false }] as const)]);
  }

  private isTime(property: Property<T>): boolean {
    return this.options.table.options.columns[property]?.type === 'timestamptz';
  }
}

function nodesAt(nodes: readonly FieldNode[], path: string, fragments: Fragments): readonly FieldNode[] {
  let found = nodes;
  for (const name of path.split('.')) {
    found = found.flatMap((node) => fieldsOf(node, fragments).filter((field) => field.name.value === name));
  }
  return found;
}

/** Fields selected below a field, for any type, and regardless of `@skip` and `@include`. */
function fieldsOf({ selectionSet }: { readonly selectionSet?: SelectionSetNode }, fragments: Fragments): FieldNode[] {
  return (selectionSet?.selections ?? []).flatMap((one) => {
    if (one.kind === Kind.FIELD) return [one];
    const within = one.kind === Kind.INLINE_FRAGMENT ? one : fragments[one.name.value];
    return within === undefined ? [] : fieldsOf(within, fragments);
  });
}

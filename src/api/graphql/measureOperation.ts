import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql';
import { defaultLimit } from '../../kernel/paging';

type Variables = Readonly<Record<string, unknown>>;

/** Size of a validated operation. */
export interface Measures {
  /** Nesting depth of fields, without introspection: the schema is fixed, and graphql-js limits how it is walked. */
  readonly depth: number;
  readonly rootFields: number;
  readonly aliases: number;
  readonly directives: number;
  /** Variables that define list sizes. The cost depends on no others. */
  readonly sizeVariables: readonly string[];
  /**
   * Maximum number of objects in the response: an object counts 1, a scalar 0, and a list multiplies its contents by
   * its `first` or `limit`, or by 50 if it has neither. Fragments for different types all count, although an object has
   * only one type.
   */
  cost(variables: Variables): number;
}

const sizeArguments = ['first', 'limit'];
/** More than any limit. Keeps products of many lists comparable. */
const endless = 1e15;

export function measureOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Measures {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const { aliases, directives, variables: sizeVariables } = count(document);
  return {
    depth: depthOf(operation.selectionSet, fragments, new Map()),
    rootFields: rootFieldsOf(operation.selectionSet, fragments, new Map()),
    aliases,
    directives,
    sizeVariables,
    cost: (variables) => new Cost(schema, fragments, operation, variables).ofOperation(),
  };
}

function count(document: DocumentNode): { aliases: number; directives: number; variables: readonly string[] } {
  let aliases = 0;
  let directives = 0;
  const variables = new Set<string>();
  visit(document, {
    Field: ({ alias }) => {
      if (alias) aliases += 1;
    },
    Directive: () => {
      directives += 1;
    },
    Argument: ({ name, value }) => {
      if (value.kind === Kind.VARIABLE && sizeArguments.includes(name.value)) variables.add(value.name.value);
    },
  });
  return { aliases, directives, variables: [...variables] };
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Measures each fragment once, however often it is spread: nested spreads would double the work at each level. */
function once(known: Map<string, number>, name: string, make: () => number): number {
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = make();
  known.set(name, made);
  return made;
}

function depthOf(set: SelectionSetNode, fragments: Fragments, known: Map<string, number>): number {
  let deepest = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const below = selection.selectionSet;
      const inside = below && !isIntrospection(selection) ? depthOf(below, fragments, known) : 0;
      deepest = Math.max(deepest, 1 + inside);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      deepest = Math.max(deepest, depthOf(selection.selectionSet, fragments, known));
    } else {
      const { value: name } = selection.name;
      const fragment = fragments.get(name);
      if (fragment)
        deepest = Math.max(
          deepest,
          once(known, name, () => depthOf(fragment.selectionSet, fragments, known)),
        );
    }
  }
  return deepest;
}

function rootFieldsOf(set: SelectionSetNode, fragments: Fragments, known: Map<string, number>): number {
  let sum = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) sum += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) sum += rootFieldsOf(selection.selectionSet, fragments, known);
    else {
      const { value: name } = selection.name;
      const fragment = fragments.get(name);
      if (fragment) sum += once(known, name, () => rootFieldsOf(fragment.selectionSet, fragments, known));
    }
  }
  return Math.min(sum, endless);
}

function isIntrospection(field: FieldNode): boolean {
  return field.name.value.startsWith('__');
}

/** Cost of one operation with one set of variables. */
class Cost {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: Fragments,
    private readonly operation: OperationDefinitionNode,
    private readonly variables: Variables,
  ) {}

  ofOperation(): number {
    return this.of(
      this.operation.selectionSet,
      this.schema.getRootType(this.operation.operation) ?? undefined,
      undefined,
    );
  }

  /** `size`: list size of a page, in the selection of its connection. */
  private of(set: SelectionSetNode, type: GraphQLNamedType | undefined, size: number | undefined): number {
    let sum = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) sum += this.ofField(selection, type, size);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        sum += this.of(selection.selectionSet, condition === undefined ? type : this.schema.getType(condition), size);
      } else {
        const { value: name } = selection.name;
        const fragment = this.fragments.get(name);
        if (fragment === undefined) continue;
        const inside = () =>
          this.of(fragment.selectionSet, this.schema.getType(fragment.typeCondition.name.value), size);
        sum += once(this.known, `${name} ${size}`, inside);
      }
    }
    return Math.min(sum, endless);
  }

  private ofField(node: FieldNode, parent: GraphQLNamedType | undefined, size: number | undefined): number {
    if (node.selectionSet === undefined) return 0;
    // Introspection: list sizes are fixed, and each object exists once.
    if (isIntrospection(node)) return this.of(node.selectionSet, undefined, undefined);
    const known = isObjectType(parent) || isInterfaceType(parent);
    if (!known || parent.name.startsWith('__')) return 1 + this.of(node.selectionSet, undefined, undefined);
    const field = parent.getFields()[node.name.value];
    const type = field && getNamedType(field.type);
    if (field === undefined || !isCompositeType(type)) return 0;
    const asked = this.askedSize(node, field);
    if (!isList(field.type)) return 1 + this.of(node.selectionSet, type, asked);
    const length = asked ?? size ?? estimate(field);
    return Math.min(length * (1 + this.of(node.selectionSet, type, undefined)), endless);
  }

  private askedSize(node: FieldNode, field: GraphQLField<unknown, unknown>): number | undefined {
    if (!field.args.some(({ name }) => sizeArguments.includes(name))) return undefined;
    for (const { name, value } of node.arguments ?? []) {
      const given = sizeArguments.includes(name.value) ? this.numberOf(value) : undefined;
      if (given !== undefined) return Math.max(1, given);
    }
    return defaultLimit;
  }

  private numberOf(value: ValueNode): number | undefined {
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind !== Kind.VARIABLE) return undefined;
    const name = value.name.value;
    const given = this.variables[name];
    if (given !== undefined) return typeof given === 'number' && Number.isFinite(given) ? given : undefined;
    const definition = this.operation.variableDefinitions?.find((one) => one.variable.name.value === name);
    return definition?.defaultValue ? this.numberOf(definition.defaultValue) : undefined;
  }
}

/** A field with a known size declares it: `@Extensions({ listSize: 5 })`. */
function estimate(field: GraphQLField<unknown, unknown>): number {
  const { listSize } = field.extensions;
  return typeof listSize === 'number' ? listSize : defaultLimit;
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

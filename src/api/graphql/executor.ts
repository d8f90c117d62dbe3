import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getNamedType,
  getOperationAST,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isNonNullType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  typeFromAST,
  visit,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';

/** Executes a validated query or mutation. */
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Compiling costs as much as some executions. Texts that are built for one use are not worth it. */
const USES_BEFORE_COMPILING = 3;

interface Compiled {
  /** Returns an error without data, at once, if the variables are not valid. */
  readonly query: (
    root: unknown,
    context: unknown,
    variables: ExecutionArgs['variableValues'],
  ) => ExecutionResult | Promise<ExecutionResult>;
  /** The compiler makes null of these variables if they are not given; they have to be absent. */
  readonly nested: readonly string[];
}

/**
 * Executes repeated queries as compiled functions (graphql-jit), which copy rows several times as fast as graphql-js
 * walks them. Mutations, and queries that the compiler is known to answer differently, go to graphql-js; so do requests
 * with invalid variables, for the text of the error. Equal texts are one document (documents.ts).
 */
export function createExecutor(schema: GraphQLSchema, usesBeforeCompiling = USES_BEFORE_COMPILING): Execute {
  const operations = new WeakMap<DocumentNode, Map<string, { uses: number; compiled?: Compiled | undefined }>>();

  function compiledOf({ document, operationName }: ExecutionArgs): Compiled | undefined {
    const name = operationName ?? '';
    const known = operations.get(document) ?? new Map();
    operations.set(document, known);
    const operation = known.get(name) ?? { uses: 0 };
    known.set(name, operation);
    operation.uses += 1;
    if (operation.uses === usesBeforeCompiling) operation.compiled = compile(schema, document, operationName);
    return operation.compiled;
  }

  return (args) => {
    const compiled = compiledOf(args);
    const { rootValue, contextValue, variableValues } = args;
    if (compiled === undefined || compiled.nested.some((name) => variableValues?.[name] === undefined)) {
      return execute(args);
    }
    const result = compiled.query(rootValue, contextValue, variableValues);
    return 'errors' in result && !('data' in result) ? execute(args) : result;
  };
}

function compile(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): Compiled | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY || !isCompilable(schema, operation)) return undefined;
  const compiled = compileQuery(schema, document, operationName ?? undefined);
  return isCompiledQuery(compiled) ? { query: compiled.query, nested: nestedVariables(document) } : undefined;
}

/** The compiler loses the class of defaults that are not JSON, and rejects absent input fields of the form `T! = default`. */
function isCompilable(schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode): boolean {
  return variableDefinitions.every(({ type: node, defaultValue }) => {
    const type = typeFromAST(schema, node) as GraphQLInputType;
    return (defaultValue === undefined || isSpecifiedScalarType(getNamedType(type))) && !hasRequiredDefault(type);
  });
}

function hasRequiredDefault(type: GraphQLInputType, seen: Set<GraphQLInputType> = new Set()): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named) || seen.has(named)) return false;
  seen.add(named);
  return Object.values(named.getFields()).some(
    ({ type: inner, defaultValue }) =>
      (isNonNullType(inner) && defaultValue !== undefined) || hasRequiredDefault(inner, seen),
  );
}

/** Variables inside of lists and objects that are written in the document. */
function nestedVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Variable(node, _key, parent) {
      const { kind } = (parent ?? {}) as { kind?: string };
      if (kind !== Kind.ARGUMENT && kind !== Kind.VARIABLE_DEFINITION) names.add(node.name.value);
    },
  });
  return [...names];
}

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

/** Compiling costs as much as several executions, so texts that are built for a single use are not compiled. */
const USES_BEFORE_COMPILING = 3;

interface Compiled {
  /** Returns an error without data immediately if the variables are invalid. */
  readonly query: (
    root: unknown,
    context: unknown,
    variables: ExecutionArgs['variableValues'],
  ) => ExecutionResult | Promise<ExecutionResult>;
  /** Variables that have to be absent if they are not given, because the compiler would turn them into null. */
  readonly nested: readonly string[];
}

/**
 * Executes repeated queries as compiled functions (graphql-jit), which copy rows several times as fast as graphql-js
 * walks them. graphql-js executes mutations, queries for which the compiler is known to give other results, and
 * requests with invalid variables, for the text of the error. Equal texts are one document (documents.ts).
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

/** The compiler loses the class of non-JSON defaults, and rejects absent input fields of the form `T! = default`. */
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

/** Variables inside lists and objects that are written in the document. */
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

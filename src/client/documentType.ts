/** Carries the types of a document's data and variables, as GraphQL clients and code generators expect them. */
export interface DocumentTypeDecoration<TResult, TVariables> {
  /** Never present: compilers infer both types from it. */
  __apiType?: (variables: TVariables) => TResult;
}

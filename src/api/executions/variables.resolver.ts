import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Context } from '../graphql/context';
import type { Execution, ExecutionVariable } from '../../engine/execution';
import { variablesOfExecution } from '../../runs/execution/executions.loaders';
import { ExecutionInterface } from './executions.types';
import { typeOf } from '../../engine/variableType';
import { ExecutionVariableObject } from './variables.types';

@Resolver(() => ExecutionInterface)
export class ExecutionVariablesResolver {
  @FieldResolver(() => [ExecutionVariableObject], {
    description: 'Variables by name: those given at the start, and those that tasks have set so far.',
  })
  async variables(@Root() execution: Execution, @Ctx() { loaders }: Context): Promise<ExecutionVariableObject[]> {
    return showVariables(execution, (await loaders.load(variablesOfExecution, execution.id)) ?? []);
  }
}

/** Inputs and values that tasks have set, by name. */
export function showVariables(
  { variables, createdAt }: Pick<Execution, 'variables' | 'createdAt'>,
  set: readonly ExecutionVariable[],
): ExecutionVariableObject[] {
  const given = Object.entries(variables).map(([name, value]) => {
    return { name, value, type: typeOf(value), setBy: null, setAt: createdAt, readOnly: true };
  });
  const all = [...given, ...set.map((variable) => ({ ...variable, readOnly: false }))];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

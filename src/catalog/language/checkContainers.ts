import { type NameProblem, unknown } from './checkCondition';
import { TaskNames, TaskOrder } from './checkTaskConditions';
import type { Complain } from './checkVariables';
import { containerOf } from './containerShape';
import { envReferences, ownVariableNames } from './environmentValues';
import { referringTexts } from './taskTexts';
import { handedTo, secretsNeeded, secretsOfTask, type WorkflowDefinition } from './workflow';

/** Checks containers, services and checkouts with the rest of their workflow. */
export function checkContainers(definition: WorkflowDefinition, complain: Complain): void {
  const order = new TaskOrder(definition.tasks);
  const { environment, services } = definition;
  const own = new Set(ownVariableNames({ environment: environment !== null, services: services.length > 0 }));
  for (const [name, task] of Object.entries(definition.tasks)) {
    const path = ['tasks', name];
    const container = containerOf(definition, task);
    for (const [service, { ports }] of Object.entries(task.services)) {
      if (container !== null || ports.length > 0) continue;
      const message = `The task has no container, so it reaches "${service}" only through ports. List them in "ports".`;
      complain('CONTAINER_KEY', [...path, 'services', service], message);
    }
    if (container !== null && container.network !== null && Object.keys(task.services).length > 0) {
      const message = 'A task with services gets a network for them. Leave out "network".';
      complain('CONTAINER_KEY', [...path, 'container'], message);
    }
    const secrets = secretsOfTask(definition, task);
    const given = new Set([...own, ...secrets, ...Object.keys(task.requires), ...handedTo(task.type)]);
    const names = new TaskNames(name, task, definition, order);
    for (const { text, path: place } of referringTexts(definition, task).values()) {
      for (const one of new Set(envReferences(text))) {
        const problem = given.has(one) ? hidden(one, secrets, place) : names.variableProblem(one);
        if (problem) complain(problem.rule, [...path, ...place], `The text refers to a variable: ${problem.message}.`);
      }
    }
    for (const secret of secretsNeeded(definition, task)) {
      if (!Object.hasOwn(task.env, secret) || secrets.includes(secret)) continue;
      const message = `"${secret}" is a secret of the credentials and a variable of this task. Rename one of them.`;
      complain('SECRET_NAME_TAKEN', [...path, 'env', secret], message);
    }
  }
}

/** The environment of a service can contain secrets; everything else is visible to people. */
const hidden = (name: string, secrets: readonly string[], place: readonly string[]): NameProblem | undefined =>
  secrets.includes(name) && !(place[0] === 'services' && place[2] === 'env')
    ? unknown(`"${name}" is a secret, and this text is visible to anyone who may see the execution`)
    : undefined;

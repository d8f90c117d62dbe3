import { containerOf } from './containerShape';
import { composeEnvironment, type EnvironmentSources, envReferences } from './environmentValues';
import type { TaskDefinition, WorkflowDefinition } from './workflow';

/** Texts of a task that refer to variables outside its `env`: images, variables of services, and its checkout. */

type Texts = Readonly<Record<string, string>>;

/** Variables that the definition of a task gives its command: those of its container come before its own. */
export const envOfTask = (
  workflow: Pick<WorkflowDefinition, 'container'>,
  task: Pick<TaskDefinition, 'container' | 'env'>,
): Texts => ({ ...containerOf(workflow, task)?.env, ...task.env });

/** All texts in which `${NAME}` is replaced, by their places within the task. */
export function referringTexts(
  workflow: Pick<WorkflowDefinition, 'container'>,
  task: Pick<TaskDefinition, 'container' | 'services' | 'checkout' | 'cache'>,
): ReadonlyMap<string, { readonly text: string; readonly path: readonly string[] }> {
  const texts = new Map<string, { text: string; path: readonly string[] }>();
  const add = (text: string | null | undefined, ...path: readonly string[]) => {
    if (text != null && envReferences(text).length > 0) texts.set(path.join('\n'), { text, path });
  };
  add(containerOf(workflow, task)?.image, 'container', 'image');
  for (const [name, { image, env }] of Object.entries(task.services)) {
    add(image, 'services', name, 'image');
    for (const [key, value] of Object.entries(env)) add(value, 'services', name, 'env', key);
  }
  add(task.checkout?.url, 'checkout', 'url');
  add(task.checkout?.ref, 'checkout', 'ref');
  add(task.cache?.key, 'cache', 'key');
  for (const [index, one] of (task.cache?.restoreKeys ?? []).entries()) add(one, 'cache', 'restoreKeys', String(index));
  return texts;
}

/** Fills in a text with the variables of a command. */
export class TextFiller {
  private count = 0;
  problem: string | null = null;

  constructor(private readonly sources: EnvironmentSources) {}

  fill(text: string): { readonly text: string; readonly secret: boolean } {
    if (!text.includes('${')) return { text, secret: false };
    const name = `SLIPWAY_TEXT_${++this.count}`;
    const { taskEnv } = this.sources;
    const { values, secrets, problem } = composeEnvironment({ ...this.sources, taskEnv: { ...taskEnv, [name]: text } });
    this.problem ??= problem?.replace(`the value of ${name}`, `"${text.slice(0, 100)}"`) ?? null;
    const secret = secrets[name];
    return secret === undefined ? { text: values[name] ?? '', secret: false } : { text: secret, secret: true };
  }
}

import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonicalJson';
import { type ArtifactSource, artifactSource } from '../catalog/language/artifactSource';
import { baseName } from '../catalog/language/matrix';
import { noMatrix } from '../catalog/language/combinations';
import { type TaskNode, taskNodes } from '../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../catalog/language/workflow';

/** A workflow in a stage, with its inputs. */
export interface ElementInputs {
  readonly elementId: string;
  readonly stageIndex: number;
  /** Names of the stage and of the element. */
  readonly stage: string;
  readonly element: string;
  /** Name of the workflow in `artifacts.from`. */
  readonly workflow: string;
  readonly definition: WorkflowDefinition;
  readonly environmentId: string | null;
  readonly variables: Readonly<Record<string, string>>;
  /** Service id → image. */
  readonly images: Readonly<Record<string, string>>;
  /** Values from earlier elements: the texts, the elements, and the pipeline's variables. */
  readonly takes: {
    readonly texts: readonly string[];
    readonly elements: readonly string[];
    readonly variables: Readonly<Record<string, string>>;
  } | null;
  /** Condition that decides if it runs; it reads the pipeline's variables, and results of earlier elements. */
  readonly skipCondition: { readonly text: string; readonly variables: Readonly<Record<string, string>> } | null;
}

/** Files of another workflow of the run. */
type RunSource = Exclude<ArtifactSource, { in: 'WORKFLOW' }>;

/** Name of a task, or of one of its combinations → fingerprint. */
export type Fingerprints = ReadonlyMap<string, string>;

/**
 * Hash of everything that determines the result of a task, by element: its definition, the inputs that its command can
 * see, and the fingerprints of tasks that it depends on and takes files from. If the fingerprint is unchanged, the
 * result can be kept. README.md lists what a command can see.
 */
export function fingerprints(elements: readonly ElementInputs[]): ReadonlyMap<string, Fingerprints> {
  const found = new Map<string, Fingerprints>();
  const byStage = [...elements].sort((a, b) => a.stageIndex - b.stageIndex);
  for (const element of byStage) {
    const before = byStage.filter((other) => other.stageIndex < element.stageIndex);
    const filesFrom = (source: RunSource): string[] =>
      before
        .filter((other) =>
          source.in === 'RUN'
            ? other.workflow === source.workflow
            : [null, other.stage].includes(source.stage) && [null, other.element].includes(source.element),
        )
        .flatMap((other) => [...(found.get(other.elementId) ?? [])])
        .filter(([name]) => [null, name, baseName(name)].includes(source.task))
        .map(([, fingerprint]) => fingerprint);
    const { skipCondition, takes } = element;
    const givers = before.filter((other) => takes?.elements.includes(other.element));
    const taken = takes && [takes, givers.map((other) => [...(found.get(other.elementId) ?? [])])];
    const condition = skipCondition && [skipCondition, before.map((other) => [...(found.get(other.elementId) ?? [])])];
    found.set(element.elementId, ofElement(element, hash([condition, taken]), filesFrom));
  }
  return found;
}

function ofElement(
  { definition, environmentId, variables, images }: ElementInputs,
  condition: string,
  filesFrom: (source: RunSource) => string[],
): Fingerprints {
  const { tasks, env, shell, container } = definition;
  const shared = hash([env, shell, container, environmentId, variables, images, condition]);
  const definitions = new Map<string, string>();
  const innerOf = (base: string) =>
    tasks[base]?.workflow == null ? [] : Object.entries(tasks).filter(([name]) => name.startsWith(`${base}/`));
  const definitionOf = (base: string): string => {
    // The name of a combination contains its values; the other values of the matrix don't affect it.
    const known = definitions.get(base) ?? hash([{ ...tasks[base], ...noMatrix }, innerOf(base)]);
    definitions.set(base, known);
    return known;
  };
  const found = new Map<string, string>();
  const members = new Map<string, string[]>();
  const whole = new Map<string, string>();
  const allOf = (base: string): string => {
    const known = whole.get(base) ?? hash(members.get(base) ?? []);
    whole.set(base, known);
    return known;
  };
  const waitsFor = (node: TaskNode): string[] =>
    node.dependsOn.map((one) => ('all' in one ? allOf(one.all) : (found.get(one.node) ?? '')));
  // In order of levels: all dependencies of a node come before it.
  for (const node of taskNodes(tasks)) {
    const files = (tasks[node.base]?.artifacts.from ?? []).map((from) => {
      const source = artifactSource(from, tasks);
      return source.in === 'WORKFLOW' ? allOf(baseName(source.task)) : hash(filesFrom(source));
    });
    const fingerprint = hash([node.name, definitionOf(node.base), shared, waitsFor(node), files]);
    found.set(node.name, fingerprint);
    const combinations = members.get(node.base);
    if (combinations === undefined) members.set(node.base, [fingerprint]);
    else combinations.push(fingerprint);
  }
  return found;
}

const hash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('base64url');

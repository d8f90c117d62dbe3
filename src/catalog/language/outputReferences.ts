/**
 * References in values of elements and in messages of approvals: `${NAME}` is a variable of the pipeline,
 * `${stages.STAGE.ELEMENT.outputs.NAME}` and `${steps.ELEMENT.outputs.NAME}` are outputs of an element of an earlier
 * stage. Any other `${` is plain text, unless it begins like a reference: that must not reach a command.
 */
export interface OutputReference {
  readonly text: string;
  /** Null if only the element is named. */
  readonly stage: string | null;
  readonly element: string;
  /** `variables` are all variables that tasks of the workflow set, as in conditions. */
  readonly kind: 'outputs' | 'variables';
  readonly name: string;
  /** Default value if there is none. */
  readonly otherwise: string | null;
}

export type ValuePart =
  | { readonly is: 'TEXT'; readonly text: string }
  | { readonly is: 'VARIABLE'; readonly name: string }
  | ({ readonly is: 'OUTPUT' } & OutputReference)
  | { readonly is: 'MALFORMED'; readonly text: string };

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{(?:steps|stages)[.[][^}]*(?:\}|$)/g;
const PATH = /^\$\{(steps|stages)((?:\.[^.[\]":}]+|\["[^"\]}]+"\])+)(?::-([^}]*))?\}$/;
const STEP = /\.([^.[\]":}]+)|\["([^"\]}]+)"\]/g;

export const REFERENCE_FORMS = `\${steps.ELEMENT.outputs.NAME} or \${stages.STAGE.ELEMENT.outputs.NAME}`;

export function partsOf(value: string): ValuePart[] {
  const parts: ValuePart[] = [];
  let end = 0;
  for (const match of value.matchAll(REFERENCE)) {
    const [text, name] = match;
    if (match.index > end) parts.push({ is: 'TEXT', text: value.slice(end, match.index) });
    parts.push(name === undefined ? outputReference(text) : { is: 'VARIABLE', name });
    end = match.index + text.length;
  }
  if (end < value.length) parts.push({ is: 'TEXT', text: value.slice(end) });
  return parts;
}

function outputReference(text: string): ValuePart {
  const [, root, path = '', otherwise = null] = PATH.exec(text) ?? [];
  const steps = [...path.matchAll(STEP)].map(([, plain, quoted]) => plain ?? quoted ?? '');
  const [stage, element, kind, name, ...more] = root === 'steps' ? [null, ...steps] : steps;
  const isKnown = kind === 'outputs' || kind === 'variables';
  if (stage === undefined || element == null || !isKnown || name == null || more.length > 0)
    return { is: 'MALFORMED', text };
  return { is: 'OUTPUT', text, stage, element, kind, name, otherwise };
}

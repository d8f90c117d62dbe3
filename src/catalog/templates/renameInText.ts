import { invalidInput } from '../../kernel/errors';
import { canonicalPipeline, canonicalWorkflow } from '../language/canonical';
import { withoutCalled } from '../language/calls';
import { contentHash } from '../language/contentHash';
import { parseFollower } from '../language/parseDefinitions';
import type { PipelineDefinition } from '../language/pipeline';
import { readDocuments } from '../language/readDocuments';
import type { Referred } from '../language/referred';
import { type SourceEntry, type SourceNode, snakeCase } from '../language/sourceTree';
import { documentText, entriesText } from '../language/templates/nodeText';
import type { TemplateBook } from '../language/templates/templateBook';
import type { Extended } from '../language/templates/templateShape';
import type { WorkflowDefinition } from '../language/workflow';

/** Keys whose values may name an object of a kind. */
const keys: Readonly<Record<Referred['kind'], readonly string[]>> = {
  environment: ['environment', 'with'],
  service: ['services', 'deploys', 'with'],
  workflow: ['workflow', 'from', 'source', 'with'],
  // Only triggers name pipelines.
  pipeline: [],
};

/**
 * The renamed definition with a document that says the same. Refused if a template has the old name: the document alone
 * can’t change that.
 */
export function withRenamedText<Definition extends WorkflowDefinition | PipelineDefinition>(
  renamed: Definition,
  head: { readonly kind: 'Workflow' | 'Pipeline'; readonly application: string; readonly name: string | null },
  { kind, name }: Referred,
  to: string,
  book: TemplateBook,
): Definition {
  const { extended } = renamed;
  if (extended === undefined) return renamed;
  const named = keys[kind];
  const text = changeTexts(extended, named, (one) =>
    one === name ? to : kind === 'workflow' && one.startsWith(`${name}.`) ? to + one.slice(name.length) : one,
  );
  let broken = false;
  const whole = documentText({ ...head, name: head.name ?? 'unseen' }, text);
  const parsed = parseFollower(whole, book, () => {
    broken = true;
  });
  const document = parsed?.document;
  if (document !== undefined && !broken && meaning(document) === meaning({ kind: head.kind, definition: renamed })) {
    return { ...renamed, extended: { ...extended, text } };
  }
  const whom =
    head.name === null ? 'A definition that you may not see' : `The ${head.kind.toLowerCase()} "${head.name}"`;
  const message = `${whom} has the name of this ${kind} from a template. Make it a parameter of the template first.`;
  throw invalidInput([{ field: 'name', value: to, rule: 'NAMED_BY_TEMPLATE', message }]);
}

function meaning(document: object): string {
  const { kind, definition } = document as { readonly kind: string; readonly definition: object };
  const { extended: _, ...own } =
    kind === 'Workflow'
      ? canonicalWorkflow(withoutCalled(definition as WorkflowDefinition))
      : canonicalPipeline(definition as PipelineDefinition);
  return contentHash(own);
}

/** Changes texts at, and below, some keys of a document. */
function changeTexts({ text }: Extended, named: readonly string[], change: (text: string) => string): string {
  const walk = (node: SourceNode, inside: boolean): SourceNode => {
    if (node.type === 'list') return { ...node, items: node.items.map((item) => walk(item, inside)) };
    if (node.type === 'map') return { ...node, entries: node.entries.map((entry) => entryOf(entry, inside)) };
    if (!inside || typeof node.value !== 'string') return node;
    const changed = change(node.value);
    return { ...node, value: changed, text: changed };
  };
  const entryOf = (entry: SourceEntry, inside: boolean): SourceEntry => ({
    ...entry,
    value: walk(entry.value, inside || named.includes(snakeCase(entry.key))),
  });
  const [root] = readDocuments(text).documents;
  return root?.type === 'map' ? entriesText(root.entries.map((entry) => entryOf(entry, false))) : text;
}

import { didYouMean } from '../../../kernel/didYouMean';
import type { Report } from '../shape';
import { findEntry, type Path, type Position, type SourceEntry, type SourceMap, type SourceNode } from '../sourceTree';
import { mergeNodes } from './mergeNodes';
import { fillParameters, givenValues } from './parameters';
import { TemplateBudget, withinBudget } from './templateBudget';
import type { KnownTemplate, TemplateBook } from './templateBook';
import {
  afterHead,
  type Extended,
  isGiven,
  noEntries,
  readReference,
  type TemplateTarget,
  type TemplateUse,
} from './templateShape';

export interface Expanded {
  readonly root: SourceNode;
  /** Undefined if the document extends no template. */
  readonly extended?: Extended;
}

/** True if a document, or one of its stages, extends a template. */
export const extendsTemplate = (root: SourceNode): boolean => usesIn(root).length > 0;

/** Templates that a document names, as written. */
export function referencesIn(root: SourceNode): string[] {
  const isTemplate = root.type === 'map' && textOf(findEntry(root, 'kind')?.value) === 'Template';
  const nodes = isTemplate ? [root] : usesIn(root).map(({ node }) => node);
  return nodes.flatMap((node) => textOf(findEntry(node, 'extends')?.value) ?? []);
}

/** Mappings of a document that have `extends`, with their paths. */
function usesIn(root: SourceNode): { readonly node: SourceMap; readonly path: Path; readonly of: TemplateTarget }[] {
  if (root.type !== 'map') return [];
  const kind = textOf(findEntry(root, 'kind')?.value);
  const has = (node: SourceNode): node is SourceMap =>
    node.type === 'map' && isGiven(findEntry(node, 'extends')?.value);
  if (kind === 'Workflow') return has(root) ? [{ node: root, path: [], of: 'WORKFLOW' }] : [];
  const stages = kind === 'Pipeline' ? findEntry(root, 'stages')?.value : undefined;
  if (stages?.type !== 'list') return [];
  return stages.items.flatMap((node, index) =>
    has(node) ? [{ node, path: ['stages', index], of: 'STAGE' as const }] : [],
  );
}

const textOf = (node: SourceNode | undefined): string | undefined =>
  node?.type === 'scalar' && typeof node.value === 'string' ? node.value : undefined;

/** The document with the contents of the templates that it extends. Nodes from a template know their place there. */
export function expandTemplates(
  root: SourceNode,
  book: TemplateBook,
  report: Report,
  budget = new TemplateBudget(),
): Expanded {
  const found = usesIn(root);
  if (found.length === 0 || root.type !== 'map') return { root };
  const application = textOf(findEntry(root, 'application')?.value) ?? null;
  const uses = new Map<string, TemplateUse>();
  const expansion = new Expansion(book, report, uses, budget);
  const extended = { uses: [] as TemplateUse[], text: afterHead(root) };
  const replaced = new Map(
    found.map(({ node, path, of }) => [node, expansion.extend(node, { of, path, application })]),
  );
  extended.uses.push(...[...uses.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  const whole = replaced.get(root);
  if (whole !== undefined) return { root: whole, extended };
  const entries = root.entries.map((entry): SourceEntry => {
    if (entry.key !== 'stages' || entry.value.type !== 'list') return entry;
    const items = entry.value.items.map((item) => (item.type === 'map' ? (replaced.get(item) ?? item) : item));
    return { ...entry, value: { ...entry.value, items } };
  });
  return { root: { ...root, entries }, extended };
}

interface Use {
  readonly of: TemplateTarget;
  readonly path: Path;
  readonly application: string | null;
}

class Expansion {
  constructor(
    private readonly book: TemplateBook,
    private readonly report: Report,
    private readonly uses: Map<string, TemplateUse>,
    private readonly budget: TemplateBudget,
  ) {}

  /** The contents of the template that a mapping extends, with the changes in that mapping. */
  extend(node: SourceMap, { of, path, application }: Use): SourceMap {
    const own = { ...node, entries: node.entries.filter(({ key }) => key !== 'extends' && key !== 'with') };
    const entry = findEntry(node, 'extends');
    const written = textOf(entry?.value);
    const at = [...path, 'extends'];
    if (entry === undefined || written === undefined) {
      this.report('WRONG_TYPE', at, 'Expected the name of a template.');
      return own;
    }
    const template = this.find(written, application, at);
    if (template === undefined) return own;
    if (template.of !== of) {
      const is = of === 'WORKFLOW' ? 'This is a workflow' : 'This is a stage';
      const message = `${is}, and the template "${template.name}" is one of a ${template.of.toLowerCase()}.`;
      this.report('TEMPLATE_KIND', at, message);
      return own;
    }
    const given = findEntry(node, 'with')?.value;
    if (isGiven(given) && given.type !== 'map') {
      this.report('WRONG_TYPE', [...path, 'with'], 'Expected a mapping of parameters to values.', given.at);
    }
    const pinned = readReference(written).revision !== null;
    const values = given?.type === 'map' ? given : undefined;
    const place = { path: at, report: this.report };
    const contents = withinBudget(
      () => this.contents(template, values, { path: at, at: entry.value.at, pinned }),
      place,
    );
    if (contents === undefined) return own;
    const merged = mergeNodes(contents, own);
    return merged.type === 'map' ? merged : own;
  }

  private find(written: string, application: string | null, path: Path): KnownTemplate | undefined {
    const { name, revision } = readReference(written);
    if (revision === undefined) {
      this.report('BAD_NAME', path, `"${written}" is neither the name of a template nor NAME@REVISION.`);
      return undefined;
    }
    const current = this.book.find(application, name);
    if (current === undefined) {
      const hint = didYouMean(name, this.book.names(application));
      this.report('UNKNOWN_TEMPLATE', path, `There is no template "${name}"${hint}.`);
      return undefined;
    }
    const found = revision === null ? current : this.book.revision(current.id, revision);
    if (found === undefined) {
      const message = `The template "${name}" has no revision ${revision}; its current one is ${current.revision}.`;
      this.report('UNKNOWN_TEMPLATE', path, message);
    }
    return found;
  }

  private contents(
    template: KnownTemplate,
    given: SourceMap | undefined,
    use: { readonly path: Path; readonly at: Position; readonly pinned: boolean },
  ): SourceMap {
    const { id, name, application, revision, keys } = template;
    const before = this.uses.get(id);
    this.uses.set(id, { id, name, application, revision, pinned: use.pinned && before?.pinned !== false });
    // Positions of what comes from the template; values of `with` keep their own.
    const moved = movedTo(use.at, template);
    const parameters = keys.parameters.map((one) => ({
      ...one,
      defaultValue: one.defaultValue && moved(one.defaultValue),
    }));
    for (const one of [keys.body, keys.with]) this.budget.take(one);
    const values = givenValues(name, parameters, given, use.path, this.report);
    const place = { path: use.path, report: this.report };
    const body = fillParameters(moved(keys.body), values, place, this.budget);
    const base = this.book.baseOf(template);
    if (base === undefined || body.type !== 'map') return body.type === 'map' ? body : noEntries;
    const forBase = fillParameters(moved(keys.with), values, place, this.budget);
    const pinned = use.pinned || readReference(keys.extends ?? '').revision !== null;
    const inherited = this.contents(base, forBase.type === 'map' ? forBase : undefined, { ...use, pinned });
    const merged = mergeNodes(inherited, body);
    return merged.type === 'map' ? merged : body;
  }
}

/** Gives nodes of a template the position of its use, and keeps their own as that in the template. */
function movedTo(use: Position, { name, application }: KnownTemplate): (node: SourceNode) => SourceNode {
  const moved = ({ line, column }: Position): Position => ({
    ...{ line: use.line, column: use.column },
    template: { name, application, line, column },
  });
  const move = (node: SourceNode): SourceNode => {
    const at = moved(node.at);
    if (node.type === 'list') return { ...node, at, items: node.items.map(move) };
    if (node.type === 'scalar') return { ...node, at };
    const entries = node.entries.map((entry) => ({ ...entry, keyAt: moved(entry.keyAt), value: move(entry.value) }));
    return { ...node, at, entries };
  };
  return move;
}

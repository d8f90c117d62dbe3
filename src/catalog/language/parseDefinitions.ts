import type { Report } from './shape';
import { type AnyDocument, type DocumentKind, decodeDocument } from './documentShapes';
import { Problems } from './problems';
import { type DefinitionFormat, readDocuments } from './readDocuments';
import { findEntry, locate, type SourceEntry, type SourceNode } from './sourceTree';
import { checkTemplate } from './templates/checkTemplate';
import { expandTemplates } from './templates/expandTemplates';
import { TemplateBudget } from './templates/templateBudget';
import type { Extended } from './templates/templateShape';
import { noTemplates, TemplateBook, type TemplateLibrary, type TemplateSource } from './templates/templateBook';

/** Text in one of the formats. */
export interface DefinitionSource {
  readonly source: string;
  readonly format: DefinitionFormat;
  /** Application of documents that don't name one. */
  readonly application?: string | null | undefined;
  /** Name of a task graph without one: its tool takes the name of the file. */
  readonly name?: string | null | undefined;
}

/** A document of a known kind; other parts of it may have errors. */
export interface ParsedDocument {
  /** Replaced by one with the tasks of the workflows that it calls, once all of them are known. */
  document: AnyDocument;
  /** True if it was read without errors, so that other documents can be checked against it. */
  readonly intact: boolean;
  /** True if its `variables` could not be read. */
  readonly withoutVariables: boolean;
  /** True for a task graph: problems that may not occur at run time are warnings. */
  readonly lenient: boolean;
  /** False if a template that it extends is missing. */
  readonly isWhole?: boolean;
  readonly complain: Report;
}

export interface ParsedSource {
  /** Workflows that call those of the source are added, and definitions that follow its templates. */
  readonly documents: ParsedDocument[];
  readonly problems: Problems;
  /** True if all documents were found; then a name that none of them defines is missing. */
  readonly complete: boolean;
  readonly templates: TemplateBook;
}

/** Documents of a source as trees. */
export interface ReadSource {
  readonly roots: readonly SourceNode[];
  readonly problems: Problems;
  readonly complete: boolean;
  readonly isTaskGraph: boolean;
}

/** Reads a source, and each document in it. */
export const parseDefinitions = (source: DefinitionSource): ParsedSource => parseSource(readSource(source));

export function readSource({ source, format, application, name }: DefinitionSource): ReadSource {
  const { documents, errors, complete, isTaskGraph = false } = readDocuments(source, format);
  const roots = documents.map((written) => {
    const named = isTaskGraph ? withDefault(written, 'name', name) : written;
    return ['Application', 'Template'].includes(kindOf(named)) ? named : withDefault(named, 'application', application);
  });
  return { roots, problems: new Problems(errors), complete, isTaskGraph };
}

/** Reads each document, with the contents of the templates that it extends. */
export function parseSource(read: ReadSource, library: TemplateLibrary = noTemplates): ParsedSource {
  const { roots, problems, isTaskGraph } = read;
  const documents: ParsedDocument[] = [];
  const templates = new Map<number, ParsedDocument>();
  const sources: TemplateSource[] = [];
  const budget = new TemplateBudget();
  let book = new TemplateBook(library, []);
  problems.collect(() => {
    roots.forEach((root, index) => {
      if (kindOf(root) !== 'Template') return;
      const parsed = parseDocument(root, problems.of(root, index), problems);
      if (parsed?.document.kind !== 'Template') return;
      const { document, complain: report } = parsed;
      templates.set(index, parsed);
      checkTemplate(document.keys, report, budget);
      sources.push({ ...document, application: document.application || null, report });
    });
    book = new TemplateBook(library, sources);
    roots.forEach((written, index) => {
      const template = templates.get(index);
      if (template !== undefined) documents.push(template);
      if (kindOf(written) === 'Template') return;
      // A parse that lacks its template would report everything that the template has as missing.
      let isWhole = true;
      const toWritten = problems.of(written, index);
      const { root, extended = undefined } = isTaskGraph
        ? { root: written }
        : expandTemplates(
            written,
            book,
            (rule, ...rest) => {
              isWhole &&= !ofTemplates.includes(rule);
              toWritten(rule, ...rest);
            },
            budget,
          );
      const report = problems.of(root, index);
      const parsed = parseDocument(root, report, problems, { lenient: isTaskGraph, isWhole });
      if (parsed) documents.push(extended === undefined ? parsed : withExtended(parsed, extended));
    });
  });
  return { documents, problems, complete: read.complete && documents.length === roots.length, templates: book };
}

const ofTemplates: readonly string[] = ['UNKNOWN_TEMPLATE', 'TEMPLATE_KIND', 'TOO_LARGE'];

function withExtended(parsed: ParsedDocument, extended: Extended): ParsedDocument {
  const { document } = parsed;
  if (document.kind === 'Workflow') {
    return { ...parsed, document: { ...document, definition: { ...document.definition, extended } } };
  }
  if (document.kind !== 'Pipeline') return parsed;
  return { ...parsed, document: { ...document, definition: { ...document.definition, extended } } };
}

/** A definition outside the source that follows a template of it, as it will be. Problems go to `report`. */
export function parseFollower(text: string, templates: TemplateBook, report: Report): ParsedDocument | undefined {
  const [written] = readDocuments(text).documents;
  if (written === undefined) return undefined;
  let found = 0;
  const counting: Report = (rule, path, message, at) => {
    found++;
    report(rule, path, message, at);
  };
  const { root, extended } = expandTemplates(written, templates, counting);
  const withPlaces: Report = (rule, path, message, at) => counting(rule, path, message, at ?? locate(root, path).at);
  const parsed = parseDocument(root, withPlaces, {
    get count() {
      return found;
    },
  });
  if (parsed === undefined || extended === undefined) return parsed;
  const whole = withExtended(parsed, extended);
  // Only its own document sets the tags of an object.
  return 'tags' in whole.document ? { ...whole, document: { ...whole.document, tags: null } } : whole;
}

function parseDocument(
  root: SourceNode,
  report: Report,
  problems: { readonly count: number },
  { lenient = false, isWhole = true } = {},
): ParsedDocument | undefined {
  const before = problems.count;
  let withoutVariables = false;
  const document = decodeDocument(root, {
    path: [],
    report: (rule, path, message, at) => {
      withoutVariables ||= path.length === 1 && path[0] === 'variables';
      if (!isWhole && rule === 'MISSING_FIELD') return;
      // The tool of task graphs ignores keys that it does not know.
      if (lenient && rule === 'UNKNOWN_FIELD') report('IGNORED_KEY', path, `${message} The key is ignored.`, at);
      else report(rule, path, message, at);
    },
  });
  if (document === undefined) return undefined;
  const intact = isWhole && problems.count === before;
  return { document, intact, withoutVariables, lenient, isWhole, complain: report };
}

/** The kind as written, or none. */
export function kindOf(root: SourceNode): string {
  const kind = root.type === 'map' ? findEntry(root, 'kind')?.value : undefined;
  return kind?.type === 'scalar' ? kind.text : '';
}

function withDefault(root: SourceNode, key: 'application' | 'name', given: string | null | undefined): SourceNode {
  if (root.type !== 'map' || given == null || findEntry(root, key) !== undefined) return root;
  const value: SourceNode = { type: 'scalar', at: root.at, value: given, text: given };
  return { ...root, entries: [...root.entries, { key, keyAt: root.at, value }] };
}

/** Head of a document, from the request. */
export interface ExpectedHead {
  readonly kind: DocumentKind;
  readonly application: string;
  readonly name: string;
}

/**
 * Reads the single document that defines a named object. Its head may be omitted, but must not contradict the request.
 */
export const parseDefinition = (source: DefinitionSource, expected: ExpectedHead): ParsedSource =>
  parseSource(readDefinition(source, expected));

export function readDefinition({ source, format }: DefinitionSource, expected: ExpectedHead): ReadSource {
  const { documents, errors, complete, isTaskGraph = false } = readDocuments(source, format);
  const problems = new Problems(errors);
  const [root, second] = documents;
  let roots: SourceNode[] = [];
  problems.collect(() => {
    if (root === undefined) return;
    if (second !== undefined) {
      const message = `The source has ${documents.length} documents; expected exactly one.`;
      problems.of(second, 1)('SINGLE_DOCUMENT', [], message, second.at);
    }
    roots = [withHead(root, expected, problems.of(root, 0))];
  });
  return { roots, problems, complete: complete && roots.length === 1, isTaskGraph };
}

function withHead(root: SourceNode, expected: ExpectedHead, report: Report): SourceNode {
  if (root.type !== 'map') return root;
  const keys = ['kind', 'application', 'name'] as const;
  const head = keys.map((key): SourceEntry => {
    const written = findEntry(root, key);
    if (written !== undefined && !(written.value.type === 'scalar' && written.value.value === expected[key])) {
      const message = `"${key}" must be "${expected[key]}", or omitted.`;
      report('WRONG_DOCUMENT', [key], message);
    }
    const value: SourceNode = { type: 'scalar', at: root.at, value: expected[key], text: expected[key] };
    return { key, keyAt: written?.keyAt ?? root.at, value };
  });
  const rest = root.entries.filter((entry) => !keys.some((key) => key === entry.key));
  return { ...root, entries: [...head, ...rest] };
}

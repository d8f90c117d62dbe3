import type { Complain } from './checkVariables';
import type { Report } from './shape';
import { type AnyDocument, type DocumentKind, decodeDocument } from './documentShapes';
import { Problems } from './problems';
import { type DefinitionFormat, readDocuments } from './readDocuments';
import { findEntry, type SourceEntry, type SourceNode } from './sourceTree';

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
  readonly complain: Complain;
}

export interface ParsedSource {
  /** Workflows that call those of the source are added. */
  readonly documents: ParsedDocument[];
  readonly problems: Problems;
  /** True if all documents were found; then a name that none of them defines is missing. */
  readonly complete: boolean;
}

/** Reads a source, and each document in it. */
export function parseDefinitions({ source, format, application, name }: DefinitionSource): ParsedSource {
  const read = readDocuments(source, format);
  const problems = new Problems(read.errors);
  const documents: ParsedDocument[] = [];
  problems.collect(() => {
    read.documents.forEach((written, index) => {
      const named = read.isTaskGraph ? withDefault(written, 'name', name) : written;
      const root = isApplication(named) ? named : withDefault(named, 'application', application);
      const parsed = parseDocument(root, problems.of(root, index), problems, read.isTaskGraph);
      if (parsed) documents.push(parsed);
    });
  });
  return { documents, problems, complete: read.complete && documents.length === read.documents.length };
}

function parseDocument(
  root: SourceNode,
  report: Report,
  problems: Problems,
  lenient = false,
): ParsedDocument | undefined {
  const before = problems.count;
  let withoutVariables = false;
  const document = decodeDocument(root, {
    path: [],
    report: (rule, path, message, at) => {
      withoutVariables ||= path.length === 1 && path[0] === 'variables';
      // The tool of task graphs ignores keys that it does not know.
      if (lenient && rule === 'UNKNOWN_FIELD') report('IGNORED_KEY', path, `${message} The key is ignored.`, at);
      else report(rule, path, message, at);
    },
  });
  if (document === undefined) return undefined;
  return { document, intact: problems.count === before, withoutVariables, lenient, complain: report };
}

function isApplication(root: SourceNode): boolean {
  const kind = root.type === 'map' ? findEntry(root, 'kind')?.value : undefined;
  return kind?.type === 'scalar' && kind.value === 'Application';
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
export function parseDefinition({ source, format }: DefinitionSource, expected: ExpectedHead): ParsedSource {
  const read = readDocuments(source, format);
  const problems = new Problems(read.errors);
  const documents: ParsedDocument[] = [];
  problems.collect(() => {
    const [root, second] = read.documents;
    if (root === undefined) return;
    if (second !== undefined) {
      const message = `The source has ${read.documents.length} documents; expected exactly one.`;
      problems.of(second, 1)('SINGLE_DOCUMENT', [], message, second.at);
    }
    const report = problems.of(root, 0);
    const parsed = parseDocument(withHead(root, expected, report), report, problems, read.isTaskGraph);
    if (parsed) documents.push(parsed);
  });
  return { documents, problems, complete: read.complete && documents.length === 1 };
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

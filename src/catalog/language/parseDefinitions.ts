import type { Complain } from './checkVariables';
import type { Report } from './shape';
import { type AnyDocument, type DocumentKind, decodeDocument } from './documentShapes';
import { Problems } from './problems';
import { type DefinitionFormat, readDocuments } from './readDocuments';
import { findEntry, type SourceEntry, type SourceNode } from './sourceTree';

/** What people send: text in one of the formats. */
export interface DefinitionSource {
  readonly source: string;
  readonly format: DefinitionFormat;
  /** The application of documents that name none. */
  readonly application?: string | null | undefined;
}

/** A document whose kind is known, however wrong the rest of it may be. */
export interface ParsedDocument {
  readonly document: AnyDocument;
  /** Reading it found no error, so that others can be judged by what it says. */
  readonly intact: boolean;
  /** Reading its `variables` found that they are none. */
  readonly withoutVariables: boolean;
  readonly complain: Complain;
}

export interface ParsedSource {
  readonly documents: readonly ParsedDocument[];
  readonly problems: Problems;
  /** All documents were found, so that a name that none of them defines is really missing. */
  readonly complete: boolean;
}

/** Reads a source, and the shape of each document in it. */
export function parseDefinitions({ source, format, application }: DefinitionSource): ParsedSource {
  const read = readDocuments(source, format);
  const problems = new Problems(read.errors);
  const documents: ParsedDocument[] = [];
  problems.collect(() => {
    read.documents.forEach((written, index) => {
      const root = withApplication(written, application);
      const parsed = parseDocument(root, problems.of(root, index), problems);
      if (parsed) documents.push(parsed);
    });
  });
  return { documents, problems, complete: read.complete && documents.length === read.documents.length };
}

function parseDocument(root: SourceNode, report: Report, problems: Problems): ParsedDocument | undefined {
  const before = problems.count;
  let withoutVariables = false;
  const document = decodeDocument(root, {
    path: [],
    report: (rule, path, message, at) => {
      withoutVariables ||= path.length === 1 && path[0] === 'variables';
      report(rule, path, message, at);
    },
  });
  if (document === undefined) return undefined;
  return { document, intact: problems.count === before, withoutVariables, complain: report };
}

function withApplication(root: SourceNode, application: string | null | undefined): SourceNode {
  if (root.type !== 'map' || application == null || findEntry(root, 'application') !== undefined) return root;
  const kind = findEntry(root, 'kind')?.value;
  if (kind?.type === 'scalar' && kind.value === 'Application') return root;
  const value: SourceNode = { type: 'scalar', at: root.at, value: application, text: application };
  return { ...root, entries: [...root.entries, { key: 'application', keyAt: root.at, value }] };
}

/** What a document is about, when the request says that already. */
export interface ExpectedHead {
  readonly kind: DocumentKind;
  readonly application: string;
  readonly name: string;
}

/** Reads the one document that defines a named thing. Its head may be left out; if it is there, it must be right. */
export function parseDefinition({ source, format }: DefinitionSource, expected: ExpectedHead): ParsedSource {
  const read = readDocuments(source, format);
  const problems = new Problems(read.errors);
  const documents: ParsedDocument[] = [];
  problems.collect(() => {
    const [root, second] = read.documents;
    if (root === undefined) return;
    if (second !== undefined) {
      const message = `The source has ${read.documents.length} documents; here it must be one.`;
      problems.of(second, 1)('SINGLE_DOCUMENT', [], message, second.at);
    }
    const parsed = parseDocument(withHead(root, expected, problems.of(root, 0)), problems.of(root, 0), problems);
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
      const message = `The document must be of the ${key} "${expected[key]}", or leave that out.`;
      report('WRONG_DOCUMENT', [key], message);
    }
    const value: SourceNode = { type: 'scalar', at: root.at, value: expected[key], text: expected[key] };
    return { key, keyAt: written?.keyAt ?? root.at, value };
  });
  const rest = root.entries.filter((entry) => !keys.some((key) => key === entry.key));
  return { ...root, entries: [...head, ...rest] };
}

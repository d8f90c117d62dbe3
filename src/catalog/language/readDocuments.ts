import type { ReadDocuments } from './documentSource';
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  Scalar,
} from 'yaml';
import { jsonProblem } from './jsonProblem';
import { readToml } from './readToml';
import { type Path, type Position, pathText, type SourceEntry, type SourceNode, unstorable } from './sourceTree';
import type { DefinitionError, ValidationRule } from './validationRules';

export const definitionFormats = ['YAML', 'JSON', 'TOML'] as const;
export type DefinitionFormat = (typeof definitionFormats)[number];

export const MAX_SOURCE_BYTES = 1024 ** 2;
export const MAX_DOCUMENTS = 500;
const MAX_LEVELS = 64;
/** The parser keeps up to three things on its stack for each level. */
const MAX_STACK = MAX_LEVELS * 3;
/** Ten thousand tasks have about 250,000. Each one takes time, even in a source that is not a definition. */
const MAX_LEXEMES = 600_000;
const MAX_ALIASED_NODES = 100_000;
const MAX_ERRORS_OF_READER = 100;

/**
 * Reads a source into documents; readToml.ts reads TOML. The YAML reader also reads JSON, so that errors have
 * positions. No source may harm the server. Nesting is limited before anything recursive sees it, because half a
 * million brackets exhaust the memory of the YAML library. Duplicate keys are found with a set; aliases are counted as
 * they are followed.
 */
export function readDocuments(source: string, format: DefinitionFormat = 'YAML'): ReadDocuments {
  const size = Buffer.byteLength(source);
  if (size > MAX_SOURCE_BYTES) {
    return refused('TOO_LARGE', `The source has ${size} bytes; the limit is ${MAX_SOURCE_BYTES}.`);
  }
  if (format === 'TOML') return readToml(source);
  const problem = format === 'JSON' && source.trim() !== '' ? jsonProblem(source) : undefined;
  if (problem === undefined) return new Reader(source).read();
  const before = source.slice(0, problem.offset).split('\n');
  return refused('SYNTAX', problem.message, { line: before.length, column: (before.at(-1) ?? '').length + 1 });
}

const nowhere = { line: null, column: null };

function refused(rule: ValidationRule, message: string, at: Position | typeof nowhere = nowhere): ReadDocuments {
  return { documents: [], errors: [{ path: 'documents', ...at, rule, message }], complete: false };
}

/** Thrown if reading can't continue. */
class Unreadable extends Error {
  constructor(
    readonly rule: ValidationRule,
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** Path of a node, and whether an alias leads to it. */
interface Within {
  readonly path: Path;
  readonly aliased: boolean;
}

class Reader {
  private readonly lines = new LineCounter();
  private readonly errors: DefinitionError[] = [];
  /** Anchors of the current document. The lookup of the library walks the whole document for each alias. */
  private readonly anchors = new Map<string, ParsedNode>();
  private aliasedNodes = 0;
  private documentPath = 'documents';
  private documentsBefore = 0;
  private complete = true;

  constructor(private readonly source: string) {}

  read(): ReadDocuments {
    const documents: SourceNode[] = [];
    try {
      const composer = new Composer({
        version: '1.2',
        schema: 'core',
        uniqueKeys: false,
        stringKeys: true,
        prettyErrors: false,
        logLevel: 'silent',
      });
      for (const document of composer.compose(this.tokens())) {
        this.documentsBefore = documents.length;
        this.documentPath = `documents[${documents.length}]`;
        documents.push(...this.convertDocument(document));
        this.documentPath = 'documents';
        if (documents.length > MAX_DOCUMENTS) {
          throw new Unreadable('TOO_LARGE', document.range[0], `The source has more than ${MAX_DOCUMENTS} documents.`);
        }
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.complete = false;
      this.report(error.rule, error.offset, error.message);
    }
    if (documents.length === 0 && this.errors.length === 0) {
      this.report('EMPTY_SOURCE', 0, 'The source contains no document.');
    }
    return { documents, errors: this.errors, complete: this.complete };
  }

  /** The pipeline of the library, with checks of its stack and its errors between the steps. */
  private *tokens() {
    const parser = new Parser(this.lines.addNewLine);
    this.lines.addNewLine(0);
    let lexemes = 0;
    let wrong = 0;
    for (const lexeme of new Lexer().lex(this.source)) {
      for (const token of parser.next(lexeme)) {
        if (token.type === 'error' && ++wrong > MAX_ERRORS_OF_READER) {
          throw new Unreadable('SYNTAX', token.offset, 'There are too many errors to continue.');
        }
        yield token;
      }
      if (++lexemes > MAX_LEXEMES) {
        throw new Unreadable(
          'TOO_LARGE',
          parser.offset,
          `The source has more than ${MAX_LEXEMES} keys, values and signs.`,
        );
      }
      if (parser.stack.length > MAX_STACK) {
        throw new Unreadable('TOO_LARGE', parser.offset, `Values are nested more than ${MAX_LEVELS} levels deep.`);
      }
    }
    yield* parser.end();
  }

  private convertDocument(document: Document.Parsed): SourceNode[] {
    // An unknown tag or directive is only a warning in the library; ignoring it would hide a mistake.
    const complaints = [...document.errors, ...document.warnings];
    for (const { pos, message } of complaints.slice(0, MAX_ERRORS_OF_READER)) {
      this.report('SYNTAX', pos[0], `${firstLine(message)}.`);
    }
    const { contents } = document;
    if (complaints.length > 0) this.complete = false;
    if (complaints.length > 0 || contents === null) return [];
    this.anchors.clear();
    const root = this.convert(contents, [], { aliased: false, path: [] });
    if (root.type === 'scalar' && root.value === null) return [];
    return root.type === 'list' ? [...root.items] : [root];
  }

  /** `open` has the nodes around this one: an alias of one of them would be endless. */
  private convert(node: ParsedNode, open: readonly object[], within: Within): SourceNode {
    const { aliased, path } = within;
    const at = this.position(node.range[0]);
    if (aliased && ++this.aliasedNodes > MAX_ALIASED_NODES) {
      throw new Unreadable('TOO_LARGE', node.range[0], `Aliases stand for more than ${MAX_ALIASED_NODES} values.`);
    }
    if (open.length > MAX_LEVELS) {
      throw new Unreadable('TOO_LARGE', node.range[0], `Values are nested more than ${MAX_LEVELS} levels deep.`);
    }
    if (isAlias(node)) {
      const target = this.anchors.get(node.source);
      if (target === undefined || open.includes(target)) {
        const problem = target === undefined ? 'has no anchor before it' : 'refers to a value that contains it';
        throw new Unreadable('SYNTAX', node.range[0], `The alias *${node.source} ${problem}.`);
      }
      return { ...this.convert(target, open, { ...within, aliased: true }), at };
    }
    if (node.anchor !== undefined && !aliased) this.anchors.set(node.anchor, node);
    const inside = [...open, node];
    if (isSeq(node)) {
      const items = (node.items as ParsedNode[]).map((item, index) =>
        this.convert(item, inside, { ...within, path: [...path, index] }),
      );
      return { type: 'list', at, items };
    }
    if (isMap(node)) {
      const written = node.items.map(({ key, value }) => this.entry(key, value, inside, within));
      const isMerge = (_: SourceEntry, index: number) => isMergeKey(node.items[index]?.key);
      const entries = written.filter((entry, index) => !isMerge(entry, index));
      this.refuseDuplicates(entries, path);
      return { type: 'map', at, entries: this.merge(entries, written.filter(isMerge), path) };
    }
    return this.scalar(node, at, path);
  }

  private entry(key: unknown, value: ParsedNode | null, open: readonly object[], within: Within): SourceEntry {
    // `stringKeys` has reported all other keys.
    const node = key as Scalar.Parsed;
    const keyAt = this.position(node.range[0]);
    const text = this.storable(String(node.value), keyAt, within.path);
    const converted: SourceNode =
      value === null
        ? { type: 'scalar', at: keyAt, value: null, text: '' }
        : this.convert(value, open, { ...within, path: [...within.path, text] });
    return { key: text, keyAt, value: converted };
  }

  /** Adds the entries of merge keys (`<<: *base`): keys of the mapping win, then those of earlier mappings. */
  private merge(own: readonly SourceEntry[], merges: readonly SourceEntry[], path: Path): readonly SourceEntry[] {
    if (merges.length === 0) return own;
    const all = new Map(own.map((entry) => [entry.key, entry]));
    for (const { value, keyAt } of merges) {
      for (const source of value.type === 'list' ? value.items : [value]) {
        if (source.type !== 'map') {
          const message = 'The merge key "<<" takes a mapping, or a list of mappings: <<: *base.';
          this.reportAt('WRONG_TYPE', keyAt, message, this.pathOf([...path, '<<']));
        } else {
          for (const entry of source.entries) if (!all.has(entry.key)) all.set(entry.key, { ...entry, merged: true });
        }
      }
    }
    return [...all.values()];
  }

  /** `depends_on` and `dependsOn` are two keys if keys are data, and one key if Slipway defines them (shape.ts). */
  private refuseDuplicates(entries: readonly SourceEntry[], path: Path): void {
    const seen = new Set<string>();
    for (const { key, keyAt } of entries) {
      if (seen.has(key))
        this.reportAt(
          'DUPLICATE_KEY',
          keyAt,
          `The key "${key}" occurs twice. Remove one of them.`,
          this.pathOf([...path, key]),
        );
      seen.add(key);
    }
  }

  private scalar(node: ParsedNode, at: Position, path: Path): SourceNode {
    if (!isScalar(node)) throw new Error(`The YAML library returned an unknown node: ${String(node)}.`);
    const { value, source } = node as Scalar;
    if (typeof value === 'number') return { type: 'scalar', at, value, text: source ?? String(value) };
    if (typeof value === 'boolean' || value === null) return { type: 'scalar', at, value, text: String(value) };
    const text = this.storable(String(value), at, path);
    return { type: 'scalar', at, value: text, text };
  }

  private storable(text: string, at: Position, path: Path): string {
    const found = unstorable(text);
    if (found) {
      this.reportAt('BAD_CHARACTER', at, `The text contains ${found}, which can’t be stored.`, this.pathOf(path));
    }
    return text;
  }

  private report(rule: ValidationRule, offset: number, message: string): void {
    this.reportAt(rule, this.position(offset), message);
  }

  /** A list at the top level represents several documents. */
  private pathOf(path: Path): string {
    const [first, ...rest] = path;
    if (typeof first !== 'number') return this.documentPath + pathText(path);
    return `documents[${this.documentsBefore + first}]${pathText(rest)}`;
  }

  private reportAt(rule: ValidationRule, at: Position, message: string, path = this.documentPath): void {
    this.errors.push({ path, line: at.line, column: at.column, rule, message });
  }

  private position(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** A quoted `<<` is an ordinary key, as in JSON. */
const isMergeKey = (key: unknown): boolean => isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN;

/** The library’s messages may quote the source over several lines, and may end with a period. */
const firstLine = (message: string): string => (message.split('\n')[0] ?? '').replace(/[.:]+$/, '');

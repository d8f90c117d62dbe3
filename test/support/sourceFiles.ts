import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from '@swc/core';

/**
 * The project's sources as syntax trees, for tests of rules about them. Uses swc, because TypeScript 7 has no parser
 * API.
 */

export interface Import {
  /** Path from the root, or name of a package. */
  readonly to: string;
  /** True if the import remains at run time. */
  readonly value: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Statements of the file. */
  readonly body: readonly Node[];
  /** All nodes of its syntax tree. */
  readonly nodes: readonly Node[];
  readonly imports: readonly Import[];
}

export interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const root = join(__dirname, '../..');

/** Parses the TypeScript files below a folder. */
export function sourceFiles(folder: string): SourceFile[] {
  return names(folder).map(read);
}

function names(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const { body } = parseSync(text, {
    syntax: 'typescript',
    tsx: path.endsWith('x'),
    decorators: true,
    target: 'es2022',
  }) as unknown as {
    body: Node[];
  };
  const nodes = find(body, () => true);
  const imports = nodes.flatMap((node) => {
    const from = importedFrom(node);
    return from === undefined ? [] : [{ to: resolve(path, from), value: isValue(node) }];
  });
  return { path, text, body, nodes, imports };
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = join(dirname(from), specifier).replaceAll('\\', '/');
  // A dynamic import names a compiled file.
  const found = ['', '.ts', '.tsx', '/index.ts']
    .map((end) => path.replace(/\.js$/, '.ts') + end)
    .find((one) => isFile(join(root, one)));
  if (found === undefined) throw new Error(`${from} imports ${specifier}, which does not exist`);
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function importedFrom(node: Node): string | undefined {
  const literal = (one: unknown) => {
    const { type, value } = (one ?? {}) as { type?: string; value?: unknown };
    return type === 'StringLiteral' && typeof value === 'string' ? value : undefined;
  };
  if (/^(Import|ExportAll|ExportNamed)Declaration$/.test(node.type)) return literal(node.source);
  if (node.type === 'TsImportType') return literal(node.argument);
  const called =
    node.type === 'CallExpression' && ((node.callee as Node).type === 'Import' || calleeName(node) === 'require');
  return called ? literal(argumentsOf(node)[0]) : undefined;
}

/**
 * With `isolatedModules`, an import without the word `type` is kept unless all of its uses are types; this counts it as
 * a value in either case.
 */
function isValue(node: Node): boolean {
  if (node.type === 'CallExpression') return true;
  if (node.type === 'TsImportType' || node.typeOnly === true) return false;
  const specifiers = (node.specifiers ?? []) as { isTypeOnly?: boolean }[];
  return specifiers.length === 0 || specifiers.some((specifier) => specifier.isTypeOnly !== true);
}

/** All nodes below a node that match. */
export function find(node: unknown, matches: (node: Node) => boolean): Node[] {
  if (Array.isArray(node)) return node.flatMap((one) => find(one, matches));
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap((one) => find(one, matches));
  return 'type' in node && matches(node as Node) ? [node as Node, ...inner] : inner;
}

export function nameOf(node: unknown): string {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown };
  return type === 'Identifier' && typeof value === 'string' ? value : '';
}

export function isMember(node: Node, object: string, property: string): boolean {
  return node.type === 'MemberExpression' && nameOf(node.object) === object && nameOf(node.property) === property;
}

export function calleeName(node: Node): string {
  return node.type === 'CallExpression' ? nameOf(node.callee) : '';
}

export function argumentsOf(node: Node): Node[] {
  return ((node.arguments ?? []) as { expression: Node }[]).map(({ expression }) => expression);
}

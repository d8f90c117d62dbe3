import { stringify } from 'smol-toml';
import { Document } from 'yaml';
import { documentShapes } from './documentShapes';
import type { PipelineDefinition } from './pipeline';
import { type DefinitionFormat, readDocuments } from './readDocuments';
import { documentText, nodeValue } from './templates/nodeText';
import type { TemplateDefinition } from './templates/templateShape';
import type { WorkflowDefinition } from './workflow';

/** Keys of a document that are not part of its definition. */
export interface DocumentHead {
  readonly application: string;
  readonly name: string;
}

/**
 * Writes documents from definitions as a person would: without defaults, tasks in the order of the graph. Applying one
 * again gives the same hash. The original text is not stored, because a rename would make it wrong.
 */
export function writeWorkflow(head: DocumentHead, definition: WorkflowDefinition, format: DefinitionFormat): string {
  const { description, extended } = definition;
  if (extended !== undefined) return writeText({ kind: 'Workflow', ...head }, extended.text, format);
  return write(documentShapes.Workflow.encode({ kind: 'Workflow', ...head, description, definition }), format);
}

export function writePipeline(head: DocumentHead, definition: PipelineDefinition, format: DefinitionFormat): string {
  const { description, extended } = definition;
  if (extended !== undefined) return writeText({ kind: 'Pipeline', ...head }, extended.text, format);
  return write(documentShapes.Pipeline.encode({ kind: 'Pipeline', ...head, description, definition }), format);
}

export const writeTemplate = (
  { name, application }: { readonly name: string; readonly application: string | null },
  { text }: TemplateDefinition,
  format: DefinitionFormat,
): string => writeText({ kind: 'Template', ...(application !== null && { application }), name }, text, format);

/** The document as it was written, which extends templates or is one. */
function writeText(head: object, text: string, format: DefinitionFormat): string {
  const [root] = readDocuments(documentText(head, text)).documents;
  return format === 'YAML' || root === undefined ? documentText(head, text) : write(nodeValue(root), format);
}

/** smol-toml writes TOML; toml-eslint-parser, which keeps positions, only reads it. */
function write(document: unknown, format: DefinitionFormat): string {
  if (format === 'TOML') return `${stringify(JSON.parse(JSON.stringify(document, mapAsObject)))}\n`;
  if (format === 'JSON') return `${JSON.stringify(document, mapAsObject, 2)}\n`;
  return new Document(document, { version: '1.2', schema: 'core', aliasDuplicateObjects: false }).toString({
    lineWidth: 0,
  });
}

/** `Object.fromEntries` instead of assignment, so that a key `__proto__` stays a key. */
const mapAsObject = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value;

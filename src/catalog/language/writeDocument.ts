import { stringify } from 'smol-toml';
import { Document } from 'yaml';
import {
  type ApplicationDocument,
  type DocumentKind,
  documentShapes,
  type EnvironmentDocument,
  type ServiceDocument,
} from './documentShapes';
import type { PipelineDefinition } from './pipeline';
import { type DefinitionFormat, readDocuments } from './readDocuments';
import { documentText, nodeValue } from './templates/nodeText';
import type { TemplateDefinition } from './templates/templateShape';
import { type TagValues, tagValues } from './tagShape';
import type { TriggerDefinition } from './triggerShape';
import type { WorkflowDefinition } from './workflow';

/** Keys of a document that are not part of its definition. */
export interface DocumentHead {
  readonly application: string;
  readonly name: string;
  /** Defaults to none. */
  readonly tags?: TagValues;
}

/**
 * Writes documents from definitions as a person would: without defaults, tasks in the order of the graph. Applying one
 * again gives the same hash. The original text is not stored, because a rename would make it wrong.
 */
export function writeWorkflow(head: DocumentHead, definition: WorkflowDefinition, format: DefinitionFormat): string {
  const { description, extended } = definition;
  if (extended !== undefined) return writeText('Workflow', head, extended.text, format);
  const own = { ...head, tags: tagsOf(head), description, definition };
  return write(documentShapes.Workflow.encode({ kind: 'Workflow', ...own }), format);
}

export function writePipeline(head: DocumentHead, definition: PipelineDefinition, format: DefinitionFormat): string {
  const { description, extended } = definition;
  if (extended !== undefined) return writeText('Pipeline', head, extended.text, format);
  const own = { ...head, tags: tagsOf(head), description, definition };
  return write(documentShapes.Pipeline.encode({ kind: 'Pipeline', ...own }), format);
}

export function writeTrigger(head: DocumentHead, definition: TriggerDefinition, format: DefinitionFormat): string {
  const { description } = definition;
  const own = { ...head, tags: tagsOf(head), description, definition };
  return write(documentShapes.Trigger.encode({ kind: 'Trigger', ...own }), format);
}

export const writeTemplate = (
  { name, application }: { readonly name: string; readonly application: string | null },
  { text }: TemplateDefinition,
  format: DefinitionFormat,
): string => writeText('Template', { ...(application !== null && { application }), name }, text, format);

type WithoutHead<Of> = Omit<Of, 'kind' | 'application' | 'name' | 'tags'>;

/** The head of an application has its own name only. */
export const writeApplication = (
  { name, tags }: Omit<DocumentHead, 'application'>,
  own: WithoutHead<ApplicationDocument>,
  format: DefinitionFormat,
): string =>
  write(
    documentShapes.Application.encode({
      kind: 'Application',
      name,
      tags: tagsOf({ name, application: name, tags }),
      ...own,
    }),
    format,
  );

export const writeEnvironment = (
  head: DocumentHead,
  own: WithoutHead<EnvironmentDocument>,
  format: DefinitionFormat,
): string =>
  write(documentShapes.Environment.encode({ kind: 'Environment', ...head, tags: tagsOf(head), ...own }), format);

export const writeService = (head: DocumentHead, own: WithoutHead<ServiceDocument>, format: DefinitionFormat): string =>
  write(documentShapes.Service.encode({ kind: 'Service', ...head, tags: tagsOf(head), ...own }), format);

/** The document as it was written, which extends templates or is one. */
function writeText(kind: DocumentKind, head: Partial<DocumentHead>, text: string, format: DefinitionFormat): string {
  const { application, name, tags = {} } = head;
  const given = Object.keys(tags).length === 0 ? {} : { tags: tagValues.encode(tags) };
  const whole = documentText({ kind, ...(application !== undefined && { application }), name, ...given }, text);
  const [root] = readDocuments(whole).documents;
  return format === 'YAML' || root === undefined ? whole : write(nodeValue(root), format);
}

/** An empty list would remove tags that are attached later. */
const tagsOf = ({ tags = {} }: DocumentHead): TagValues | null => (Object.keys(tags).length === 0 ? null : tags);

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

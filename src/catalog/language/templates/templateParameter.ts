import type { SourceNode } from '../sourceTree';

export const parameterTypes = ['string', 'number', 'boolean', 'list', 'mapping'] as const;

/** A parameter as a template declares it. */
export interface TemplateParameter {
  readonly name: string;
  readonly type: (typeof parameterTypes)[number];
  readonly required: boolean;
  readonly defaultValue: SourceNode | null;
  readonly allowedValues: readonly string[] | null;
  readonly description: string | null;
}

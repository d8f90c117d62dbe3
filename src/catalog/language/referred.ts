/** Objects that definitions refer to by name. */
export type ReferredKind = 'environment' | 'service' | 'workflow' | 'pipeline';

export interface Referred {
  readonly kind: ReferredKind;
  readonly name: string;
}

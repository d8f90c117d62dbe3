import { type ActorRef, actorRef } from '../../access/actor';
import type { FreezeOverride } from '../../engine/execution';
import type { InputError } from '../../kernel/errors';
import { isStorable } from '../../kernel/naming';

/** Input of commands that may deploy in spite of a freeze. */
export interface MayOverrideFreeze {
  readonly overrideFreeze?: { readonly reason: string } | null;
}

const MOST = 5000;

/** An override needs a reason. */
export function overrideErrors({ overrideFreeze }: MayOverrideFreeze): InputError[] {
  if (overrideFreeze == null) return [];
  const reason = overrideFreeze.reason.trim();
  if (reason !== '' && reason.length <= MOST && isStorable(reason)) return [];
  const message = `overrideFreeze.reason must have 1 to ${MOST.toLocaleString('en-US')} characters that can be stored.`;
  return [{ field: 'overrideFreeze.reason', value: overrideFreeze.reason, rule: 'LENGTH', message }];
}

/** The override as the attempt records it. */
export const overrideOf = ({ overrideFreeze }: MayOverrideFreeze, actor: ActorRef): FreezeOverride | null =>
  overrideFreeze == null ? null : { by: actorRef(actor), reason: overrideFreeze.reason.trim() };

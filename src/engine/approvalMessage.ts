import type { Scope } from '../catalog/language/conditionValues';
import { type Expression, readValue } from '../catalog/language/expressions';
import { messageParts, textsIn } from '../catalog/language/messageExpressions';

/** Texts of a message that may have references. */
export const referringTexts = (message: string): string[] => textsIn(message).map(({ text }) => text);

/** A filled text, or why it can’t be filled. */
export type Filled = { readonly value: string } | { readonly reason: string };

/**
 * Fills the references and expressions of a message. `fill` fills the references of a text; `scopesOf` loads what the
 * expressions read, and is asked once, if there are any.
 */
export function fillMessage(
  message: string,
  fill: (text: string) => Filled,
  scopesOf: (expressions: readonly Expression[]) => (expression: Expression) => Scope,
): Filled {
  const parts = messageParts(message).map((part) =>
    part.is === 'TEXT' ? part : { ...part, expression: readValue(part.source ?? '') },
  );
  const expressions = parts.flatMap((part) =>
    'expression' in part && 'evaluate' in part.expression ? part.expression : [],
  );
  let scopeOf: ReturnType<typeof scopesOf> | undefined;
  const filled: string[] = [];
  for (const part of parts) {
    if (part.is === 'TEXT') {
      const text = fill(part.text);
      if ('reason' in text) return text;
      filled.push(text.value);
      continue;
    }
    const { expression } = part;
    scopeOf ??= scopesOf(expressions);
    const value = 'evaluate' in expression ? expression.evaluate(scopeOf(expression)) : { error: expression.message };
    if ('error' in value) return { reason: `${part.text} has no value: ${value.error}` };
    filled.push(value.value);
  }
  return { value: filled.join('') };
}

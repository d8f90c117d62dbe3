/**
 * Expressions in messages: the value of `${{ EXPRESSION }}` replaces it, in the language of conditions (README.md). The
 * rest of a message may have references, as values of elements do (outputReferences.ts).
 */
export type MessagePart =
  | { readonly is: 'TEXT'; readonly text: string }
  | {
      readonly is: 'EXPRESSION';
      /** Null if it is not closed. */
      readonly source: string | null;
      /** Number of characters of the message in front of it. */
      readonly at: number;
      readonly text: string;
    };

/** It ends at the first `}}` outside of text in quotes. */
const EXPRESSION = /\$\{\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?!\}\})[^"'])*)\}\}|\$\{\{/gs;

export const UNCLOSED = 'it is not closed; expected "}}"';

export function messageParts(message: string): MessagePart[] {
  const parts: MessagePart[] = [];
  let end = 0;
  for (const match of message.matchAll(EXPRESSION)) {
    const [text, source = null] = match;
    if (match.index > end) parts.push({ is: 'TEXT', text: message.slice(end, match.index) });
    parts.push({ is: 'EXPRESSION', source, at: match.index + '${{'.length, text });
    end = match.index + text.length;
  }
  if (end < message.length) parts.push({ is: 'TEXT', text: message.slice(end) });
  return parts;
}

export const expressionsIn = (message: string) => messageParts(message).filter((part) => part.is === 'EXPRESSION');
export const textsIn = (message: string) => messageParts(message).filter((part) => part.is === 'TEXT');

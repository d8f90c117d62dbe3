/** Tokens that may come next in a JSON text. */
const wanted = {
  value: 'a value',
  item: 'a value or "]"',
  firstKey: 'a key in double quotes or "}"',
  key: 'a key in double quotes',
  colon: '":"',
  more: { '[': '"," or "]"', '{': '"," or "}"', '': 'nothing more' },
} as const;

const token =
  /("[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[ !#-[\]-\u{10ffff}]*)*")|((?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))|[[\]{},:]/uy;

/**
 * First error in a JSON text. The YAML reader accepts JSON and much more: it reads `"name": }` as a name without a
 * value. `JSON.parse` does not always report a position.
 */
export function jsonProblem(text: string): { readonly offset: number; readonly message: string } | undefined {
  const open: ('[' | '{')[] = [];
  let state: keyof typeof wanted = 'value';
  for (let at = text.startsWith('\ufeff') ? 1 : 0; ; at = token.lastIndex) {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at++;
    const around = open.at(-1);
    const ended = state === 'more' && around === undefined;
    if (at >= text.length && ended) return undefined;
    token.lastIndex = at;
    const [found, quoted, plain] = token.exec(text) ?? [];
    const takesValue = state === 'value' || state === 'item';
    if (ended || found === undefined) return problem(text, at, state, around);
    if (takesValue && (quoted ?? plain) !== undefined) state = 'more';
    else if (takesValue && (found === '[' || found === '{')) {
      open.push(found);
      state = found === '[' ? 'item' : 'firstKey';
    } else if ((state === 'key' || state === 'firstKey') && quoted !== undefined) state = 'colon';
    else if (state === 'colon' && found === ':') state = 'value';
    else if (state === 'more' && found === ',') state = around === '[' ? 'value' : 'key';
    else if (
      (found === ']' && around === '[' && (state === 'more' || state === 'item')) ||
      (found === '}' && around === '{' && (state === 'more' || state === 'firstKey'))
    ) {
      open.pop();
      state = 'more';
    } else return problem(text, at, state, around);
  }
}

function problem(text: string, offset: number, state: keyof typeof wanted, around: '[' | '{' | undefined) {
  const expected = state === 'more' ? wanted.more[around ?? ''] : wanted[state];
  const [found] = /^(?:"[^"\n]{0,30}"?|[\w.+-]{1,30}|[\s\S])/u.exec(text.slice(offset, offset + 40)) ?? [];
  const message = `The text is not valid JSON: expected ${expected}, but found ${found === undefined ? 'the end' : found}.`;
  return { offset, message };
}

/** A command with its `{{.name}}` replaced, the names that it needs, and why it can't be done. */
export interface ReplacedTemplate {
  readonly command: string;
  readonly names: readonly string[];
  readonly problem: string | null;
}

const pattern = String.raw`\{\{\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}`;
const template = new RegExp(pattern, 'y');
const templates = new RegExp(pattern, 'g');
const others = new RegExp(String.raw`(?!${pattern})\{\{[^{}\n]*\}\}`, 'g');

/** What has the look of a template and is none: `{{if .x}}`. */
export const literalTemplates = (command: string): string[] => command.match(others) ?? [];

/** The names in `{{.name}}`, as far as a command still has them. */
export const templateNames = (command: string): string[] =>
  [...command.matchAll(templates)].flatMap(([, name]) => name ?? []);

/** These read their arguments as a program: a value would be run there, however it is quoted here. */
const runsItsArguments = new RegExp(
  [
    String.raw`(?:^|[\s;&|(!{/])(?:eval|trap)\s`,
    String.raw`(?:^|[\s;&|(!{/])(?:\w*sh|su|python[\d.]*)\s[\s\S]*?-\w*c\s`,
    String.raw`(?:^|[\s;&|(!{/])(?:perl|ruby|node|php)\s[\s\S]*?-\w*[er]\s`,
  ].join('|'),
);

/** Where bash calculates: a value there can be `a[$(…)]`, which runs. In `${name:-…}` it does not. */
const calculatesBefore = /(?:^|[\s;&|(!{])let\s[^\n;&|]*$|\$\[[^\]]*$|\$\{[^}]*(?:\[|:(?![-=+?]))[^}]*$/;
const calculatesBetween = /\s-(?:eq|ne|lt|le|gt|ge|v)\s/;

/** Whether the place is one where a shell calculates with a value, or looks a variable up by it. */
function calculates(text: string, at: number): boolean {
  if (calculatesBefore.test(text.slice(0, at))) return true;
  const open = text.lastIndexOf('[[', at);
  const close = text.indexOf(']]', open);
  return open !== -1 && close > at && calculatesBetween.test(text.slice(open, close));
}

type Context = 'plain' | 'double' | 'substitution';

/**
 * Replaces `{{.name}}` in a shell command by the environment variable of that name, quoted as its place asks for: the value never becomes a part of the
 * command, so nothing that it holds can change what runs. Pasting the value, however well it is quoted, was refused: it has to be
 * right for each value, and this has to be right once for each command, and can be seen in the definition.
 *
 * Where the shell would look at the value as more than a value (arithmetic, `eval`, `sh -c`) or can't put one (a literal here-document), it is a problem.
 */
export function replaceTemplates(
  text: string,
  variableOf: (name: string) => string = (name) => name,
): ReplacedTemplate {
  const names = new Set<string>();
  const open: Context[] = ['plain'];
  let command = '';
  let problem: string | null = null;
  const fail = (why: string) => {
    problem ??= why;
  };
  /** Where the command began that is being read; a separator within quotes or `$(…)` begins none. */
  let statement = 0;
  const put = (name: string, at: number, quoted: (reference: string) => string) => {
    names.add(name);
    if (runsItsArguments.test(text.slice(statement, at)))
      fail('the value would run as a command here; pass it as an argument instead');
    if (calculates(text, at)) fail('arithmetic evaluates the value, which could run a program');
    return quoted(`\${${variableOf(name)}}`);
  };
  for (let at = 0; at < text.length; ) {
    const context = open.at(-1) ?? 'plain';
    if (open.length === 1 && /[\n;&|]/.test(text[at] ?? '')) statement = at + 1;
    const rest = text.slice(at, at + 3);
    template.lastIndex = at;
    const found = template.exec(text);
    if (found?.[1] !== undefined) {
      command += put(found[1], at, (reference) => (context === 'double' ? reference : `"${reference}"`));
      at = template.lastIndex;
    } else if (text[at] === '\\') {
      command += text.slice(at, at + 2);
      at += 2;
    } else if (text[at] === '#' && context !== 'double' && /(?:^|[\s;&|()])$/.test(text.slice(0, at))) {
      // A comment: its quotes open nothing.
      const end = text.indexOf('\n', at);
      command += text.slice(at, end === -1 ? text.length : end);
      at = end === -1 ? text.length : end;
    } else if (rest === '$((' || (context !== 'double' && rest.startsWith('(('))) {
      const end = text.indexOf('))', at);
      const inner = text.slice(at, end === -1 ? text.length : end + 2);
      if (/\{\{\s*\./.test(inner)) fail('arithmetic evaluates the value, which could run a program');
      command += inner;
      at += inner.length;
    } else if (rest.startsWith('$(')) {
      open.push('substitution');
      command += '$(';
      at += 2;
    } else if (text[at] === '(' && context === 'substitution') {
      open.push('substitution');
      command += '(';
      at += 1;
    } else if (text[at] === ')' && context === 'substitution') {
      open.pop();
      command += ')';
      at += 1;
    } else if (text[at] === '"') {
      if (context === 'double') open.pop();
      else open.push('double');
      command += '"';
      at += 1;
    } else if (text[at] === "'" && context !== 'double') {
      const end = text.indexOf("'", at + 1);
      const inner = text.slice(at, end === -1 ? text.length : end + 1);
      const quoted = inner.replace(templates, (_, name: string) => put(name, at, (reference) => `'"${reference}"'`));
      command += quoted;
      at += inner.length;
    } else if (text[at] === '`' || rest.startsWith('<<')) {
      // What comes is quoted by rules of its own: nothing there is worth the risk of a mistake.
      if (/\{\{\s*\.[A-Za-z_]/.test(text.slice(at)))
        fail('it is not supported after a backquote or in a here-document; use $(…) or printf');
      command += text.slice(at);
      at = text.length;
    } else {
      // The brackets of its patterns have no partner, so the end of the `$(…)` can't be found.
      if (
        context === 'substitution' &&
        /(?:^|[\s;&|(])case\s$/.test(text.slice(0, at + 1)) &&
        /\{\{\s*\.[A-Za-z_]/.test(text.slice(at))
      )
        fail('it is not supported after a case within $(…); move the case out of it');
      command += text[at];
      at += 1;
    }
  }
  return { command, names: [...names], problem };
}

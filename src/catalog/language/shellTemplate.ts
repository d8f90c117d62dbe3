import type { ValueRule } from '../../contract/valueRules';
import {
  calculatesInBraces,
  codeRule,
  evaluates,
  isCompared,
  type Rule,
  ruleAfter,
  ruleOfDocument,
  stronger,
} from './shellValues';
import { templateOf } from './template';

/** A command with its `{{.name}}` replaced, and the names that it needs. */
export interface ReplacedTemplate {
  readonly command: string;
  readonly needs: ReadonlyMap<string, ValueRule>;
}

const pattern = templateOf('([A-Za-z_][A-Za-z0-9_]*)');
const template = new RegExp(pattern, 'y');
const templates = new RegExp(pattern, 'g');
const others = new RegExp(String.raw`(?!${pattern})\{\{[^{}\n]*\}\}`, 'g');

/** Text that looks like a template but is none: `{{if .x}}`. */
export const literalTemplates = (command: string): string[] => command.match(others) ?? [];

/** Names in `{{.name}}` that remain in a command. */
export const templateNames = (command: string): string[] =>
  [...command.matchAll(templates)].flatMap(([, name]) => name ?? []);

/**
 * Replaces `{{.name}}` in a shell command with a reference to that environment variable, quoted as its place requires.
 * The value never becomes part of the command, so it can't change what runs. If a shell or another program evaluates
 * the value (arithmetic, `eval`, `sh -c`), it has to be a number or a plain word, which an agent checks before it runs
 * the command.
 */
export function replaceTemplates(
  text: string,
  variableOf: (name: string) => string = (name) => name,
): ReplacedTemplate {
  const needs = new Map<string, ValueRule>();
  return { command: new Replacer(text, { variableOf, needs }).all(), needs };
}

interface Shared {
  readonly variableOf: (name: string) => string;
  readonly needs: Map<string, ValueRule>;
}

/** A here-document that begins with the next line. */
interface HereDocument {
  readonly word: string;
  readonly quoted: boolean;
  readonly tabs: boolean;
  /** Position of its end word, as written, in the output. */
  readonly place: number;
  readonly rule: Rule;
}

/** Keywords after which another command begins. */
const leading = ['then', 'do', 'else', 'elif', 'if', 'while', 'until', 'time', '{', '!'];
/** Reads a command as a shell does, as far as quotes and expansions are concerned. */
class Replacer {
  private at = 0;
  private readonly out: string[] = [];
  private readonly documents: HereDocument[] = [];
  /** Start of the command that is being read; a separator within quotes or `$(…)` does not begin a command. */
  private statement = 0;
  private calculating = false;
  /** True in a substitution whose output a shell uses in arithmetic. */
  private evaluated = false;
  /** True in the text of a here-document, which is not a command. */
  private prose = false;

  /** `before` is the text that precedes this one in its command; `rule` is the minimum rule for values. */
  constructor(
    private readonly text: string,
    private readonly shared: Shared,
    private before = '',
    private readonly rule: Rule = 'any',
  ) {}

  all(): string {
    while (this.at < this.text.length) this.commands(false);
    return this.out.join('');
  }

  /** Body of a here-document in which a shell expands variables. */
  body(): string {
    this.prose = true;
    while (this.at < this.text.length) {
      if (this.put((reference) => reference) || this.escape('\\\\') || this.expansion(true)) continue;
      this.copy(1);
    }
    return this.out.join('');
  }

  /** Commands up to the end, or to the `)` that closes them. */
  private commands(closed: boolean): void {
    const open: ('(' | 'case')[] = [];
    let begins = true;
    while (this.at < this.text.length) {
      const next = this.text[this.at] ?? '';
      if (this.put((reference) => `"${reference}"`) || this.escape('')) begins = false;
      else if (next === '\n') {
        this.copy(1);
        this.readDocuments();
        begins = true;
        this.statement = this.at;
      } else if (next === ' ' || next === '\t') this.copy(1);
      else if (next === '#' && /(?:^|[\s;&|()])$/.test(this.text.slice(Math.max(0, this.at - 1), this.at))) {
        // Quotes in a comment open nothing.
        const end = this.text.indexOf('\n', this.at);
        this.copy((end === -1 ? this.text.length : end) - this.at);
      } else if (/[;&|]/.test(next)) {
        this.copy(1);
        begins = true;
        this.statement = this.at;
      } else if (next === ')' && open.at(-1) === undefined && closed) {
        this.copy(1);
        return;
      } else if (next === ')') {
        if (open.at(-1) === '(') open.pop();
        this.copy(1);
        begins = true;
      } else if (next === '(' && this.isArithmetic(0)) this.arithmetic(2);
      else if (next === '(') {
        open.push('(');
        this.copy(1);
        begins = true;
      } else if (this.expansion(false) || this.quotes() || this.document()) begins = false;
      else {
        const [word = next] = /^[^\s;&|()<>"'`$\\{}]+|^[{}]/.exec(this.text.slice(this.at, this.at + 200)) ?? [];
        if (begins && word === 'case') open.push('case');
        if (begins && word === 'esac' && open.at(-1) === 'case') open.pop();
        begins = (begins && leading.includes(word)) || word === 'in';
        this.copy(word.startsWith('{') ? 1 : word.length);
      }
    }
  }

  private copy(length: number): void {
    this.out.push(this.text.slice(this.at, this.at + length));
    this.at += length;
  }

  /** Replaces a template with a reference. */
  private put(quoted: (reference: string) => string): boolean {
    template.lastIndex = this.at;
    const name = template.exec(this.text)?.[1];
    if (name === undefined) return false;
    this.need(name, this.at);
    this.out.push(quoted(`\${${this.shared.variableOf(name)}}`));
    this.at = template.lastIndex;
    return true;
  }

  private need(name: string, at: number): void {
    const { needs } = this.shared;
    const own = this.rule === 'code' ? codeRule(this.text, at) : this.rule;
    const here = this.calculating ? 'number' : this.prose ? this.ruleInProse(at) : this.ruleInCommand(at);
    needs.set(name, stronger(needs.get(name) ?? 'any', own, here, this.evaluated ? 'word' : 'any'));
  }

  private ruleInCommand(at: number): ValueRule {
    const line = this.text.slice(at).split('\n', 1)[0] ?? '';
    return isCompared(this.text, at) ? 'number' : ruleAfter(this.before, this.text.slice(this.statement, at), line);
  }

  private ruleInProse(at: number): ValueRule {
    const line = this.text.slice(this.text.lastIndexOf('\n', at) + 1, at);
    return calculatesInBraces(line) ? 'number' : evaluates(this.before) ? 'word' : 'any';
  }

  /** A backslash and the character that it quotes. Before a template, `instead` replaces it. */
  private escape(instead: string): boolean {
    if (this.text[this.at] !== '\\') return false;
    template.lastIndex = this.at + 1;
    if (template.test(this.text)) {
      this.out.push(instead);
      this.at++;
    } else this.copy(2);
    return true;
  }

  /**
   * Everything that begins with `$` or a backquote, except quotes. `inner`: within double quotes or a here-document.
   */
  private expansion(inner: boolean): boolean {
    const next = this.text.slice(this.at, this.at + 2);
    if (next.startsWith('`')) this.backquote(inner);
    else if (next === '$(' && this.isArithmetic(1)) this.arithmetic(3);
    else if (next === '$(') this.substitution();
    else if (next === '${') this.braces(inner);
    else return false;
    return true;
  }

  private substitution(): void {
    const { calculating, evaluated, prose, before, statement } = this;
    this.prose = false;
    this.evaluated ||= calculating;
    this.calculating = false;
    this.before += this.text.slice(prose ? this.at : statement, this.at + 2);
    this.copy(2);
    this.statement = this.at;
    this.commands(true);
    Object.assign(this, { calculating, evaluated, prose, before, statement });
  }

  private braces(inner: boolean): void {
    this.copy(2);
    while (this.at < this.text.length && this.text[this.at] !== '}') {
      const quote = this.text[this.at];
      if (this.put((reference) => (inner ? reference : `"${reference}"`)) || this.escape(inner ? '\\\\' : '')) continue;
      if (this.expansion(inner)) continue;
      if (quote === '"') this.double();
      else if (quote === "'" && !inner) this.single();
      else this.copy(1);
    }
    this.copy(1);
  }

  /** Old command substitution. With a template it becomes `$(…)`, whose quotes need no special rules. */
  private backquote(inner: boolean): void {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '`') end += this.text[end] === '\\' ? 2 : 1;
    const content = this.text.slice(this.at + 1, end);
    if (templateNames(content).length === 0) {
      this.copy(end + 1 - this.at);
      return;
    }
    const command = content.replace(inner ? /\\([\\`$"])/g : /\\([\\`$])/g, '$1');
    const before = this.before + this.text.slice(this.statement, this.at + 1);
    // The line break ends a comment.
    this.out.push(
      `$(${new Replacer(command, this.shared, before, this.calculating || this.evaluated ? 'word' : this.rule).all()}\n)`,
    );
    this.at = end + 1;
  }

  /** True if `((` is `offset` characters from here and ends with `))`: `$( (a); b )` is not arithmetic. */
  private isArithmetic(offset: number): boolean {
    const start = this.at + offset;
    if (!this.text.startsWith('((', start)) return false;
    let open = 0;
    for (let at = start; at < this.text.length; at++) {
      if (this.text[at] === '(') open++;
      if (this.text[at] === ')' && --open === 1) return this.text[at + 1] === ')';
    }
    return true;
  }

  private arithmetic(length: number): void {
    const { calculating } = this;
    this.calculating = true;
    this.copy(length);
    for (let open = 2; this.at < this.text.length && open > 0; ) {
      if (this.put((reference) => reference) || this.expansion(true)) continue;
      if (this.text[this.at] === '(') open++;
      if (this.text[this.at] === ')') open--;
      this.copy(1);
    }
    this.calculating = calculating;
  }

  private quotes(): boolean {
    const next = this.text.slice(this.at, this.at + 2);
    if (next.startsWith('"')) this.double();
    else if (next.startsWith("'")) this.single();
    else if (next === "$'") this.ansi();
    else return false;
    return true;
  }

  private double(): void {
    this.copy(1);
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      if (this.put((reference) => reference) || this.escape('\\\\') || this.expansion(true)) continue;
      this.copy(1);
    }
    this.copy(1);
  }

  private single(): void {
    this.copy(1);
    while (this.at < this.text.length && this.text[this.at] !== "'") {
      if (!this.put((reference) => `'"${reference}"'`)) this.copy(1);
    }
    this.copy(1);
  }

  /** `$'…'`, in which a backslash quotes. */
  private ansi(): void {
    this.copy(2);
    while (this.at < this.text.length && this.text[this.at] !== "'") {
      if (!this.put((reference) => `'"${reference}"$'`)) this.copy(this.text[this.at] === '\\' ? 2 : 1);
    }
    this.copy(1);
  }

  /** The operator of a here-document with its end word. */
  private document(): boolean {
    const found = /^<<(?!<)(-?)[ \t]*((?:\\.|'[^']*'|"[^"]*"|[^\s;&|()<>'"\\])+)/.exec(
      this.text.slice(this.at, this.at + 400),
    );
    if (this.text.startsWith('<<<', this.at)) this.copy(3);
    else if (found === null) return false;
    else {
      const [whole, tabs, written = ''] = found;
      const word = written.replace(/\\(.)|['"]/g, '$1');
      this.out.push(whole.slice(0, -written.length));
      const place = this.out.push(written) - 1;
      const end = this.text.indexOf('\n', this.at);
      const line = this.text.slice(this.statement, end === -1 ? undefined : end);
      const rule = ruleOfDocument(line) ?? this.rule;
      this.documents.push({ word, quoted: written !== word, tabs: tabs === '-', place, rule });
      this.at += whole.length;
    }
    return true;
  }

  /** Bodies of here-documents, which begin on this line. */
  private readDocuments(): void {
    for (const { word, quoted, tabs, place, rule } of this.documents.splice(0)) {
      const start = this.at;
      let [end, after] = [this.text.length, this.text.length];
      for (let line = start; line < this.text.length; ) {
        const stop = this.text.indexOf('\n', line);
        const written = this.text.slice(line, stop === -1 ? undefined : stop);
        if ((tabs ? written.replace(/^\t+/, '') : written) === word) {
          [end, after] = [line, line + written.length];
          break;
        }
        line = stop === -1 ? this.text.length : stop + 1;
      }
      const body = this.text.slice(start, end);
      let last = this.text.slice(end, after);
      if (templateNames(body).length === 0) this.out.push(body);
      else if (quoted) {
        // An end word without quotes enables references; everything else in the document is quoted instead.
        const plain = endWord(word, body);
        this.out[place] = plain;
        last = last.replace(word, plain);
        this.out.push(this.quotedBody(body, rule));
      } else {
        const before = `${this.before}${this.text.slice(this.statement, start)}`;
        this.out.push(new Replacer(body, this.shared, before, rule).body());
      }
      this.out.push(last);
      this.at = after;
    }
  }

  private quotedBody(body: string, rule: Rule): string {
    const { needs, variableOf } = this.shared;
    const evaluated = evaluates(this.before + this.text.slice(this.statement, this.at)) ? 'word' : 'any';
    let from = 0;
    const parts: string[] = [];
    const literal = (end: number) => parts.push(body.slice(from, end).replace(/[\\$`]/g, '\\$&'));
    for (const { 0: whole, 1: name = '', index } of body.matchAll(templates)) {
      literal(index);
      const own = rule === 'code' ? codeRule(body, index) : rule;
      needs.set(name, stronger(needs.get(name) ?? 'any', own, evaluated));
      parts.push(`\${${variableOf(name)}}`);
      from = index + whole.length;
    }
    literal(body.length);
    return parts.join('');
  }
}

/** An end word that needs no quotes. */
function endWord(word: string, body: string): string {
  if (/^\w+$/.test(word)) return word;
  let plain = 'SLIPWAY_END';
  while (body.includes(plain)) plain += '_';
  return plain;
}

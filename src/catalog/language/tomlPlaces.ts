import type { Path, Position } from './sourceTree';

/** Where something stands in a TOML text: its key, its value, and the value as it is written. */
export interface TomlPlace {
  readonly keyAt: Position;
  readonly at: Position;
  readonly text: string;
}

/**
 * Finds where the keys and values of a TOML text stand. The library that reads TOML keeps no places, and writing a whole reader for their sake
 * would mean a second opinion on what is valid. So this only walks over a text that the library has accepted; whatever it got
 * wrong could only move an error to another line, and never change what a document means.
 */
export class TomlPlaces {
  private readonly places = new Map<string, TomlPlace>();
  private readonly lineStarts = [0];
  /** How many items each array of tables has so far. */
  private readonly counts = new Map<string, number>();
  private offset = 0;

  constructor(private readonly source: string) {
    for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
    this.walk();
  }

  of(path: Path): TomlPlace | undefined {
    return this.places.get(JSON.stringify(path));
  }

  private walk(): void {
    let table: Path = [];
    for (this.skip(true); this.offset < this.source.length; this.skip(true)) {
      if (this.source.startsWith('[[', this.offset)) table = this.header(2);
      else if (this.source[this.offset] === '[') table = this.header(1);
      else this.pair(table);
    }
  }

  private header(brackets: 1 | 2): Path {
    this.offset += brackets;
    const steps = this.keys();
    this.offset += brackets;
    let path: Path = [];
    steps.forEach(({ key, at }, index) => {
      path = [...path, key];
      this.note(path, at, at, '');
      const name = JSON.stringify(path);
      if (brackets === 2 && index === steps.length - 1) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      const count = this.counts.get(name);
      if (count !== undefined) {
        path = [...path, count - 1];
        this.note(path, at, at, '');
      }
    });
    return path;
  }

  private pair(table: Path): void {
    let path = table;
    let keyAt = this.offset;
    for (const { key, at } of this.keys()) {
      path = [...path, key];
      keyAt = at;
      this.note(path, at, at, '');
    }
    this.skip(false);
    this.offset += 1;
    this.skip(false);
    this.value(path, keyAt);
  }

  /** `a."b c".d`, up to what follows. */
  private keys(): { readonly key: string; readonly at: number }[] {
    const keys: { key: string; at: number }[] = [];
    for (;;) {
      this.skip(false);
      const at = this.offset;
      const quote = this.source[at];
      if (quote === '"' || quote === "'") {
        this.string(quote);
        const written = this.source.slice(at, this.offset);
        keys.push({ key: quote === '"' ? unescaped(written) : written.slice(1, -1), at });
      } else {
        const word = /[A-Za-z0-9_-]*/y;
        word.lastIndex = at;
        const key = word.exec(this.source)?.[0] ?? '';
        this.offset += key.length;
        keys.push({ key, at });
      }
      this.skip(false);
      if (this.source[this.offset] !== '.') return keys;
      this.offset += 1;
    }
  }

  private value(path: Path, keyAt: number): void {
    const at = this.offset;
    const first = this.source[at];
    if (first === '"' || first === "'") this.string(first);
    else if (first === '[') this.items(path);
    else if (first === '{') this.inlineTable(path);
    else {
      const word = /[^,\]}#\r\n]*/y;
      word.lastIndex = at;
      this.offset += Math.max(1, word.exec(this.source)?.[0].length ?? 0);
    }
    this.note(path, keyAt, at, this.source.slice(at, this.offset).trim());
  }

  private items(path: Path): void {
    this.offset += 1;
    for (let index = 0; this.more(']'); index++) this.value([...path, index], this.offset);
  }

  private inlineTable(path: Path): void {
    this.offset += 1;
    while (this.more('}')) this.pair(path);
  }

  /** Steps over commas, and over the end if it is there. */
  private more(end: string): boolean {
    for (this.skip(true); this.source[this.offset] === ','; this.skip(true)) this.offset += 1;
    if (this.offset < this.source.length && this.source[this.offset] !== end) return true;
    this.offset += 1;
    return false;
  }

  private string(quote: string): void {
    const long = quote.repeat(3);
    const end = this.source.startsWith(long, this.offset) ? long : quote;
    this.offset += end.length;
    while (this.offset < this.source.length && !this.source.startsWith(end, this.offset)) {
      this.offset += quote === '"' && this.source[this.offset] === '\\' ? 2 : 1;
    }
    this.offset += end.length;
    // A long text may end with one or two quotes of its own.
    while (end === long && this.source[this.offset] === quote) this.offset += 1;
  }

  private skip(lines: boolean): void {
    const nothing = lines ? /(?:[ \t\r\n\ufeff]|#[^\n]*)*/y : /[ \t]*/y;
    nothing.lastIndex = this.offset;
    this.offset += nothing.exec(this.source)?.[0].length ?? 0;
  }

  private note(path: Path, keyAt: number, at: number, text: string): void {
    const name = JSON.stringify(path);
    if (text === '' && this.places.has(name)) return;
    this.places.set(name, { keyAt: this.position(keyAt), at: this.position(at), text });
  }

  private position(offset: number): Position {
    let low = 0;
    for (let high = this.lineStarts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.lineStarts[low] ?? 0) + 1 };
  }
}

/** The escapes of TOML that JSON does not know are too rare in keys to be worth more than a wrong place. */
function unescaped(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

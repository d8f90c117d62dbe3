import { FormAutomaton } from './formAutomaton';
import { formsOf } from './secretForms';

const STARS = Buffer.from('***');
const NOTHING = Buffer.alloc(0);

/** Masks one stream of bytes. The last bytes may be held back until later ones decide. */
export interface StreamMask {
  /** Returns the bytes that can be shown now. */
  write(chunk: Buffer): Buffer;
  /** The bytes held back can no longer begin a secret. */
  end(): Buffer;
}

/** Hides what nobody may see in everything that leaves the machine. */
export interface Mask {
  /** Finds secrets across the chunks of one stream, independently of the other stream. */
  stream(): StreamMask;
  hide(text: string): string;
  isIn(text: string): boolean;
}

/** Masks the secrets of one job. */
export class SecretMask implements Mask {
  private constructor(private readonly automaton: FormAutomaton) {}

  /** Undefined if there is nothing to mask. `plain` texts are masked as they are only. */
  static of(secrets: Iterable<string>, plain: readonly string[] = []): SecretMask | undefined {
    const forms = [...new Set(secrets)].flatMap(formsOf);
    if (forms.length > 0) forms.push(...plain.map((text) => ({ text, wraps: false })));
    return forms.length === 0 ? undefined : new SecretMask(new FormAutomaton(forms));
  }

  /** Masks one stream: finds secrets across its chunks, independently of the other stream. */
  stream(): MaskedStream {
    return new MaskedStream(this.automaton);
  }

  hide(text: string): string {
    const stream = this.stream();
    return Buffer.concat([stream.write(Buffer.from(text)), stream.end()]).toString();
  }

  isIn(text: string): boolean {
    let node = 0;
    return Buffer.from(text).some((byte) => {
      node = this.automaton.next(node, byte);
      return (this.automaton.longest[node] ?? 0) > 0;
    });
  }
}

interface Hidden {
  start: number;
  end: number;
  /** True if the mask was already written, and more of the match may follow. */
  shown: boolean;
}

/**
 * The last bytes read may be the beginning of a secret. They are held back, at most the longest form minus one byte,
 * until later bytes decide or the stream ends. There is no time limit: otherwise a program that writes slowly would
 * reveal its secret.
 */
export class MaskedStream implements StreamMask {
  private node = 0;
  /** Bytes held back. Positions count from the first of them. */
  private held: Buffer = NOTHING;
  /** In order, without overlap. */
  private readonly hidden: Hidden[] = [];
  /** Skipped line breaks within the bytes held back. */
  private readonly breaks: number[] = [];

  constructor(private readonly automaton: FormAutomaton) {}

  /** Returns the bytes that can be shown now. */
  write(chunk: Buffer): Buffer {
    const from = this.held.length;
    const data = from === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const { automaton } = this;
    let { node } = this;
    for (let at = from; at < data.length; at++) {
      const byte = data[at] ?? 0;
      if (node === 0) {
        node = automaton.first[byte] ?? 0;
        if (node === 0) continue;
      } else if (automaton.passesOver(node, byte)) {
        this.breaks.push(at);
        continue;
      } else {
        node = automaton.next(node, byte);
        if (node === 0) this.breaks.length = 0;
      }
      const length = automaton.longest[node] ?? 0;
      if (length === 0) continue;
      this.hide(this.startOf(length, at + 1), at + 1);
      node = automaton.settled(node);
    }
    this.node = node;
    return this.release(data, this.startOf(automaton.depth[node] ?? 0, data.length));
  }

  /** The bytes held back can no longer begin a secret. */
  end(): Buffer {
    this.node = 0;
    return this.release(this.held, this.held.length);
  }

  /** Start of the last `length` bytes before `end`, not counting skipped line breaks. */
  private startOf(length: number, end: number): number {
    let start = end - length;
    if (length === 0) return start;
    for (let index = this.breaks.length - 1; index >= 0; index--) {
      const at = this.breaks[index] ?? 0;
      if (at < end && at >= start) start--;
    }
    return start;
  }

  private hide(start: number, end: number): void {
    const before = this.hidden.at(-1);
    if (before !== undefined && before.start <= start && before.end >= start) {
      before.end = end;
      return;
    }
    const one: Hidden = { start, end, shown: false };
    for (let last = before; last !== undefined && last.end >= start; last = this.hidden.at(-1)) {
      one.start = Math.min(one.start, last.start);
      one.shown ||= last.shown;
      this.hidden.pop();
    }
    this.hidden.push(one);
  }

  /** Everything before `until` is decided. */
  private release(data: Buffer, until: number): Buffer {
    const shown: Buffer[] = [];
    let at = 0;
    for (const one of this.hidden) {
      if (one.start >= until) break;
      shown.push(data.subarray(at, one.start));
      if (!one.shown) shown.push(STARS);
      one.shown = true;
      at = Math.min(one.end, until);
    }
    shown.push(data.subarray(at, until));
    // A match that ends here may continue with the next byte: two adjacent secrets get one mask, however they are read.
    const rest = this.hidden.filter(({ end }) => end >= until);
    const moved = rest.map((one) => ({ ...one, start: Math.max(0, one.start - until), end: one.end - until }));
    this.hidden.splice(0, this.hidden.length, ...moved);
    this.breaks.splice(0, this.breaks.length, ...this.breaks.filter((one) => one >= until).map((one) => one - until));
    // A copy, because a slice would keep the whole chunk in memory.
    this.held = until === data.length ? NOTHING : Buffer.from(data.subarray(until));
    return shown.length === 1 ? (shown[0] ?? NOTHING) : Buffer.concat(shown);
  }
}

import type { Mask, StreamMask } from './secretMask';

const STARS = Buffer.from('***');
const NOTHING = Buffer.alloc(0);

/**
 * Masks texts, as they are. Every job has tokens, and most have no secrets: this search is native, and costs a
 * hundredth of a search for all forms of a secret.
 */
export class TokenMask implements Mask {
  private readonly masks: readonly OneTokenMask[];

  constructor(private readonly tokens: readonly string[]) {
    this.masks = tokens.map((token) => new OneTokenMask(token));
  }

  stream(): StreamMask {
    const streams = this.masks.map((mask) => mask.stream());
    return {
      write: (chunk) => streams.reduce((shown, stream) => stream.write(shown), chunk),
      end: () => streams.reduce((rest, stream) => Buffer.concat([stream.write(rest), stream.end()]), NOTHING),
    };
  }

  hide(text: string): string {
    return this.tokens.reduce((shown, token) => shown.replaceAll(token, '***'), text);
  }

  isIn(text: string): boolean {
    return this.tokens.some((token) => text.includes(token));
  }
}

class OneTokenMask {
  private readonly token: Buffer;

  constructor(token: string) {
    this.token = Buffer.from(token);
  }

  stream(): StreamMask {
    let held: Buffer = NOTHING;
    return {
      write: (chunk) => {
        let rest = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const shown: Buffer[] = [];
        for (let at = rest.indexOf(this.token); at !== -1; at = rest.indexOf(this.token)) {
          shown.push(rest.subarray(0, at), STARS);
          rest = rest.subarray(at + this.token.length);
        }
        const end = rest.length - this.begun(rest);
        // A copy, because a slice would keep the whole chunk in memory.
        held = end === rest.length ? NOTHING : Buffer.from(rest.subarray(end));
        if (end > 0) shown.push(rest.subarray(0, end));
        return shown.length === 1 ? (shown[0] ?? NOTHING) : Buffer.concat(shown);
      },
      end: () => held,
    };
  }

  /** Length of the longest end of `data` that may begin the token. */
  private begun(data: Buffer): number {
    const from = Math.max(0, data.length - this.token.length + 1);
    for (let at = data.indexOf(this.token[0] ?? 0, from); at !== -1; at = data.indexOf(this.token[0] ?? 0, at + 1)) {
      if (this.token.subarray(0, data.length - at).equals(data.subarray(at))) return data.length - at;
    }
    return 0;
  }
}

import type { SecretForm } from './secretForms';

/** In which a line break is passed over only when this much of it stands before: else every line that ends like the beginning of a form would wait for the next one. */
const WRAPPED_FROM = 4;

/**
 * Finds many texts at once in a stream of bytes, one step a byte (Aho–Corasick). A node stands for a beginning of a form; its children are a list, because a table of 256 for each node
 * would take a hundred times the memory, and only the root, where a log nearly always is, has one.
 */
export class FormAutomaton {
  /** The node after a byte that continues nothing. */
  readonly first = new Int32Array(256);
  /** How much of a form a node stands for. */
  readonly depth: Int32Array;
  /** The length of the longest form that ends with a node; 0: none. */
  readonly longest: Int32Array;
  private readonly byte: Uint8Array;
  private readonly child: Int32Array;
  private readonly sibling: Int32Array;
  private readonly fallback: Int32Array;
  private readonly wraps: Uint8Array;
  private size = 1;

  constructor(forms: readonly SecretForm[]) {
    const texts = forms.map(({ text, wraps }) => ({ bytes: Buffer.from(text), wraps }));
    const most = texts.reduce((sum, { bytes }) => sum + bytes.length, 1);
    this.depth = new Int32Array(most);
    this.longest = new Int32Array(most);
    this.byte = new Uint8Array(most);
    this.child = new Int32Array(most);
    this.sibling = new Int32Array(most);
    this.fallback = new Int32Array(most);
    this.wraps = new Uint8Array(most);
    for (const { bytes, wraps } of texts) this.add(bytes, wraps);
    this.link();
  }

  next(from: number, byte: number): number {
    for (let node = from; node !== 0; node = this.fallback[node] ?? 0) {
      const found = this.childOf(node, byte);
      if (found !== 0) return found;
    }
    return this.first[byte] ?? 0;
  }

  /** The same node for all that follows, where a form that is complete can't become a longer one: nothing has to wait for that. */
  settled(from: number): number {
    let node = from;
    while (node !== 0 && this.child[node] === 0) node = this.fallback[node] ?? 0;
    return node;
  }

  /** Whether a byte is a line break that a tool may have put into the form. */
  passesOver(node: number, byte: number): boolean {
    return (byte === 10 || byte === 13) && this.wraps[node] === 1 && this.childOf(node, byte) === 0;
  }

  private childOf(node: number, byte: number): number {
    let child = this.child[node] ?? 0;
    while (child !== 0 && this.byte[child] !== byte) child = this.sibling[child] ?? 0;
    return child;
  }

  private add(bytes: Buffer, wraps: boolean): void {
    let node = 0;
    for (const [index, byte] of bytes.entries()) {
      let next = this.childOf(node, byte);
      if (next === 0) {
        next = this.size++;
        this.byte[next] = byte;
        this.depth[next] = index + 1;
        this.sibling[next] = this.child[node] ?? 0;
        this.child[node] = next;
      }
      node = next;
      if (wraps && index + 1 >= WRAPPED_FROM) this.wraps[node] = 1;
    }
    this.longest[node] = bytes.length;
  }

  /** In order of depth, so that what a node falls back to is done before it. */
  private link(): void {
    const order = new Int32Array(this.size);
    let end = 1;
    for (let at = 0; at < end; at++) {
      const node = order[at] ?? 0;
      for (let child = this.child[node] ?? 0; child !== 0; child = this.sibling[child] ?? 0) {
        const byte = this.byte[child] ?? 0;
        if (node === 0) this.first[byte] = child;
        else {
          const fallback = this.next(this.fallback[node] ?? 0, byte);
          this.fallback[child] = fallback;
          if (this.longest[child] === 0) this.longest[child] = this.longest[fallback] ?? 0;
        }
        order[end++] = child;
      }
    }
  }
}

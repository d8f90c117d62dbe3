import type { SecretForm } from './secretForms';

/**
 * A line break is skipped only after this many matched bytes. Otherwise every line that ends like the beginning of a
 * form would have to wait for the next line.
 */
const WRAPPED_FROM = 4;

const FIRST_NODES = 1024;

/**
 * Finds many texts in a stream of bytes in one pass, one step per byte (Aho–Corasick). A node is the beginning of a
 * form, 0 is none. All steps share one hash table, because a table of 256 entries per node would take a hundred times
 * the memory; only node 0, where a log nearly always is, has one.
 */
export class FormAutomaton {
  /** Node after a byte that continues nothing. */
  readonly first = new Int32Array(256);
  /** Length of the prefix that a node represents. */
  depth = new Int32Array(FIRST_NODES);
  /** Length of the longest form that ends at a node; 0 for none. */
  longest = new Int32Array(FIRST_NODES);
  private parent = new Int32Array(FIRST_NODES);
  private byte = new Uint8Array(FIRST_NODES);
  /** Node to continue from if the next byte does not continue this one. */
  private fallback = new Int32Array(FIRST_NODES);
  private wraps = new Uint8Array(FIRST_NODES);
  private continued = new Uint8Array(FIRST_NODES);
  /** Nodes by parent and byte; 0 is free. */
  private slots = new Int32Array(FIRST_NODES * 2);
  private size = 1;

  constructor(forms: readonly SecretForm[]) {
    for (const { text, wraps } of forms) this.add(Buffer.from(text), wraps);
    this.link();
  }

  next(from: number, byte: number): number {
    for (let node = from; node !== 0; node = this.fallback[node] ?? 0) {
      const found = this.step(node, byte);
      if (found !== 0) return found;
    }
    return this.first[byte] ?? 0;
  }

  /**
   * Follows fallbacks from nodes that no form continues: a complete form that can't become longer holds back nothing.
   */
  settled(from: number): number {
    let node = from;
    while (node !== 0 && this.continued[node] === 0) node = this.fallback[node] ?? 0;
    return node;
  }

  /** True if the byte is a line break that a tool may have inserted into the form. */
  passesOver(node: number, byte: number): boolean {
    return (byte === 10 || byte === 13) && this.wraps[node] === 1 && this.step(node, byte) === 0;
  }

  /** Node of a form that continues this one with a byte; 0 for none. */
  private step(node: number, byte: number): number {
    return this.slots[this.slotOf(node, byte)] ?? 0;
  }

  /** Slot of that node, or the slot where it would be. */
  private slotOf(node: number, byte: number): number {
    const { slots, parent } = this;
    const mask = slots.length - 1;
    let at = (Math.imul(node, 0x9e3779b1) ^ Math.imul(byte + 1, 0x85ebca6b)) >>> 7;
    for (;;) {
      at &= mask;
      const found = slots[at] ?? 0;
      if (found === 0 || (parent[found] === node && this.byte[found] === byte)) return at;
      at++;
    }
  }

  private add(bytes: Buffer, wraps: boolean): void {
    let node = 0;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0;
      const next = this.step(node, byte);
      node = next === 0 ? this.addNode(node, byte, index + 1) : next;
      if (wraps && index + 1 >= WRAPPED_FROM) this.wraps[node] = 1;
    }
    this.longest[node] = bytes.length;
  }

  private addNode(parent: number, byte: number, depth: number): number {
    if (this.size === this.depth.length) this.grow();
    const node = this.size++;
    this.parent[node] = parent;
    this.byte[node] = byte;
    this.depth[node] = depth;
    this.continued[parent] = 1;
    if (parent === 0) this.first[byte] = node;
    this.slots[this.slotOf(parent, byte)] = node;
    return node;
  }

  /** Forms share most of their beginnings, so the number of nodes is unknown in advance. */
  private grow(): void {
    const numbers = (old: Int32Array) => {
      const grown = new Int32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    const bytes = (old: Uint8Array) => {
      const grown = new Uint8Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    [this.depth, this.longest] = [numbers(this.depth), numbers(this.longest)];
    [this.parent, this.fallback] = [numbers(this.parent), numbers(this.fallback)];
    [this.byte, this.wraps, this.continued] = [bytes(this.byte), bytes(this.wraps), bytes(this.continued)];
    this.slots = new Int32Array(this.slots.length * 2);
    for (let node = 1; node < this.size; node++) {
      this.slots[this.slotOf(this.parent[node] ?? 0, this.byte[node] ?? 0)] = node;
    }
  }

  /** The fallback of a node is shorter than the node, so short ones come first. */
  private link(): void {
    for (const node of this.byDepth()) {
      const parent = this.parent[node] ?? 0;
      if (parent === 0) continue;
      const fallback = this.next(this.fallback[parent] ?? 0, this.byte[node] ?? 0);
      this.fallback[node] = fallback;
      if (this.longest[node] === 0) this.longest[node] = this.longest[fallback] ?? 0;
    }
  }

  /** All nodes by depth, with a counting sort: comparing millions of them would take seconds. */
  private byDepth(): Int32Array {
    const ends = new Int32Array(this.size + 1);
    const depths = this.depth.subarray(1, this.size);
    for (const depth of depths) ends[depth] = (ends[depth] ?? 0) + 1;
    for (let depth = 1; depth < ends.length; depth++) ends[depth] = (ends[depth] ?? 0) + (ends[depth - 1] ?? 0);
    const nodes = new Int32Array(this.size - 1);
    for (let node = this.size - 1; node > 0; node--) {
      const depth = this.depth[node] ?? 0;
      const at = (ends[depth] ?? 0) - 1;
      ends[depth] = at;
      nodes[at] = node;
    }
    return nodes;
  }
}

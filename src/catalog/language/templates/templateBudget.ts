import type { Place } from '../shape';
import type { SourceNode } from '../sourceTree';

const MOST_CHARACTERS = 16 * 1024 ** 2;
const MOST_VALUES = 200_000;
const MOST_LEVELS = 64;

class TemplatesTooLarge extends Error {}

/**
 * Limits of all that templates add to a source. A template can use a parameter several times, and pass it on to one that
 * does the same, so a few lines could stand for more than fits into memory.
 */
export class TemplateBudget {
  private characters = MOST_CHARACTERS;
  private values = MOST_VALUES;

  /** Call before the copy is made. */
  take(node: SourceNode, levels = 1): void {
    if (--this.values < 0) throw new TemplatesTooLarge(`Templates stand for more than ${MOST_VALUES} values.`);
    if (levels > MOST_LEVELS) {
      throw new TemplatesTooLarge(`Values of parameters are nested more than ${MOST_LEVELS} levels deep.`);
    }
    if (node.type === 'scalar') this.takeText(node.text);
    else if (node.type === 'list') for (const item of node.items) this.take(item, levels + 1);
    else
      for (const { key, value } of node.entries) {
        this.takeText(key);
        this.take(value, levels + 1);
      }
  }

  takeText(text: string): void {
    this.characters -= text.length;
    if (this.characters < 0) throw new TemplatesTooLarge('Templates stand for more than 16 MiB of text.');
  }
}

/** The result of an expansion; undefined, with a report at the place, if it is too large. */
export function withinBudget<T>(expand: () => T, { path, report }: Place): T | undefined {
  try {
    return expand();
  } catch (error) {
    if (!(error instanceof TemplatesTooLarge)) throw error;
    report('TOO_LARGE', path, error.message);
    return undefined;
  }
}

import { didYouMean } from '../../../kernel/didYouMean';
import { newId } from '../../../kernel/ids';
import { contentHash } from '../contentHash';
import { readDocuments } from '../readDocuments';
import type { Report } from '../shape';
import type { SourceMap, SourceNode } from '../sourceTree';
import { documentText } from './nodeText';
import {
  readReference,
  readTemplateKeys,
  shownParameters,
  type TemplateDefinition,
  type TemplateKeys,
  type TemplateTarget,
  targetOf,
} from './templateShape';

/** A template of the database, at one of its revisions. */
export interface StoredTemplate {
  readonly id: string;
  readonly name: string;
  /** Null for a template of the account. */
  readonly application: string | null;
  readonly revision: number;
  readonly contentHash: string;
  readonly definition: TemplateDefinition;
}

/** Templates that documents may extend: all current ones, and revisions that something names. */
export interface TemplateLibrary {
  readonly current: readonly StoredTemplate[];
  readonly pinned: readonly StoredTemplate[];
}

export const noTemplates: TemplateLibrary = { current: [], pinned: [] };

/** A template that the source defines. */
export interface TemplateSource {
  readonly name: string;
  readonly application: string | null;
  readonly description: string | null;
  readonly keys: TemplateKeys;
  readonly text: string;
  readonly report: Report;
}

/** A template as it is once the source is applied. */
export interface KnownTemplate {
  readonly id: string;
  readonly name: string;
  readonly application: string | null;
  readonly of: TemplateTarget;
  readonly revision: number;
  readonly contentHash: string;
  readonly keys: TemplateKeys;
  readonly definition: TemplateDefinition;
  /** True if the source, or a change of a template that it follows, gives it a new revision. */
  readonly changed: boolean;
  /** True if the source defines it. */
  readonly inSource: boolean;
}

/** The tree of a stored template; positions are those in its document. */
export function templateRoot(
  { name, application }: { readonly name: string; readonly application: string | null },
  text: string,
): SourceMap {
  const [root] = readDocuments(
    documentText({ kind: 'Template', ...(application !== null && { application }), name }, text),
  ).documents as readonly (SourceNode | undefined)[];
  if (root?.type !== 'map') throw new Error(`the template ${name} can’t be read`);
  return root;
}

/** Templates by name, as they are once a source is applied. A template of the application comes before one of the account. */
export class TemplateBook {
  private readonly sources = new Map<string, TemplateSource>();
  private readonly stored = new Map<string, StoredTemplate>();
  private readonly revisions = new Map<string, StoredTemplate>();
  private readonly known = new Map<string, KnownTemplate>();
  /** Templates that are being read, to find cycles. */
  private readonly open: string[] = [];

  constructor(library: TemplateLibrary, sources: readonly TemplateSource[]) {
    for (const one of library.current) this.stored.set(keyOf(one), one);
    for (const one of [...library.pinned, ...library.current]) this.revisions.set(`${one.id}@${one.revision}`, one);
    for (const one of sources) this.sources.set(keyOf(one), one);
    for (const key of new Set([...this.sources.keys(), ...this.stored.keys()])) this.read(key);
  }

  /** The current template that a name means in an application, or in the account. */
  find(application: string | null, name: string): KnownTemplate | undefined {
    const key = this.keyFor(application, name);
    return key === undefined ? undefined : this.read(key);
  }

  /** Null: that of the account. */
  exactly(application: string | null, name: string): KnownTemplate | undefined {
    return this.known.get(keyOf({ application, name }));
  }

  revision(id: string, revision: number): KnownTemplate | undefined {
    const current = [...this.known.values()].find((one) => one.id === id);
    if (current?.revision === revision) return current;
    const stored = this.revisions.get(`${id}@${revision}`);
    return stored === undefined ? undefined : knownOf(stored, stored.definition, { changed: false, revision });
  }

  baseOf({ definition: { base } }: KnownTemplate): KnownTemplate | undefined {
    return base === null ? undefined : this.revision(base.id, base.revision);
  }

  /** Names that documents of an application may extend. */
  names(application: string | null): string[] {
    return [...this.known.values()].flatMap((one) =>
      one.application === null || one.application === application ? [one.name] : [],
    );
  }

  /** Templates with a new revision. */
  get changed(): KnownTemplate[] {
    return [...this.known.values()].filter(({ changed }) => changed);
  }

  private keyFor(application: string | null, name: string): string | undefined {
    const keys = [...new Set([keyOf({ application, name }), keyOf({ application: null, name })])];
    return keys.find((key) => this.sources.has(key) || this.stored.has(key));
  }

  private read(key: string): KnownTemplate | undefined {
    const known = this.known.get(key);
    if (known !== undefined || this.open.includes(key)) return known;
    this.open.push(key);
    const source = this.sources.get(key);
    const made = source === undefined ? this.fromStored(key) : this.fromSource(source, this.stored.get(key));
    this.open.pop();
    if (made !== undefined) this.known.set(key, made);
    return made;
  }

  private fromSource(source: TemplateSource, before: StoredTemplate | undefined): KnownTemplate {
    const { name, application, keys, text, report } = source;
    const definition: TemplateDefinition = {
      description: source.description || null,
      of: targetOf(keys.of),
      parameters: shownParameters(keys.parameters),
      base: this.base(source, report),
      text,
    };
    const hash = contentHash(definition);
    const changed = before?.contentHash !== hash;
    return {
      ...{ id: before?.id ?? newId(), name, application, of: definition.of, keys, definition, contentHash: hash },
      ...{ changed, revision: (before?.revision ?? 0) + (changed ? 1 : 0), inSource: true },
    };
  }

  /** A stored template follows changes of the one that it extends. */
  private fromStored(key: string): KnownTemplate | undefined {
    const stored = this.stored.get(key);
    if (stored === undefined) return undefined;
    const same = knownOf(stored, stored.definition, { changed: false, revision: stored.revision });
    if (stored.definition.base === null) return same;
    const source = { ...stored, keys: same.keys };
    const base = this.base(source, (rule, path, message, at) => {
      const { line, column } = at ?? { line: 1, column: 1 };
      this.blame(same)?.(rule, path, `${message} (Line ${line}, column ${column} of the template "${stored.name}".)`);
    });
    if (base === null || (base.id === stored.definition.base.id && base.revision === stored.definition.base.revision))
      return same;
    const definition = { ...stored.definition, base };
    return knownOf(stored, definition, { changed: true, revision: stored.revision + 1 });
  }

  /** Reports at the template of the source that a stored template follows. */
  private blame(template: KnownTemplate): Report | undefined {
    const { name } = readReference(template.keys.extends ?? '');
    const key = this.keyFor(template.application, name);
    const report = key === undefined ? undefined : this.sources.get(key)?.report;
    if (report === undefined) return undefined;
    return (_rule, _path, message) =>
      report('BREAKS_TEMPLATE', [], `This change would break the template "${template.name}": ${message}`);
  }

  private base(
    { name, application, keys }: Pick<TemplateSource, 'name' | 'application' | 'keys'>,
    report: Report,
  ): TemplateDefinition['base'] {
    if (keys.extends === null) return null;
    const { name: wanted, revision } = readReference(keys.extends);
    if (revision === undefined) return null;
    const key = this.keyFor(application, wanted);
    if (key !== undefined && this.open.includes(key)) {
      const names = [...this.open.slice(this.open.indexOf(key)), key].map((one) => JSON.parse(one)[1] as string);
      report('CYCLE', ['extends'], `These templates extend each other: ${names.join(' → ')}.`);
      return null;
    }
    const current = key === undefined ? undefined : this.read(key);
    const found = current === undefined || revision === null ? current : this.revision(current.id, revision);
    if (found === undefined) {
      const hint = current === undefined ? didYouMean(wanted, this.names(application)) : '';
      const message =
        current === undefined
          ? `There is no template "${wanted}"${hint}.`
          : `The template "${wanted}" has no revision ${revision}; its current one is ${current.revision}.`;
      report('UNKNOWN_TEMPLATE', ['extends'], message);
      return null;
    }
    if (found.of !== targetOf(keys.of)) {
      const message = `"${name}" is a template of a ${keys.of}, and "${found.name}" one of a ${found.of.toLowerCase()}.`;
      report('TEMPLATE_KIND', ['extends'], message);
      return null;
    }
    return { id: found.id, revision: found.revision };
  }
}

const keyOf = ({ application, name }: { readonly application: string | null; readonly name: string }): string =>
  JSON.stringify([application, name]);

function knownOf(
  { id, name, application, definition: written }: StoredTemplate,
  definition: TemplateDefinition,
  { changed, revision }: Pick<KnownTemplate, 'changed' | 'revision'>,
): KnownTemplate {
  const keys = readTemplateKeys(templateRoot({ name, application }, written.text));
  const hash = contentHash(definition);
  return {
    ...{ id, name, application, of: definition.of, keys, definition, contentHash: hash },
    ...{ changed, revision, inSource: false },
  };
}

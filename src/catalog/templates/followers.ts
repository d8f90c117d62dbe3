import type { Db } from '../../kernel/database/database';
import type { AnyDocument } from '../language/documentShapes';
import { type ParsedSource, parseFollower } from '../language/parseDefinitions';
import type { Report } from '../language/shape';
import { documentText } from '../language/templates/nodeText';
import type { KnownTemplate } from '../language/templates/templateBook';
import type { TemplateUse } from '../language/templates/templateShape';
import type { ValidationRule } from '../language/validationRules';
import type { SeenConfiguration } from '../definitions/seen';
import { findTemplateUsers, type TemplateUser } from './templateUsers.store';

/**
 * Definitions outside the source that follow a template which it changes. Each gets a new revision in the same
 * transaction, and needs the same permission as a change of its own. Definitions that name a revision stay.
 */
export async function findFollowers(db: Db, source: ParsedSource): Promise<TemplateUser[]> {
  const { changed } = source.templates;
  if (changed.length === 0) return [];
  const ids = changed.flatMap(({ id, name }) => [id, source.templates.exactly(null, name)?.id ?? id]);
  const inSource = new Set(source.documents.map(({ document }) => keyOf(document)));
  const follows = ({ application, extended }: TemplateUser) =>
    extended?.uses.some(
      (use) => !use.pinned && changed.some((one) => one.id === use.id || takesPlace(one, use, application)),
    );
  return (await findTemplateUsers(db, [...new Set(ids)])).filter((user) => {
    if (user.kind === 'TEMPLATE' || !follows(user)) return false;
    const kind = user.kind === 'WORKFLOW' ? 'Workflow' : 'Pipeline';
    return !inSource.has(keyOf({ kind, application: user.application ?? '', name: user.name }));
  });
}

/** A new template of an application takes the place of one of the account with the same name there. */
const takesPlace = (one: KnownTemplate, use: TemplateUse, application: string | null): boolean =>
  one.application !== null && one.application === application && use.application === null && use.name === one.name;

const keyOf = (one: object): string => {
  const { kind, application = '', name } = one as { kind: string; application?: string; name: string };
  return JSON.stringify([kind, application, name]);
};

/** Adds the followers to the documents, and the templates that follow others. */
export function addFollowers(
  source: ParsedSource,
  followers: readonly TemplateUser[],
  configurations: ReadonlyMap<string, SeenConfiguration>,
): void {
  const { templates, problems } = source;
  problems.collect(() => {
    for (const template of templates.changed) if (!template.inSource) source.documents.push(documentOf(template));
    for (const { kind, name, application, extended } of followers) {
      const seen = configurations.get(application ?? '');
      const unseen = kind === 'WORKFLOW' ? seen?.unseen.workflows : seen?.unseen.pipelines;
      const inSource = source.documents.filter(({ document }) => isChanged(document, templates));
      const [blamed = inSource[0]] = inSource.filter(({ document: { name: one } }) =>
        extended?.uses.some((use) => use.name === one),
      );
      // An application that is hidden is reported as unknown.
      if (seen === undefined && blamed?.document.kind === 'Template' && blamed.document.application !== '') continue;
      if (seen === undefined || unseen === undefined || unseen.has(name)) {
        const message = 'A definition that you may not see extends this template, so it would change, too.';
        blamed?.complain('BREAKS_TEMPLATE', [], message);
        continue;
      }
      const type = kind === 'WORKFLOW' ? 'Workflow' : 'Pipeline';
      const rule: ValidationRule = kind === 'WORKFLOW' ? 'BREAKS_WORKFLOW' : 'BREAKS_PIPELINE';
      const report: Report = (_rule, _path, message, at) => {
        const place = at?.template;
        const own = source.documents.find(
          ({ document }) =>
            document.kind === 'Template' &&
            document.name === place?.name &&
            (document.application || null) === place.application &&
            templates.exactly(place.application, place.name)?.inSource,
        );
        const text = `This change would break the ${type.toLowerCase()} "${name}" of "${application}", which extends it: ${message}`;
        if (own !== undefined && place !== undefined) {
          own.complain(rule, [], text, { line: place.line, column: place.column });
        } else blamed?.complain(rule, [], text);
      };
      const text = documentText({ kind: type, application, name }, extended?.text ?? '');
      const parsed = parseFollower(text, templates, report);
      if (parsed !== undefined) source.documents.push(parsed);
    }
  });
}

const isChanged = (document: AnyDocument, templates: ParsedSource['templates']): boolean => {
  if (document.kind !== 'Template') return false;
  const known = templates.exactly(document.application || null, document.name);
  return known?.inSource === true && known.changed;
};

function documentOf({ name, application, keys, definition }: KnownTemplate): ParsedSource['documents'][number] {
  const head = { kind: 'Template' as const, application: application ?? '', name };
  return {
    document: { ...head, description: definition.description, keys, text: definition.text },
    ...{ intact: true, withoutVariables: false, lenient: false, complain: () => undefined },
  };
}

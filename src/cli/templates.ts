import {
  ApplicationIdDocument,
  DeleteTemplateDocument,
  TemplateDocument,
  type TemplateQuery,
  TemplatesDocument,
} from '../client/generated';
import { allPages } from './deployed';
import { exit, Failure } from './failure';
import type { Session } from './session';
import { refuseUnlessConfirmed } from './ui';

interface TemplateOptions {
  readonly application?: string;
}

/** `slipway templates`: lists templates of the account and of applications. */
export async function listTemplates(session: Session, { application }: TemplateOptions): Promise<void> {
  const { api, ui } = session;
  const filters = application === undefined ? [] : [{ application: await idFilter(session, application) }];
  const found = await allPages(async (after) => (await api.ask(TemplatesDocument, { filters, after })).templates);
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('There are no templates.');
  ui.table(
    ['TEMPLATE', 'OF', 'REVISION', 'USERS', 'OUTDATED', 'DESCRIPTION'],
    found.map(({ application: of, name, of: target, revision, users, description }) => [
      of == null ? name : `${of.name}/${name}`,
      target.toLowerCase(),
      String(revision.number),
      String(users.length),
      String(users.filter(({ outdated }) => outdated).length),
      description ?? '',
    ]),
  );
}

/** `slipway templates show`: prints a template as its document, or the definitions that extend it. */
export async function showTemplate(
  session: Session,
  name: string,
  options: TemplateOptions & { readonly users?: boolean },
): Promise<void> {
  const { ui } = session;
  const template = await findTemplate(session, name, options);
  ui.answer(template);
  if (ui.json) return;
  if (options.users !== true) return ui.print(template.definition.trimEnd());
  if (template.users.length === 0) return ui.say('Nothing extends it.');
  ui.table(
    ['KIND', 'NAME', 'REVISION', ''],
    template.users.map(({ kind, name: user, application, revision, pinned, outdated }) => [
      kind.toLowerCase(),
      application === null ? user : `${application}/${user}`,
      String(revision),
      [pinned && 'pinned', outdated && ui.paint.yellow('outdated')].filter(Boolean).join(', '),
    ]),
  );
}

/** `slipway templates delete`. */
export async function deleteTemplate(
  session: Session,
  name: string,
  options: TemplateOptions & { readonly yes?: boolean },
): Promise<void> {
  const { api, ui } = session;
  const { id } = await findTemplate(session, name, options);
  if (options.yes !== true) await refuseUnlessConfirmed(ui, `Delete the template "${name}"?`);
  await api.ask(DeleteTemplateDocument, { input: { templateId: id } });
  ui.say(`${ui.paint.green('✓')} deleted`);
  ui.answer({ id });
}

async function findTemplate(
  session: Session,
  name: string,
  { application }: TemplateOptions,
): Promise<NonNullable<TemplateQuery['templateByName']>> {
  const applicationId = application === undefined ? null : await applicationIdOf(session, application);
  const { templateByName } = await session.api.ask(TemplateDocument, { name, applicationId, format: 'YAML' });
  if (templateByName == null) throw new Failure(exit.refused, 'NOT_FOUND', `There is no template "${name}".`);
  return templateByName;
}

const idFilter = async (session: Session, application: string) => ({
  operator: 'EQUALS' as const,
  values: [await applicationIdOf(session, application)],
});

async function applicationIdOf({ api }: Session, name: string): Promise<string> {
  const { applicationByName: found } = await api.ask(ApplicationIdDocument, { name });
  if (found == null) throw new Failure(exit.refused, 'NOT_FOUND', `There is no application "${name}".`);
  return found.id;
}

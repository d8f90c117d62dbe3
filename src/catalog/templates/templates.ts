import { oneOf, references, tableOf } from '../../kernel/database/table';
import { type BatchLoad, byKey } from '../../kernel/loaders';
import { field, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';
import type { App } from '../app';
import { RevisionTable } from '../definitions/revisionTable.store';
import type { Revision } from '../language/definition';
import { type TemplateDefinition, templateTarget } from '../language/templates/templateShape';
import { resourceFields } from '../resourceFields';
import { ResourceRows } from '../resources.store';

/** A template. Its contents are in its revisions. */
export const templateFields = {
  ...resourceFields(
    'template',
    'Name, unique among the templates of its application, or of the account.',
    'Time of the last change of its definition.',
  ),
  /** Null: every application can use it. */
  applicationId: orNull(field.uuid()),
  of: field.oneOf(templateTarget, 'Part of a definition that extends it.'),
  currentRevisionId: field.uuid(),
};
export type Template = ShapeOf<typeof templateFields>;
export type TemplateRevision = Revision<TemplateDefinition>;

class TemplateRows extends ResourceRows<Template> {
  readonly revisions = new RevisionTable<TemplateDefinition>('template');

  protected override applicationOf({ applicationId }: Template): string | null {
    return applicationId;
  }
}

export const templates = new TemplateRows(
  tableOf('template', templateFields, {
    foreignKeys: [references('application', 'applicationId')],
    indices: [
      {
        name: 'template_name',
        columns: ['applicationId', 'name'],
        unique: true,
        where: 'deleted_at IS NULL AND application_id IS NOT NULL',
      },
      {
        name: 'template_account_name',
        columns: ['name'],
        unique: true,
        where: 'deleted_at IS NULL AND application_id IS NULL',
      },
    ],
    checks: [{ name: 'template_of', expression: oneOf('of', valuesOf(templateTarget)) }],
  }),
  'templates',
);

export const templateRevisionById: BatchLoad<TemplateRevision, App> = async (app, ids) =>
  byKey(await templates.revisions.find(app.database, [...ids]), (revision) => revision.id);

import { applications } from '../../catalog/applications/applications';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import type { TemplateDefinition } from '../../catalog/language/templates/templateShape';
import { writeTemplate } from '../../catalog/language/writeDocument';
import { templates } from '../../catalog/templates/templates';
import { found, type Loaders } from '../../kernel/loaders';

/** A template, at a revision, as a document that can be applied again. */
export async function templateDocument(
  loaders: Loaders,
  id: string,
  definition: TemplateDefinition,
  format: DefinitionSource['format'],
): Promise<string> {
  const { name, applicationId } = found(await loaders.load(templates.byId, id));
  const application = applicationId === null ? null : found(await loaders.load(applications.byId, applicationId)).name;
  return writeTemplate({ name, application }, definition, format);
}

/** Names in templates: variables, and axes of a matrix, which may have hyphens. */
export const templateName = '[A-Za-z_][A-Za-z0-9_-]*';

/** Source of a regular expression for `{{.name}}`, whose name matches another one. */
export const templateOf = (name: string): string => String.raw`\{\{\s*\.${name}\s*\}\}`;

/** Names as the tool of task graphs reads them. */
export const ANY_NAME = String.raw`[\w-]+`;

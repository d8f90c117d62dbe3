import { decodeDocument } from '../documentShapes';
import { didYouMean } from '../../../kernel/didYouMean';
import type { Report } from '../shape';
import { locate, type Path, type Position, type SourceEntry, type SourceMap, type SourceNode } from '../sourceTree';
import type { ValidationRule } from '../validationRules';
import { eachReference, fillParameters } from './parameters';
import { type TemplateBudget, withinBudget } from './templateBudget';
import type { TemplateParameter } from './templateParameter';
import type { TemplateKeys } from './templateShape';

/** Rules about what the documents that extend a template may add. */
const forUses: readonly string[] = ['MISSING_FIELD', 'EMPTY', 'ELEMENT_KIND', 'TASK_KIND'] satisfies ValidationRule[];
const ofDocument = ['kind', 'application', 'extends', 'with'];
const start: Position = { line: 1, column: 1 };

/**
 * Checks a template as far as it can be checked on its own: names of parameters, unknown keys, and values that no
 * parameter has a part in. Each document that extends it is checked as a whole.
 */
export function checkTemplate(
  { of, parameters, body, ...keys }: TemplateKeys,
  report: Report,
  budget: TemplateBudget,
): void {
  const names = parameters.map(({ name }) => name);
  names.forEach((name, index) => {
    if (name === '' || names.indexOf(name) === index) return;
    report('DUPLICATE_NAME', ['parameters', index, 'name'], `The parameter "${name}" is declared twice.`);
  });
  const uncertain = new WeakSet<Position>();
  const check = (name: string, node: SourceNode, path: Path) => {
    uncertain.add(node.at);
    if (names.includes(name)) return;
    const message = `The template has no parameter "${name}"${didYouMean(name, names)}.`;
    report('UNKNOWN_PARAMETER', path, message, node.at);
  };
  eachReference(body, (name, node, path) => check(name, node, ['body', ...path]));
  eachReference(keys.with, (name, node, path) => check(name, node, ['with', ...path]));
  for (const { key, keyAt } of body.entries) {
    if (!ofDocument.includes(key) && !(key === 'name' && of === 'workflow')) continue;
    const message = `"${key}" belongs to the document that extends the template, not to its body.`;
    report('UNKNOWN_FIELD', ['body', key], message, keyAt);
  }
  const samples = new Map(
    parameters.map((parameter) => {
      const at = { ...start };
      uncertain.add(at);
      return [parameter.name, sample(parameter, at)] as const;
    }),
  );
  const place = { path: ['body'], report };
  const filled = withinBudget(() => fillParameters(body, samples, place, budget), place);
  if (filled?.type !== 'map') return;
  const [root, from] = of === 'workflow' ? asWorkflow(filled) : asPipeline(filled);
  decodeDocument(root, {
    path: [],
    report: (rule, path, message, at) => {
      const found = at ?? locate(root, path).at;
      if (forUses.includes(rule) || uncertain.has(found)) return;
      report(rule, ['body', ...path.slice(from)], message, found);
    },
  });
}

function sample({ type, defaultValue, allowedValues }: TemplateParameter, at: Position): SourceNode {
  if (defaultValue !== null) return { ...defaultValue, at };
  if (type === 'list') return { type: 'list', at, items: [] };
  if (type === 'mapping') return { type: 'map', at, entries: [] };
  const text = allowedValues?.[0] ?? { string: 'x', number: '1', boolean: 'true' }[type];
  const value = type === 'number' ? Number(text) : type === 'boolean' ? text === 'true' : text;
  return { type: 'scalar', at, value, text };
}

const scalar = (key: string, value: string): SourceEntry => ({
  ...{ key, keyAt: start },
  value: { type: 'scalar', at: start, value, text: value },
});

/** A document with the body, and the number of steps that lead to the body in its paths. */
function asWorkflow({ entries, ...map }: SourceMap): readonly [SourceMap, number] {
  const own = entries.filter(({ key }) => ![...ofDocument, 'name'].includes(key));
  return [{ ...map, entries: [scalar('kind', 'Workflow'), ...own] }, 0];
}

function asPipeline(stage: SourceMap): readonly [SourceMap, number] {
  const own = { ...stage, entries: stage.entries.filter(({ key }) => !ofDocument.includes(key)) };
  const stages: SourceEntry = { key: 'stages', keyAt: start, value: { type: 'list', at: stage.at, items: [own] } };
  return [{ type: 'map', at: stage.at, entries: [scalar('kind', 'Pipeline'), stages] }, 2];
}

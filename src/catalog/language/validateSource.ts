import { didYouMean } from '../../kernel/didYouMean';
import type { PipelineDefinition, StageElement } from './pipeline';
import type { WorkflowDefinition } from './workflow';
import { workflowTaken } from './artifactSource';
import { withCalled, withoutCalled, workflowsCalled } from './calls';
import { canonicalWorkflow } from './canonical';
import { contentHash } from './contentHash';
import { checkCalls } from './checkCalls';
import { checkPipeline } from './checkPipeline';
import type { Complain } from './checkVariables';
import { checkTrigger, type TriggerCatalog } from './checkTrigger';
import { checkWorkflow } from './checkWorkflow';
import type { Catalog } from './knownNames';
import { literalReferences } from './environmentValues';
import type { AnyDocument, FreezeDocument } from './documentShapes';
import { MAX_TASKS } from './terms';
import type { ParsedDocument, ParsedSource } from './parseDefinitions';
import type { SeenConfiguration } from '../definitions/seen';
import { nodeCount } from './matrix';
import { cycleFrom } from './serviceGraph';
import type { Path } from './sourceTree';
import { isWarning, type ValidationRule } from './validationRules';

/** For documents whose context is unknown: every name exists, without a definition. */
const anything: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });
const unknownSurroundings: Catalog & TriggerCatalog = {
  environments: anything,
  services: anything,
  workflows: Object.assign(new Map<string, null>(), { has: () => true, get: () => null }),
  pipelines: Object.assign(new Map<string, null>(), { has: () => true, get: () => null }),
};

const applicationOf = (document: AnyDocument): string =>
  document.kind === 'Application' ? document.name : document.application;

/** Checks the documents of a source against each other and existing definitions, and adds to the source’s problems. */
export function validateSource(
  source: ParsedSource,
  existing: ReadonlyMap<string, SeenConfiguration>,
  /** Placeholder for an application that is not named; it is not reported as unknown. */
  unnamed?: string,
): void {
  source.problems.collect(() => {
    checkDoubles(source.documents);
    const created = new Set(source.documents.filter(isApplication).map(({ document }) => document.name));
    for (const name of new Set(source.documents.map(({ document }) => applicationOf(document)))) {
      const documents = source.documents.filter(({ document }) => applicationOf(document) === name);
      const configuration = existing.get(name);
      const known = configuration !== undefined || created.has(name);
      if (!known && source.complete && name !== '' && name !== unnamed) {
        const hint = didYouMean(name, [...existing.keys(), ...created]);
        for (const { complain } of documents) {
          complain('UNKNOWN_APPLICATION', ['application'], `There is no application "${name}"${hint}.`);
        }
      }
      const catalog = known && source.complete ? overlay(configuration, documents) : unknownSurroundings;
      for (const document of documents) if (document.isWhole !== false) checkDocument(document, catalog);
      checkOrder(configuration, documents);
      if (configuration !== undefined) {
        checkOthers(configuration, documents, catalog);
        checkTriggersOutside(configuration, documents, catalog);
      }
      addCalled(documents, catalog);
      if (configuration !== undefined) source.documents.push(...callersOutside(configuration, documents, catalog));
    }
  });
}

const isApplication = ({ document }: ParsedDocument): boolean => document.kind === 'Application';

function checkDoubles(documents: readonly ParsedDocument[]): void {
  const seen = new Set<string>();
  for (const { document, complain } of documents) {
    const key = JSON.stringify([document.kind, applicationOf(document), document.name]);
    if (seen.has(key) && document.name !== '') {
      complain(
        'DUPLICATE_NAME',
        ['name'],
        `The ${document.kind} "${document.name}" has two documents. Remove one of them.`,
      );
    }
    seen.add(key);
  }
}

/** The application after the source is applied. */
function overlay(
  existing: SeenConfiguration | undefined,
  documents: readonly ParsedDocument[],
): Catalog & TriggerCatalog {
  const named = (kind: AnyDocument['kind']) =>
    documents.flatMap(({ document }) => (document.kind === kind ? [document.name] : []));
  const workflows = new Map<string, WorkflowDefinition | null>();
  for (const [name, { revision }] of existing?.workflows ?? []) workflows.set(name, revision.definition);
  for (const { document, intact } of documents) {
    if (document.kind === 'Workflow') workflows.set(document.name, intact ? document.definition : null);
  }
  const pipelines = new Map<string, PipelineDefinition | null>();
  for (const [name, { revision }] of existing?.pipelines ?? []) pipelines.set(name, revision.definition);
  for (const { document, intact } of documents) {
    if (document.kind === 'Pipeline') pipelines.set(document.name, intact ? document.definition : null);
  }
  const lookup = (name: string) => workflows.get(name);
  const inlined = new Map(
    [...workflows].map(([name, definition]) => [name, definition && withCalled(definition, lookup, [name])] as const),
  );
  const unseen = existing?.unseen;
  return {
    environments: suggesting(
      new Set([...(existing?.environments.keys() ?? []), ...named('Environment')]),
      unseen?.environments,
    ),
    services: suggesting(new Set([...(existing?.services.keys() ?? []), ...named('Service')]), unseen?.services),
    workflows: suggestingKeys(inlined, unseen?.workflows),
    pipelines: suggestingKeys(pipelines, unseen?.pipelines),
  };
}

/** The same names, but iteration, as for suggestions, skips those that the caller may not see. */
function suggesting(names: ReadonlySet<string>, unseen: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  const told = new Set([...names].filter((name) => !unseen.has(name)));
  return Object.assign(told, { has: (name: string) => names.has(name) });
}

function suggestingKeys<Definition>(
  known: ReadonlyMap<string, Definition>,
  unseen: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, Definition> {
  const told = new Map([...known].filter(([name]) => !unseen.has(name)));
  const has = (name: string) => known.has(name);
  const get = (name: string) => known.get(name);
  return Object.assign(told, { has, get });
}

function checkDocument(parsed: ParsedDocument, catalog: Catalog & TriggerCatalog): void {
  const { document, complain, withoutVariables, lenient } = parsed;
  if (document.kind === 'Environment') {
    const { after, name } = document;
    if (after === name && after !== null)
      complain('SELF_DEPENDENCY', ['after'], 'An environment can’t come after itself.');
    else if (after !== null && !catalog.environments.has(after)) {
      const message = `Environment "${after}" does not exist${didYouMean(after, [...catalog.environments])}.`;
      complain('UNKNOWN_ENVIRONMENT', ['after'], message);
    }
    for (const [name, value] of Object.entries(document.variables)) {
      for (const other of literalReferences(value, true).filter((one) => Object.hasOwn(document.variables, one))) {
        const message = `A variable of an environment is used as written, so the reference to ${other} is not replaced.`;
        complain('LITERAL_REFERENCE', ['variables', name], message);
      }
    }
  }
  if (document.kind === 'Freeze') checkFreeze(document, catalog, complain);
  if (document.kind === 'Trigger') checkTrigger(document.definition, catalog, complain);
  if (document.kind === 'Workflow') {
    checkWorkflow(document.definition, catalog, complain, { lenient });
    checkCalls(document.definition, catalog, complain, document.name);
  }
  if (document.kind === 'Pipeline')
    checkPipeline(document.definition, catalog, complain, { variables: withoutVariables });
}

function checkFreeze({ environments, exceptServices }: FreezeDocument, catalog: Catalog, complain: Complain): void {
  const check = (names: readonly string[], known: ReadonlySet<string>, tell: (index: number, hint: string) => void) =>
    names.forEach((name, index) => {
      if (!known.has(name)) tell(index, `"${name}" does not exist${didYouMean(name, [...known])}.`);
    });
  check(environments ?? [], catalog.environments, (index, text) => {
    complain('UNKNOWN_ENVIRONMENT', ['environments', index], `Environment ${text}`);
  });
  check(exceptServices, catalog.services, (index, text) => {
    complain('UNKNOWN_SERVICE', ['exceptServices', index], `Service ${text}`);
  });
}

/** Environments that come after each other in a circle would have no first one. */
function checkOrder(existing: SeenConfiguration | undefined, documents: readonly ParsedDocument[]): void {
  const before = new Map([...(existing?.environments ?? [])].map(([name, { after }]) => [name, after]));
  const written = new Map<string, Complain>();
  for (const { document, complain } of documents) {
    if (document.kind !== 'Environment') continue;
    before.set(document.name, document.after);
    written.set(document.name, complain);
  }
  const graph = new Map([...before].map(([name, after]) => [name, after === null ? [] : [after]]));
  const told = new Set<string>();
  for (const [name, complain] of written) {
    const cycle = cycleFrom(graph, name);
    // An environment that comes after itself has its own rule.
    if (cycle === null || cycle.length < 3 || told.has(name)) continue;
    for (const member of cycle) told.add(member);
    const hidden = cycle.some((member) => existing?.unseen.environments.has(member));
    const members = hidden ? '' : `: ${cycle.join(' → ')}`;
    complain('CYCLE', ['after'], `These environments come after each other${members}.`);
  }
}

/**
 * A changed workflow must not break definitions outside the source: pipelines that use it, and workflows that take its
 * files. Reports only problems that changed workflows cause.
 */
function checkOthers(existing: SeenConfiguration, documents: readonly ParsedDocument[], catalog: Catalog): void {
  const changed = new Map<string, Complain>();
  for (const { document, intact, complain } of documents) {
    if (document.kind !== 'Workflow' || !intact) continue;
    const before = existing.workflows.get(document.name);
    const after = catalog.workflows.get(document.name) ?? document.definition;
    if (before === undefined || before.revision.contentHash === contentHash(canonicalWorkflow(after))) continue;
    changed.set(document.name, complain);
  }
  if (changed.size === 0) return;
  const inSource = (kind: AnyDocument['kind'], name: string) =>
    documents.some(({ document }) => document.kind === kind && document.name === name);

  for (const [name, { revision }] of existing.pipelines) {
    if (inSource('Pipeline', name)) continue;
    const { stages } = revision.definition;
    const blame = (path: Path) => {
      const used = (elements: readonly (StageElement | undefined)[]) =>
        elements.flatMap((one) => (one?.type === 'WORKFLOW' ? (changed.get(one.workflow) ?? []) : []));
      // An element may also need an output that the workflow of another element provided before.
      const [own] = used([stages[Number(path[1])]?.elements[Number(path[3])]]);
      return own ?? used(stages.flatMap(({ elements }) => elements))[0];
    };
    const whom = existing.unseen.pipelines.has(name) ? null : `the pipeline "${name}"`;
    checkPipeline(revision.definition, catalog, tell('BREAKS_PIPELINE', whom, blame));
  }
  for (const [name, { revision }] of existing.workflows) {
    if (inSource('Workflow', name)) continue;
    const definition = withoutCalled(revision.definition);
    const { tasks } = definition;
    const blame = (path: Path) => {
      const task = tasks[String(path[1])];
      if (task?.workflow != null) return changed.get(task.workflow);
      const from = task?.artifacts.from[Number(path[4])];
      const workflow = path[3] === 'from' && from !== undefined ? workflowTaken(from, tasks) : null;
      return workflow === null ? undefined : changed.get(workflow);
    };
    const whom = existing.unseen.workflows.has(name) ? null : `the workflow "${name}"`;
    checkWorkflow(definition, catalog, tell('BREAKS_WORKFLOW', whom, blame));
    checkCalls(definition, catalog, tell('BREAKS_WORKFLOW', whom, blame), name);
  }
}

/** A changed pipeline or workflow must not break triggers outside the source that start it. */
function checkTriggersOutside(
  existing: SeenConfiguration,
  documents: readonly ParsedDocument[],
  catalog: TriggerCatalog,
): void {
  for (const [name, { definition }] of existing.triggers) {
    const { pipeline, workflow } = definition.start;
    const changed = documents.find(
      ({ document, intact }) =>
        intact &&
        ((document.kind === 'Pipeline' && document.name === pipeline) ||
          (document.kind === 'Workflow' && document.name === workflow)),
    );
    const inSource = documents.some(({ document }) => document.kind === 'Trigger' && document.name === name);
    if (changed === undefined || inSource) continue;
    const whom = existing.unseen.triggers.has(name) ? null : `the trigger "${name}"`;
    const blame = ([root]: Path) => (root === 'variables' ? changed.complain : undefined);
    checkTrigger(definition, catalog, tell('BREAKS_TRIGGER', whom, blame));
  }
}

/** Completes the documents with the tasks of the workflows that they call. */
function addCalled(documents: readonly ParsedDocument[], catalog: Catalog): void {
  for (const parsed of documents) {
    const { document, complain } = parsed;
    if (document.kind !== 'Workflow' || workflowsCalled(document.definition.tasks).length === 0) continue;
    const definition = withCalled(document.definition, (name) => catalog.workflows.get(name), [document.name]);
    const count = Object.values(definition.tasks).reduce((sum, one) => sum + nodeCount(one), 0);
    if (count > MAX_TASKS) {
      const message = `With the tasks of the workflows that it runs, the workflow has ${count} tasks; the limit is ${MAX_TASKS}.`;
      complain('TOO_LARGE', ['tasks'], message);
    }
    parsed.document = { ...document, definition };
  }
}

/**
 * Workflows outside the source that call workflows in it: each gets a new revision with the changed tasks, and needs the
 * same permission as a change of its own. One that the caller may not see keeps the others from changing.
 */
function callersOutside(
  existing: SeenConfiguration,
  documents: readonly ParsedDocument[],
  catalog: Catalog,
): ParsedDocument[] {
  const inSource = new Map(
    documents.flatMap((one) => (one.document.kind === 'Workflow' ? [[one.document.name, one]] : [])),
  );
  const added: ParsedDocument[] = [];
  for (const [name, { revision }] of existing.workflows) {
    if (inSource.has(name) || workflowsCalled(revision.definition.tasks).length === 0) continue;
    const definition = withCalled(revision.definition, (one) => catalog.workflows.get(one), [name]);
    if (contentHash(canonicalWorkflow(definition)) === revision.contentHash) continue;
    const { application } = existing;
    if (existing.unseen.workflows.has(name)) {
      const called = workflowsCalled(definition.tasks).flatMap((one) => inSource.get(one) ?? []);
      const [blamed = documents[0]] = called;
      blamed?.complain(
        'BREAKS_WORKFLOW',
        [],
        'A workflow that you may not see runs this one as a task, so it would change, too.',
      );
      continue;
    }
    const head = { kind: 'Workflow' as const, application: application.name, name };
    const document = { ...head, tags: null, description: definition.description, definition };
    added.push({ document, intact: true, withoutVariables: false, lenient: false, complain: () => undefined });
  }
  return added;
}

/** `whom` is null if the caller may not see it. */
function tell(rule: ValidationRule, whom: string | null, blame: (path: Path) => Complain | undefined): Complain {
  return (broken, path, message) => {
    if (isWarning(broken)) return;
    blame(path)?.(
      rule,
      [],
      whom === null
        ? 'This change would break a definition outside the source that you may not see.'
        : `This change would break ${whom}, which is not in the source: ${message}`,
    );
  };
}

import { readValue } from '../catalog/language/expressions';
import { expressionsIn, messageParts, textsIn } from '../catalog/language/messageExpressions';
import { elementScope } from './conditionScope';
import type { Execution } from './execution';
import type { RunSlice } from './runSlice';
import { elementsRead } from './skipConditions';
import { type ElementFiller, resultsOfElements, type Unfilled } from './stageOutputs';

/** Texts of a message that may have references. */
export const referringTexts = (message: string): string[] => textsIn(message).map(({ text }) => text);

/** Fills the references and expressions of a message. */
export function fillMessage(
  run: RunSlice,
  execution: Execution,
  message: string,
  filler: ElementFiller,
): { readonly value: string } | Unfilled {
  const sources = expressionsIn(message).flatMap(({ source }) => source ?? []);
  const stages = sources.length === 0 ? [] : run.elements(execution.id);
  const results = resultsOfElements(run, elementsRead(stages, sources));
  const { variables: declared } = run.fact('pipeline', execution.revisionId);
  const filled: string[] = [];
  for (const part of messageParts(message)) {
    if (part.is === 'TEXT') {
      const text = filler.text(part.text);
      if (!('value' in text)) return text;
      filled.push(text.value);
      continue;
    }
    const expression = readValue(part.source ?? '');
    const value =
      'evaluate' in expression
        ? expression.evaluate(elementScope(expression.references, execution.variables, declared, stages, results))
        : { error: expression.message };
    if ('error' in value) {
      const reason = `${part.text} has no value: ${value.error}`;
      return { status: 'FAILED', reasonCode: 'REFERENCE_UNFILLED', reason };
    }
    filled.push(value.value);
  }
  return { value: filled.join('') };
}

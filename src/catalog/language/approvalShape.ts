import { MAX_DESCRIPTION } from '../../kernel/naming';
import { policyFields, withPolicy } from './approvalPolicy';
import { foreignKeys } from './foreignKeys';
import {
  defined,
  filled,
  flag,
  list,
  mapped,
  number,
  object,
  oneOf,
  oneOrMany,
  optional,
  required,
  ruled,
  type Shape,
  text,
  type ValueOf,
  valueText,
} from './shape';
import { findEntry } from './sourceTree';
import { DAY, description, duration, MAX_SECONDS, name, settableName, timeout } from './values';

/** Shape of an approval: who decides, the form, the reminders and the escalation. */

export const approvalInputTypes = ['text', 'choice'] as const;

/** One field of the form that an approving person fills in. */
export interface ApprovalInput {
  readonly name: string;
  readonly type: (typeof approvalInputTypes)[number];
  /** Null for a text. */
  readonly choices: readonly string[] | null;
  readonly defaultValue: string | null;
  readonly required: boolean;
  readonly description: string | null;
  /** Maximum length of a text, in characters; null for a choice. */
  readonly maxLength: number | null;
}

const MAX_INPUTS = 20;
const MAX_LENGTH = 5000;
const DEFAULT_LENGTH = 1000;

const inputFields = object<ApprovalInput>({
  name: required(settableName, 'Name, unique in the form. Later stages and tasks refer to the value by it.'),
  type: optional(oneOf(approvalInputTypes), 'text', 'Type: text, or choice for one of `choices`.'),
  choices: optional(
    filled(list(valueText), 'Without choices, nobody could answer. Add a choice.'),
    null,
    'Values to choose from; for the type choice only.',
  ),
  defaultValue: optional(valueText, null, 'Value if none is given.', { key: 'default' }),
  required: optional(flag, false, 'True if an approval must give a value that is not empty.'),
  description: description('input'),
  maxLength: optional(
    number('integer', 1, MAX_LENGTH),
    null,
    `Maximum length of a text, in characters: up to ${MAX_LENGTH}. Defaults to ${DEFAULT_LENGTH}.`,
  ),
});

const input = mapped(
  inputFields,
  (given, node, place): ApprovalInput => {
    const { type, choices, defaultValue, maxLength } = given;
    const at = (key: string) => [...place.path, key];
    if (type === 'choice') {
      if (choices === null)
        place.report('MISSING_FIELD', at('choices'), '"choices" is required for a choice.', node.at);
      if (maxLength !== null) place.report('BAD_VALUE', at('maxLength'), '"max_length" belongs to the type text.');
      const twice = choices?.find((one, index) => choices.indexOf(one) !== index);
      if (twice !== undefined) place.report('DUPLICATE_NAME', at('choices'), `"${twice}" is in this list twice.`);
      if (defaultValue !== null && choices?.includes(defaultValue) === false) {
        const message = `The default "${defaultValue}" is not one of: ${choices.join(', ')}.`;
        place.report('DEFAULT_NOT_ALLOWED', at('default'), message);
      }
      return { ...given, maxLength: null };
    }
    if (choices !== null) place.report('BAD_VALUE', at('choices'), '"choices" belongs to the type choice.');
    const longest = maxLength ?? DEFAULT_LENGTH;
    if (defaultValue !== null && defaultValue.length > longest) {
      const message = `The default has ${defaultValue.length} characters; "max_length" is ${longest}.`;
      place.report('DEFAULT_NOT_ALLOWED', at('default'), message);
    }
    return { ...given, choices: null, maxLength: longest };
  },
  { encode: (one) => ({ ...one, maxLength: one.maxLength === DEFAULT_LENGTH ? null : one.maxLength }) },
);

const inputs = mapped(
  list(input),
  (all, node, place) => {
    if (all.length > MAX_INPUTS) {
      const message = `An approval has at most ${MAX_INPUTS} inputs; this one has ${all.length}.`;
      place.report('TOO_LARGE', place.path, message, node.at);
    }
    const names = all.map((one) => one.name);
    names.forEach((own, index) => {
      if (own === '' || names.indexOf(own) === index) return;
      place.report('DUPLICATE_NAME', [...place.path, index, 'name'], `The form has two inputs "${own}". Rename one.`);
    });
    return all;
  },
  { json: { maxItems: MAX_INPUTS } },
);

const MAX_STEPS = 10;

const escalation = object({
  afterSeconds: required(duration(1, MAX_SECONDS), 'Time after the request.', { key: 'after' }),
  to: required(filled(oneOrMany(name), 'Name a user group.'), 'User groups that may decide as well from then on.'),
});
/** Groups that may decide as well if an approval still waits after some time. */
export type Escalation = Readonly<ValueOf<typeof escalation>>;

const escalate = mapped(oneOrMany(defined('Escalation', escalation)), (steps, node, place) => {
  if (steps.length > MAX_STEPS) {
    const message = `An approval has at most ${MAX_STEPS} escalations; this one has ${steps.length}.`;
    place.report('TOO_LARGE', place.path, message, node.at);
  }
  return steps;
});

/** Keys of the form, the reminders and the escalation of an approval. */
const askingFields = {
  inputs: optional(
    inputs,
    [],
    'Form for the person who approves. Its values are outputs for later stages, or for later tasks. At most 20.',
  ),
  remindAfterSeconds: optional(
    duration(1, MAX_SECONDS),
    null,
    'Interval of reminders while nobody decides. At most 10 are sent. Defaults to none.',
    { key: 'remindAfter' },
  ),
  escalate: optional(
    escalate,
    [],
    'One step or a list of them: after some time without a decision, members of other user groups may decide as well.',
  ),
};

interface Timed {
  readonly timeoutSeconds: number;
  readonly remindAfterSeconds: number | null;
  readonly escalate: readonly Escalation[];
}

/** Reports reminders and escalations that would come after the approval has expired. */
const withinTimeout = <T extends Timed>(shape: Shape<T>): Shape<T> =>
  mapped(shape, (given, node, place) => {
    const { timeoutSeconds, remindAfterSeconds, escalate: steps } = given;
    const late = (key: (string | number)[], what: string) =>
      place.report('BAD_DURATION', [...place.path, ...key], `${what} must be shorter than "timeout".`);
    if (remindAfterSeconds !== null && remindAfterSeconds >= timeoutSeconds) late(['remindAfter'], '"remind_after"');
    const isList = node.type === 'map' && findEntry(node, 'escalate')?.value.type === 'list';
    steps.forEach(({ afterSeconds }, index) => {
      if (afterSeconds >= timeoutSeconds) late(['escalate', ...(isList ? [index] : []), 'after'], '"after"');
    });
    return given;
  });

const writtenApproval = object(
  {
    ...policyFields,
    message: optional(
      ruled(text, {
        json: { maxLength: MAX_DESCRIPTION },
        problem: ({ length }) =>
          length > MAX_DESCRIPTION
            ? ['TOO_LONG', `The message has ${length} characters; the limit is ${MAX_DESCRIPTION}.`]
            : undefined,
      }),
      null,
      `Text for the approvers, with the same references as the variables of a workflow, and expressions: \${{ EXPRESSION }}.`,
    ),
    timeoutSeconds: timeout(7 * DAY, 'Time limit; then the approval is EXPIRED.'),
    ...askingFields,
  },
  foreignKeys.approval,
);
/** Keys of an approval, in a stage or in place of a task’s command. */
export const approvalFields = defined('Approval', withPolicy(withinTimeout(writtenApproval)));

import { isNothing, list, mapOf, type Shape, type TextRule, valueText, withShort } from './shape';
import { label, MAX_LABEL } from './values';

/** Values of the tags of an object, by name. A tag without a value has an empty one. */
export type TagValues = Readonly<Record<string, string>>;

export const MAX_TAGS = 50;
export const MAX_TAG_VALUE = 200;
export const TAG_NAME = `1 to ${MAX_LABEL} characters on one line`;
export const TAG_VALUE = `at most ${MAX_TAG_VALUE} characters on one line`;

export const isTagName = (name: string): boolean =>
  name.trim() !== '' && name !== '__proto__' && name.length <= MAX_LABEL && !/\p{Cc}|\p{Surrogate}/u.test(name);
export const isTagValue = (value: string): boolean =>
  value.length <= MAX_TAG_VALUE && !/\p{Cc}|\p{Surrogate}/u.test(value);

const nameRule: TextRule = {
  json: { type: 'string', pattern: '\\S', maxLength: MAX_LABEL },
  problem: (name) => (isTagName(name) ? undefined : ['BAD_VALUE', `The name of a tag has ${TAG_NAME}.`]),
};

const tagValue: Shape<string> = {
  json: { type: ['string', 'number', 'boolean', 'null'], maxLength: MAX_TAG_VALUE },
  encode: (value) => (value === '' ? null : value),
  decode(node, place) {
    if (isNothing(node)) return '';
    const value = valueText.decode(node, place);
    if (!isTagValue(value)) place.report('BAD_VALUE', place.path, `The value of a tag has ${TAG_VALUE}.`, node.at);
    return value;
  },
};

const anyTags = withShort<readonly string[], TagValues>(
  list(label),
  mapOf(nameRule, tagValue),
  ({ type }) => type === 'list',
  {
    expand: (names) => Object.fromEntries(names.map((name) => [name, ''])),
    shrink(tags) {
      const names = Object.keys(tags).sort();
      return names.length > 0 && names.every((name) => tags[name] === '') ? names : undefined;
    },
  },
);

/** Tags as a mapping of names to values, or as a list of names. */
export const tagValues: Shape<TagValues> = {
  ...anyTags,
  decode(node, place) {
    const tags = anyTags.decode(node, place);
    const count = Object.keys(tags).length;
    if (count > MAX_TAGS) {
      place.report('TOO_LARGE', place.path, `An object has at most ${MAX_TAGS} tags; this one has ${count}.`, node.at);
    }
    return tags;
  },
};

import { type Message, shorten } from './message';

const icons = {
  good: ':white_check_mark:',
  bad: ':x:',
  attention: ':raised_hand:',
  neutral: ':arrow_forward:',
} as const;

/** Slack reads `&`, `<` and `>` as markup: mentions, links and channels. */
export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** At most 10 fields of 2,000 characters, which is Slack's limit for a section. */
const MOST_FIELDS = 10;

/** Body for an incoming webhook: blocks, and a text for notifications. */
export function slackBody({ title, tone, facts, link }: Message): object {
  const shown = escapeSlack(shorten(title, 500));
  const headline = `${icons[tone]} *${link === null ? shown : `<${link}|${shown.replaceAll('|', '¦')}>`}*`;
  const fields = facts.slice(0, MOST_FIELDS).map(([label, text]) => ({
    type: 'mrkdwn',
    text: shorten(`*${label}*\n${escapeSlack(shorten(text, 1000))}`, 2000),
  }));
  return {
    text: shown,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: headline } },
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
    ],
  };
}

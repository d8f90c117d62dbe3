import type { Message } from './message';

const colors = { good: 'Good', bad: 'Attention', attention: 'Warning', neutral: 'Default' } as const;

/** Adaptive cards read Markdown in texts. */
const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]()#!|<>~]/g, '\\$&');

/** Body for a Workflows webhook: a message with one adaptive card. */
export function teamsBody({ title, tone, facts, link }: Message): object {
  const heading = { type: 'TextBlock', text: escapeMarkdown(title), size: 'Medium', weight: 'Bolder', wrap: true };
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { ...heading, color: colors[tone] },
      {
        type: 'FactSet',
        facts: facts.map(([name, value]) => ({ title: name, value: escapeMarkdown(value) })),
      },
    ],
    ...(link !== null && { actions: [{ type: 'Action.OpenUrl', title: 'Open the run', url: link }] }),
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content: card }] };
}

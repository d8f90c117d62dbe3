import { lexer, type Token, type Tokens } from 'marked';
import { Fragment, type ReactNode, useMemo } from 'react';
import styles from './Markdown.module.css';

/** Deeper nesting appears as its source. */
const DEEPEST = 24;

/** What headings and nesting need to know on the way through the document. */
interface Walk {
  readonly first: number;
  /** Level of the heading before: a level may not be left out. */
  last: number;
}

interface RenderedProps {
  readonly text: string;
  readonly level: number;
  readonly breaks: boolean;
}

/** Renders the syntax tree as React elements, so that no text ever becomes HTML. */
export default function Rendered({ text, level, breaks }: RenderedProps) {
  return useMemo(() => {
    try {
      return blocks(lexer(text, { gfm: true, breaks }), { first: level, last: level - 1 }, 0);
    } catch {
      // Nesting that is too deep for the parser.
      return <pre className={styles.plain}>{text}</pre>;
    }
  }, [text, level, breaks]);
}

const blocks = (tokens: readonly Token[], walk: Walk, depth: number): ReactNode =>
  tokens.map((token, index) => <Fragment key={index}>{block(token as Known, walk, depth)}</Fragment>);

type Known =
  | Tokens.Blockquote
  | Tokens.Br
  | Tokens.Checkbox
  | Tokens.Code
  | Tokens.Codespan
  | Tokens.Del
  | Tokens.Em
  | Tokens.Escape
  | Tokens.Heading
  | Tokens.Hr
  | Tokens.HTML
  | Tokens.Image
  | Tokens.Link
  | Tokens.List
  | Tokens.Paragraph
  | Tokens.Strong
  | Tokens.Table
  | Tokens.Text
  | { readonly type: 'space' | 'def'; readonly raw: string };

function block(token: Known, walk: Walk, depth: number): ReactNode {
  if (depth > DEEPEST) return token.raw;
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'hr':
      return <hr />;
    case 'heading': {
      walk.last = Math.min(walk.first + token.depth - 1, walk.last + 1, 6);
      const Heading = `h${walk.last}` as 'h3';
      return <Heading className={styles[`size${Math.min(token.depth, 4)}`]}>{inline(token.tokens, depth)}</Heading>;
    }
    case 'paragraph':
      return <p>{inline(token.tokens, depth)}</p>;
    case 'blockquote':
      return <blockquote>{blocks(token.tokens, walk, depth + 1)}</blockquote>;
    case 'code':
      return (
        <pre tabIndex={0} aria-label={token.lang ? `Code: ${token.lang}` : 'Code'} role="group">
          <code>{token.text}</code>
        </pre>
      );
    case 'list':
      return <List list={token} walk={walk} depth={depth} />;
    case 'table':
      return <Table table={token} depth={depth} />;
    case 'html':
      return html(token) === '' ? null : <p>{html(token)}</p>;
    default:
      return inline([token], depth);
  }
}

function List({ list, walk, depth }: { readonly list: Tokens.List; readonly walk: Walk; readonly depth: number }) {
  const items = list.items.map((item, index) => (
    <li key={index} className={item.task ? styles.task : undefined}>
      {blocks(item.tokens, walk, depth + 1)}
    </li>
  ));
  return list.ordered ? <ol start={list.start === '' ? undefined : list.start}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table, depth }: { readonly table: Tokens.Table; readonly depth: number }) {
  const style = (index: number) => ({ textAlign: table.align[index] ?? undefined });
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>
            {table.header.map((cell, index) => {
              const Cell = cell.text === '' ? 'td' : 'th';
              return (
                <Cell key={index} style={style(index)}>
                  {inline(cell.tokens, depth)}
                </Cell>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => (
                <td key={index} style={style(index)}>
                  {inline(cell.tokens, depth)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const inline = (tokens: readonly Token[] | undefined, depth: number): ReactNode =>
  tokens?.map((token, index) => <Fragment key={index}>{span(token as Known, depth + 1)}</Fragment>);

function span(token: Known, depth: number): ReactNode {
  if (depth > DEEPEST) return token.raw;
  switch (token.type) {
    case 'br':
      return <br />;
    case 'strong':
      return <strong>{inline(token.tokens, depth)}</strong>;
    case 'em':
      return <em>{inline(token.tokens, depth)}</em>;
    case 'del':
      return <del>{inline(token.tokens, depth)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'escape':
      return token.text;
    case 'checkbox':
      return <input type="checkbox" checked={token.checked} disabled aria-label={token.checked ? 'Done' : 'To do'} />;
    case 'link':
      return <Address href={token.href}>{inline(token.tokens, depth)}</Address>;
    case 'image':
      // Loading it would tell its host who reads this.
      return <Address href={token.href}>{`Image: ${unescaped(token.text) || token.href}`}</Address>;
    case 'html':
      return /^<br\s*\/?>$/i.test(token.text) ? <br /> : html(token);
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : unescaped(token.text);
    default:
      return unescaped(token.raw);
  }
}

/** Anything but a web or mail address, such as `javascript:`, is text. */
function Address({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  if (!/^(https?:\/\/|mailto:)/i.test(href)) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** HTML as its source. Comments are for tools. */
const html = ({ text }: { readonly text: string }): string => text.replace(/<!--[\s\S]*?-->/g, '').trim();

/** Entities such as `&nbsp;` as characters. The document that the parser makes is never shown, and runs nothing. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return new DOMParser().parseFromString(text.replaceAll('<', '&lt;'), 'text/html').documentElement.textContent ?? text;
}

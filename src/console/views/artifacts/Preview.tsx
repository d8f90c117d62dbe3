import { useCallback, useEffect, useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import { pathOf } from '../../data/download';
import { asApiError, server } from '../../data/server';
import { ErrorNote } from '../../parts/ErrorNote';
import { Markdown } from '../../parts/markdown/Markdown';
import { readJunit } from '../../parts/reports/junit';
import { Report } from '../../parts/reports/Report';
import { Skeleton } from '../../parts/Skeleton';
import styles from './Artifacts.module.css';

/** Larger files are only downloaded. */
const MOST_BYTES = 256 * 1024;
const textFile =
  /\.(md|markdown|txt|text|log|json|jsonl|ya?ml|toml|xml|csv|tsv|ini|conf|env|properties|sha256|html?|css|[cm]?[jt]sx?|sh|py|go|rs|java|sql|diff|patch)$/i;

interface Previewable {
  readonly type: string;
  readonly size: number;
  readonly name: string;
  readonly deletedAt: string | null;
}

export const isPreviewable = ({ type, size, name, deletedAt }: Previewable): boolean =>
  type === 'FILE' && deletedAt === null && size > 0 && size <= MOST_BYTES && textFile.test(name);

interface PreviewProps {
  readonly id: string;
  readonly name: string;
  readonly address: string;
}

/** Content of a small text file: Markdown and JUnit as what they mean, anything else as text. */
export function Preview({ name, address }: PreviewProps) {
  const [text, setText] = useState<string>();
  const [error, setError] = useState<ApiError>();
  const load = useCallback(async () => {
    try {
      setError(undefined);
      setText(await (await server.download(pathOf(address))).text());
    } catch (failure) {
      setError(asApiError(failure));
    }
  }, [address]);
  useEffect(() => void load(), [load]);
  return (
    <section aria-label="Content" className={styles.section}>
      <h3>Content</h3>
      <ErrorNote error={error} onRetry={() => void load()} />
      {text === undefined ? (
        error === undefined && <Skeleton label="Loading the content" rows={3} />
      ) : (
        <Content name={name} text={text} />
      )}
    </section>
  );
}

function Content({ name, text }: { readonly name: string; readonly text: string }) {
  if (text.includes('\0')) return <p className={styles.quiet}>The file is not text.</p>;
  if (/\.(md|markdown)$/i.test(name)) return <Markdown text={text} level={4} />;
  const report = /\.xml$/i.test(name) ? readJunit(text) : undefined;
  if (report) return <Report report={report} level={4} />;
  return (
    <pre className={styles.text} tabIndex={0} role="group" aria-label={`Text of ${name}`}>
      {text}
    </pre>
  );
}

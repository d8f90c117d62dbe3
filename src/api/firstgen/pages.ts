import { cursorCodec, type Page, type PageArguments, readPage, toPage } from '../../kernel/paging';

const codec = cursorCodec('firstgen', 'text');

/** Page of a list that is loaded as a whole. */
export function pageOf<T extends { readonly id: string }>(rows: readonly T[], page: PageArguments): Page<T> {
  const request = readPage({ limit: page.limit ?? null, offset: page.offset ?? null }, codec);
  return toPage(request, {
    rows: rows.slice(request.offset, request.offset + request.fetch),
    cursor: ({ id }) => codec.encode([id]),
    countTotal: () => Promise.resolve(rows.length),
  });
}

/** Page of a list that Slipway has nothing for. */
export const emptyPage = (_source: unknown, page: PageArguments): Page<never> => pageOf([], page);

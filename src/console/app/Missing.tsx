import { Link } from 'wouter';
import { Empty } from '../parts/Empty';
import { PageHead } from '../parts/PageHead';

export const Missing = () => (
  <>
    <PageHead title="Not found" />
    <Empty icon="search" title="There is no page at this address" action={<Link href="/">Open the first page</Link>}>
      The address may be incomplete. Press <kbd>Ctrl</kbd> <kbd>K</kbd> to find a page, or a run by its ID.
    </Empty>
  </>
);

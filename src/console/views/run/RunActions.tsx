import { useLocation } from 'wouter';
import { type ActionName, openAction } from '../../actions/openAction';
import { Button } from '../../parts/Button';
import type { IconName } from '../../parts/Icon';
import { Menu, type MenuItem } from '../../parts/Menu';
import type { Run } from './runData';

interface Offer {
  readonly action: ActionName;
  readonly label: string;
  readonly icon: IconName;
  readonly danger?: boolean;
}

/** In the order of what a reader most likely wants next. The first one that is allowed is the main button. */
const offers: readonly Offer[] = [
  { action: 'continue', label: 'Continue', icon: 'start' },
  { action: 'resume', label: 'Resume', icon: 'start' },
  { action: 'rerun', label: 'Run again', icon: 'refresh' },
  { action: 'pause', label: 'Pause', icon: 'pause' },
  { action: 'restore', label: 'Restore', icon: 'audit' },
  { action: 'abort', label: 'Abort', icon: 'close', danger: true },
];

/** What the viewer can do with the run now. What can't be done is in the menu, with its reason. */
export function RunActions({ run }: { readonly run: Run }) {
  const [, navigate] = useLocation();
  const known = offers.flatMap((offer) => {
    const found = run.availableActions.find(({ action }) => action === offer.action);
    return found === undefined ? [] : [{ ...offer, allowed: found.allowed, why: found.message }];
  });
  const first = known.filter(({ allowed }) => allowed).slice(0, 2);
  const rest: MenuItem[] = known
    .filter((one) => !first.includes(one))
    .map(({ action, label, icon, danger, allowed, why }) => ({
      ...{ label, icon, danger },
      disabledBecause: allowed ? undefined : (why ?? 'It is not possible now.'),
      onSelect: () => openAction(action, { on: run.id }),
    }));
  rest.push({
    ...{ label: 'Compare with the last success', icon: 'compare' },
    onSelect: () => navigate(`/compare?left=last-success&right=${run.id}`),
  });
  return (
    <>
      {first.map(({ action, label, icon, danger }, index) => (
        <Button
          key={action}
          icon={icon}
          kind={danger ? 'danger' : index === 0 && (action === 'resume' || action === 'continue') ? 'main' : 'plain'}
          onClick={() => openAction(action, { on: run.id })}
        >
          {label}
        </Button>
      ))}
      <Menu label="More actions" iconOnly items={rest} />
    </>
  );
}

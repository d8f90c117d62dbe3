import type { KeyboardEvent, ReactNode } from 'react';
import { Button, IconButton } from './Button';
import { classes } from './classes';
import { Icon, type IconName } from './Icon';
import styles from './Menu.module.css';
import { usePopover } from './popover';

export interface MenuItem {
  readonly label: ReactNode;
  readonly icon?: IconName;
  readonly onSelect: () => void;
  readonly danger?: boolean;
  /** True for the current choice. */
  readonly checked?: boolean;
  /** Why it can't be chosen. */
  readonly disabledBecause?: string | undefined;
}

interface MenuProps {
  /** Name of the button, and its text unless `iconOnly`. */
  readonly label: string;
  readonly icon?: IconName;
  readonly iconOnly?: boolean;
  readonly align?: 'start' | 'end';
  readonly items: readonly MenuItem[];
  /** Above the items, such as who is signed in. */
  readonly head?: ReactNode;
}

/** A button with a menu of actions. */
export function Menu({ label, icon = 'more', iconOnly = false, align = 'end', items, head }: MenuProps) {
  const { anchor, panel, open, show, hide } = usePopover(align);
  const entries = () => [...(panel.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
  const toggle = () => {
    if (open) return hide();
    show();
    entries()[0]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Tab') hide();
    if (step === undefined) return;
    event.preventDefault();
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + step + all.length) % all.length]?.focus();
  };
  const shared = { ref: anchor, 'aria-haspopup': 'menu', 'aria-expanded': open, onClick: toggle } as const;
  return (
    <>
      {iconOnly ? (
        <IconButton icon={icon} label={label} {...shared} />
      ) : (
        <Button icon={icon} {...shared}>
          {label}
        </Button>
      )}
      <div ref={panel} popover="auto" className={styles.panel}>
        {head}
        <div role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
          {items.map((item, index) => (
            <button
              key={typeof item.label === 'string' ? item.label : index}
              type="button"
              {...(item.checked === undefined
                ? { role: 'menuitem' }
                : { role: 'menuitemradio', 'aria-checked': item.checked })}
              aria-disabled={item.disabledBecause !== undefined || undefined}
              title={item.disabledBecause}
              tabIndex={-1}
              className={classes(styles.item, item.danger && styles.danger)}
              onClick={() => {
                if (item.disabledBecause !== undefined) return;
                hide();
                item.onSelect();
              }}
            >
              {item.icon && <Icon name={item.icon} />}
              <span className={styles.label}>
                {item.label}
                {item.disabledBecause && <span className={styles.reason}>{item.disabledBecause}</span>}
              </span>
              {item.checked && <Icon name="check" />}
            </button>
          ))}
        </div>
      </div>
    </>
  );
}

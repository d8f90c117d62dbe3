import { type ButtonHTMLAttributes, type ReactNode, type Ref, useId } from 'react';
import { classes } from './classes';
import { Link } from 'wouter';
import { Icon, type IconName } from './Icon';
import styles from './Button.module.css';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'className'> {
  readonly kind?: 'plain' | 'main' | 'danger' | 'bare';
  readonly icon?: IconName;
  readonly small?: boolean;
  /** Why it can't be used now: shown on hover and focus, and read by screen readers. */
  readonly disabledBecause?: string | undefined;
  /** True while its work runs. */
  readonly busy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children?: ReactNode;
}

/** A button that stays reachable by keyboard while it is disabled, so that its reason can be read. */
export function Button({
  kind = 'plain',
  icon,
  small,
  disabledBecause,
  busy = false,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const id = useId();
  const off = disabledBecause !== undefined;
  const button = (
    <button
      {...rest}
      type={type}
      className={classes(styles.button, styles[kind], small && styles.small, children === undefined && styles.icon)}
      aria-disabled={off || busy || undefined}
      aria-busy={busy || undefined}
      aria-describedby={off ? id : rest['aria-describedby']}
      onClick={off || busy ? (event) => event.preventDefault() : onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
  if (!off) return button;
  return (
    <span className={styles.wrap}>
      {button}
      <span role="tooltip" id={id} className={styles.reason}>
        {disabledBecause}
      </span>
    </span>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  readonly icon: IconName;
  /** Name for screen readers, shown on hover. */
  readonly label: string;
}

export const IconButton = ({ label, kind = 'bare', ...rest }: IconButtonProps) => (
  <Button {...rest} kind={kind} aria-label={label} title={rest.disabledBecause === undefined ? label : undefined} />
);

interface ButtonLinkProps {
  readonly href: string;
  readonly kind?: 'plain' | 'main' | 'bare';
  readonly icon?: IconName;
  readonly small?: boolean;
  readonly children: ReactNode;
}

/** A link to another page that looks like a button. */
export const ButtonLink = ({ href, kind = 'plain', icon, small, children }: ButtonLinkProps) => (
  <Link href={href} className={classes(styles.button, styles[kind], small && styles.small, styles.asLink)}>
    {icon && <Icon name={icon} />}
    {children}
  </Link>
);

import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from "react";

const gap = 4;

interface MenuProps {
  label: string;
  /** Where it belongs. The focus returns there. */
  anchor: HTMLElement;
  onClose(): void;
  /** Elements of the role `menuitem`. */
  children: ReactNode;
}

/** A menu beside its anchor, over everything. Arrows move in it; Escape, Tab and a click elsewhere close it. */
export function Menu({ label, anchor, onClose, children }: MenuProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const menu = ref.current;
    if (!menu) return;
    menu.showPopover();
    place(menu, anchor);
    itemsOf(menu)[0]?.focus();
    return () => (anchor.isConnected && menu.contains(document.activeElement) ? anchor.focus() : undefined);
  }, [anchor]);
  useEffect(() => {
    const menu = ref.current;
    const toggled = (event: Event) => (event as ToggleEvent).newState === "closed" && onClose();
    menu?.addEventListener("toggle", toggled);
    return () => menu?.removeEventListener("toggle", toggled);
  }, [onClose]);
  return (
    <div
      ref={ref}
      className="menu"
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={(event) => move(event, onClose)}
    >
      {children}
    </div>
  );
}

/** An entry of it. */
export function MenuItem({
  onChoose,
  alarming = false,
  children,
}: {
  onChoose(): void;
  alarming?: boolean;
  children: ReactNode;
}) {
  return (
    <button
      className={alarming ? "menu-item alarming" : "menu-item"}
      type="button"
      role="menuitem"
      tabIndex={-1}
      onClick={onChoose}
    >
      {children}
    </button>
  );
}

const itemsOf = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]')];

/** Below its anchor if there is room, else above; within the window. */
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + gap;
  const top = below + height <= innerHeight ? below : Math.max(gap, at.top - gap - height);
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(gap, Math.min(at.right - width, innerWidth - width - gap))}px`;
}

const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function move(event: KeyboardEvent<HTMLElement>, onClose: () => void): void {
  if (event.key === "Tab") onClose();
  const items = itemsOf(event.currentTarget);
  const here = items.indexOf(document.activeElement as HTMLElement);
  const ends: Record<string, number> = { Home: 0, End: items.length - 1 };
  const step = steps[event.key];
  const next = step === undefined ? ends[event.key] : (here + step + items.length) % items.length;
  if (next === undefined) return;
  event.preventDefault();
  items[next]?.focus();
}

import { useEffect, useState } from 'preact/hooks';

const STORED_AS = 'ect-ledger.theme';

export type ThemeChoice = 'system' | 'light' | 'dark';

const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark'];
const CHANGED = 'ect-ledger-theme';

export function themeChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORED_AS);
  return CHOICES.find((choice) => choice === stored) ?? 'system';
}

export function chooseTheme(choice: ThemeChoice): void {
  localStorage.setItem(STORED_AS, choice);
  applyTheme();
  dispatchEvent(new Event(CHANGED));
}

/** Gives the page its theme, now and whenever the system changes. */
export function followTheme(): void {
  applyTheme();
  system.addEventListener('change', applyTheme);
}

function applyTheme(): void {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
}

const system = matchMedia('(prefers-color-scheme: dark)');

function isDark(): boolean {
  const choice = themeChoice();
  return choice === 'system' ? system.matches : choice === 'dark';
}

/** Whether the page is dark, also after the reader or the system changed it: `followTheme` hears of that first. */
export function useTheme(): boolean {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const follow = () => setDark(isDark());
    system.addEventListener('change', follow);
    addEventListener(CHANGED, follow);
    return () => {
      system.removeEventListener('change', follow);
      removeEventListener(CHANGED, follow);
    };
  }, []);
  return dark;
}

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';
import { chooseTheme, themeChoice, type ThemeChoice } from './use-theme.js';

const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS: Readonly<Record<ThemeChoice, IconName>> = { system: 'system', light: 'sun', dark: 'moon' };
const WORDS: Readonly<Record<ThemeChoice, string>> = {
  system: 'Colours of the system',
  light: 'Light colours',
  dark: 'Dark colours',
};

export function ThemeButton(): JSX.Element {
  const [choice, setChoice] = useState(themeChoice);
  const next = () => {
    chooseTheme(NEXT[choice]);
    setChoice(NEXT[choice]);
  };
  return (
    <button type="button" class="icon-button" onClick={next} title={WORDS[choice]}>
      <Icon name={ICONS[choice]} label={`${WORDS[choice]}: change`} />
    </button>
  );
}

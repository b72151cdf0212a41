import { render } from 'preact';
import { App } from './app.js';
import { feed } from './live/feed.js';
import { followTheme } from './ui/use-theme.js';

followTheme();
const root = document.getElementById('app');
if (root) render(<App />, root);
feed.start();

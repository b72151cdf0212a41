import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { signOut } from './api/session.js';
import { SignIn } from './access/sign-in.js';
import { useAccess } from './access/use-access.js';
import { feed } from './live/feed.js';
import { LiveIndicator } from './live/live-indicator.js';
import { TaskPage } from './pages/task-page.js';
import { WorkflowPage } from './pages/workflow-page.js';
import { WorkflowsPage } from './pages/workflows-page.js';
import type { Place, Route } from './route.js';
import { Empty } from './ui/states.js';
import { ThemeButton } from './ui/theme-button.js';
import { shortUuid } from './ui/words.js';
import { useRoute } from './use-route.js';

export function App(): JSX.Element {
  const route = useRoute();
  const { isSignInNeeded, isSignedIn, generation } = useAccess();
  const title = titleOf(route.place);
  useEffect(() => {
    document.title = `${title} · ect-ledger`;
  }, [title]);
  return (
    <>
      <a class="skip-link" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <span class="brand-mark" aria-hidden="true" />
          ect-ledger
        </a>
        <nav aria-label="Main">
          <a href="#/" aria-current={route.place.page === 'workflows' ? 'page' : undefined}>
            Workflows
          </a>
          <a href="docs">API</a>
        </nav>
        <div class="top-end">
          <LiveIndicator />
          <ThemeButton />
          {isSignedIn && (
            <button type="button" class="button" onClick={leave}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {isSignInNeeded ? <SignIn /> : <Page key={generation} route={route} />}
      </main>
    </>
  );
}

function Page({ route }: { readonly route: Route }): JSX.Element {
  const { place } = route;
  switch (place.page) {
    case 'workflows':
      return <WorkflowsPage route={route} />;
    case 'workflow':
      return <WorkflowPage key={place.wid} wid={place.wid} route={route} />;
    case 'task':
      return <TaskPage key={place.jti} jti={place.jti} route={route} />;
    case 'nowhere':
      return (
        <div class="page">
          <Empty title="There is no such page">
            <p>
              <a href="#/">All workflows</a>
            </p>
          </Empty>
        </div>
      );
  }
}

function leave(): void {
  signOut();
  feed.start();
}

/** The fragment is the address of the page, so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function titleOf(place: Place): string {
  switch (place.page) {
    case 'workflow':
      return `Workflow ${shortUuid(place.wid)}`;
    case 'task':
      return `Task ${shortUuid(place.jti)}`;
    case 'workflows':
      return 'Workflows';
    case 'nowhere':
      return 'Not found';
  }
}

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { getReceipt, taskPath, type TaskName } from '../api/client.js';
import { download } from '../export/download.js';
import { CopyButton } from '../ui/copy-button.js';
import { Icon } from '../ui/icon.js';
import { PinnedKey } from './pinned-key.js';
import { storedVkeys } from './pinned-keys.js';
import { Verdict } from './verdict.js';
import type { Check } from './check.js';

/** Checks the task here, in the browser, and hands out what others need to check it elsewhere. */
export function Proof({ name }: { readonly name: TaskName }): JSX.Element {
  const [checks, setChecks] = useState<readonly Check[]>();
  const [isRunning, setRunning] = useState(false);
  const verify = async () => {
    setRunning(true);
    const { verifyTask } = await import('./verify-task.js');
    setChecks(await verifyTask(name));
    setRunning(false);
  };
  const saveReceipt = async () => {
    const receipt = await getReceipt(name);
    download(`receipt-${name.jti}.json`, 'application/json', `${JSON.stringify(receipt, null, 2)}\n`);
  };
  const url = new URL(taskPath(name, '/receipt'), document.baseURI.replace(/#.*$/, '')).href;
  return (
    <div class="proof">
      <button type="button" class="button button-primary" onClick={() => void verify()} disabled={isRunning}>
        <Icon name="shield" />
        {isRunning ? 'Verifying …' : 'Verify in this browser'}
      </button>
      <div role="status">{checks && <Verdict checks={checks} />}</div>
      {checks && <PinnedKey checks={checks} onPinned={() => void verify()} />}
      <p class="actions">
        <button type="button" class="button" onClick={() => void saveReceipt()}>
          <Icon name="download" />
          Download receipt
        </button>
        <CopyButton text={`curl -s '${url}'`} label="Copy as curl" />
        <CopyButton text={cliCommand(name)} label="Copy as CLI" />
      </p>
    </div>
  );
}

/** The same check on the command line. */
function cliCommand(name: TaskName): string {
  const { jti } = name;
  const base = document.baseURI.replace(/#.*$/, '').replace(/\/$/, '');
  const file = `receipt-${jti}.json`;
  // What is pasted into a shell must not end its quotes.
  const vkey = storedVkeys().find((stored) => /^[\w./:-]+\+[0-9a-f]{8}\+[\w+/=]+$/.test(stored)) ?? '…';
  return [
    `curl -s '${new URL(taskPath(name, '/receipt'), `${base}/`).href}' > ${file}`,
    `curl -s -H 'Accept: application/jwt' '${new URL(taskPath(name), `${base}/`).href}' > ${jti}.jwt`,
    `npx ect-ledger verify receipt ${file} --ect ${jti}.jwt --vkey '${vkey}'`,
  ].join('\n');
}

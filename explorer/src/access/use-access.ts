import { useLayoutEffect, useState } from 'preact/hooks';
import { type Access, currentAccess, onAccess } from '../api/session.js';

export function useAccess(): Access {
  const [access, setAccess] = useState(currentAccess);
  useLayoutEffect(() => {
    setAccess(currentAccess()); // the ledger may have answered since
    return onAccess(setAccess);
  }, []);
  return access;
}

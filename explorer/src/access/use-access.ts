import { useEffect, useState } from 'preact/hooks';
import { type Access, currentAccess, onAccess } from '../api/session.js';

export function useAccess(): Access {
  const [access, setAccess] = useState(currentAccess);
  useEffect(() => onAccess(setAccess), []);
  return access;
}

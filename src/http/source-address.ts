import { isIPv6 } from 'node:net';

/** Whom an address stands for: a network is handed out whole, so of IPv6 the first 64 bits are one source (RFC 6177). */
export function sourceOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const whole = address.includes('::') ? [...groups, ...Array<string>(missing).fill('0')] : groups;
  return whole.slice(0, 4).join(':');
}

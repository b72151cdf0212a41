/** What ends a command: one line that says what is wrong, and the way out of it. */
export class Failure extends Error {
  override readonly name: string = 'Failure';

  constructor(
    message: string,
    readonly wayOut?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Exit codes, as `--help` documents them. */
export const EXIT = { ok: 0, someRejected: 1, onlyPart: 1, couldNotRun: 2 } as const;

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it exists already',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** The `code` of a system error (`ENOENT`), if it is one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A file that could not be read or written, in plain words. `act`: "cannot read keys/a.json". */
export function fileFailure(act: string, error: unknown): Failure {
  const reason = SYSTEM_ERRORS[systemCodeOf(error) ?? ''] ?? messageOf(error);
  return new Failure(`${act}: ${reason}`, undefined, { cause: error });
}

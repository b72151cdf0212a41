import type { DagNode } from '../entry.js';
import { printable } from '../printable.js';
import { linkTasks, type TaskGraph } from './task-graph.js';

/** How the box of a task is filled, by its policy decision; `none` without one, `absent` for a parent that is not shown. */
export const BOX_COLOURS = {
  none: { fill: '#f4f4f5', line: '#52525b' },
  approved: { fill: '#dcfce7', line: '#15803d' },
  rejected: { fill: '#fee2e2', line: '#b91c1c' },
  pending_human_review: { fill: '#fef3c7', line: '#b45309' },
  absent: { fill: '#ffffff', line: '#a1a1aa' },
} as const;

export type BoxKind = keyof typeof BOX_COLOURS;

/** A box of the picture. `id` is ours: a letter and digits, of no meaning outside. */
export interface Box {
  readonly id: string;
  readonly kind: BoxKind;
  readonly jti: string;
  /** Lines of text, hostile still: each format escapes them. */
  readonly caption: readonly string[];
}

/** Boxes and the arrows between them, from parent to child, by their ids. */
export interface Picture {
  readonly boxes: readonly Box[];
  readonly arrows: readonly (readonly [parent: string, child: string])[];
}

/** Lays a graph out as boxes and arrows. A parent that the graph does not show gets a box too, so that no task looks like a root that is none. */
export function pictureOf({ nodes }: TaskGraph): Picture {
  const absent = new Map<string, Box>();
  const arrows = linkTasks(nodes).flatMap(({ node, parents }) =>
    parents.map((parent) => {
      const from = typeof parent === 'string' ? absentBox(absent, parent).id : idOf(parent);
      return [from, idOf(node)] as const;
    }),
  );
  return { boxes: [...nodes.map(boxOf), ...absent.values()], arrows };
}

function idOf({ index }: DagNode): string {
  return `n${index}`;
}

function boxOf(node: DagNode): Box {
  const { jti, polDecision = 'none' } = node;
  const kind = isBoxKind(polDecision) ? polDecision : 'none';
  return { id: idOf(node), kind, jti, caption: captionOf(node) };
}

function isBoxKind(decision: string): decision is BoxKind {
  return Object.hasOwn(BOX_COLOURS, decision);
}

function absentBox(known: Map<string, Box>, jti: string): Box {
  const box = known.get(jti) ?? {
    id: `p${known.size}`,
    kind: 'absent',
    jti,
    caption: [`${jti.slice(0, 8)}…`, 'not shown'],
  };
  known.set(jti, box);
  return box;
}

/** Longest line of a caption in characters; the picture of a longer one would be mostly that line. */
const MAX_CAPTION_LENGTH = 60;

/** What a picture writes into the box of a task, line by line: action, issuer; number, decision and whether its key is revoked. */
function captionOf({ execAct, iss, index, polDecision, keyRevokedAtMs }: DagNode): readonly string[] {
  const revoked = keyRevokedAtMs === undefined ? [] : ['key revoked'];
  const place = [`#${index}`, ...(polDecision === undefined ? [] : [polDecision]), ...revoked].join(' · ');
  return [shorten(execAct), shorten(iss), place].map(printable);
}

function shorten(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= MAX_CAPTION_LENGTH) return text;
  return `${characters.slice(0, MAX_CAPTION_LENGTH - 1).join('')}…`;
}

import { Graphviz } from '@hpcc-js/wasm-graphviz';

/** What Graphviz draws: the lines of text in each box (every space a plain one), its tooltip, and the arrows between boxes by their names. */
export interface Drawing {
  readonly boxes: ReadonlyMap<string, { readonly lines: readonly string[]; readonly tooltip: string }>;
  readonly arrows: readonly (readonly string[])[];
}

const GROUP =
  /<g id="[a-z]+\d+" class="(node|edge)">\n<title>(.*?)<\/title>\n(.*?)\n<\/g>\n(?=<!--|<\/g>)/gsu;

/** Draws with Graphviz itself, compiled to WebAssembly, and reads its SVG. @throws Error for what is not DOT */
export async function draw(dot: string): Promise<Drawing> {
  const svg = (await Graphviz.load()).dot(dot, 'svg');
  const boxes = new Map<string, { readonly lines: readonly string[]; readonly tooltip: string }>();
  const arrows: string[][] = [];
  for (const [, kind, title = '', content = ''] of svg.matchAll(GROUP)) {
    if (kind === 'edge') arrows.push(decode(title).split('->'));
    else boxes.set(decode(title), { lines: textsIn(content), tooltip: tooltipOf(content) });
  }
  return { boxes, arrows };
}

function textsIn(content: string): readonly string[] {
  return [...content.matchAll(/<text [^>]*>(.*?)<\/text>/gsu)].map(([, text = '']) => spaced(decode(text)));
}

/** Graphviz makes several spaces in a row unbreakable. */
export function spaced(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}

function tooltipOf(content: string): string {
  return decode(/ xlink:title="([^"]*)"/u.exec(content)?.[1] ?? '');
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Character references of XML. */
function decode(text: string): string {
  return text.replace(/&#(\d+);|&#x([0-9a-f]+);|&(\w+);/giu, (_reference, ...groups: readonly unknown[]) => {
    const [decimal, hex, name] = groups;
    if (typeof name === 'string') return NAMED[name] ?? '�';
    return String.fromCodePoint(
      typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16),
    );
  });
}

/** What a flowchart shows: the text of its boxes by id, and its arrows. */
export interface Flowchart {
  readonly boxes: ReadonlyMap<string, string>;
  readonly arrows: readonly (readonly [string, string])[];
}

const LABEL = '(?:[A-Za-z0-9]|#[0-9]{1,7};|(?<=[A-Za-z0-9])[ _/-](?=[A-Za-z0-9])|<br/>)+';
const BOX = new RegExp(`^([a-z]+[0-9]*)\\["(${LABEL})"\\]$`);
const ARROW = /^([np][0-9]+) --> ([np][0-9]+)$/;
const ELSE = [
  /^%% [A-Za-z0-9 :]+$/,
  /^accTitle: [A-Za-z0-9 -]+$/,
  /^classDef [a-z_]+ [a-z0-9:,#-]+$/,
  /^class [a-z0-9,]+ [a-z_]+$/,
];

/**
 * Reads a flowchart in the narrow form that needs no knowledge of Mermaid to be safe: a label holds letters, digits, single separators
 * between them and decimal entity codes, nothing else.
 *
 * @throws Error with the first line of another form
 */
export function readFlowchart(text: string): Flowchart {
  const [first, ...lines] = text.split('\n');
  if (first !== 'flowchart TB' || lines.pop() !== '') throw new Error('it does not begin or end as it must');
  const boxes = new Map<string, string>();
  const arrows: (readonly [string, string])[] = [];
  for (const line of lines) {
    const [, id, label] = BOX.exec(line) ?? [];
    const [, from, to] = ARROW.exec(line) ?? [];
    if (id !== undefined && label !== undefined) boxes.set(id, decodeLabel(label));
    else if (from !== undefined && to !== undefined) arrows.push([from, to]);
    else if (!ELSE.some((form) => form.test(line))) throw new Error(`not a line of ours: ${line}`);
  }
  return { boxes, arrows };
}

function decodeLabel(label: string): string {
  return label
    .replaceAll('<br/>', '\n')
    .replace(/#(\d+);/g, (_code, number: string) => String.fromCodePoint(Number(number)));
}

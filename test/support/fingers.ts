import type { CDPSession, Page } from 'playwright-core';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where something is drawn on the canvas, in CSS pixels. */
interface Drawn {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

const PATIENCE_MS = 10_000;

/** The box around whatever differs from the ground, which is in the corner. */
const SEEN = `(async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const canvas = document.querySelector('canvas');
  const { width, height } = canvas;
  const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
  const box = { left: width, right: 0, top: height };
  pixels.forEach((pixel, at) => {
    if (pixel === pixels[0]) return;
    const x = at % width;
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, Math.floor(at / width));
  });
  return { left: box.left, top: box.top, width: box.right - box.left };
})()`;

/** Fingers on the canvas of a page that has a touch screen; points are relative to the canvas. */
export class Fingers {
  private constructor(
    private readonly page: Page,
    private readonly session: CDPSession,
    private readonly corner: Point,
  ) {}

  static async on(page: Page): Promise<Fingers> {
    const box = await page.locator('canvas').boundingBox();
    if (!box) throw new Error('the canvas is not shown');
    return new Fingers(page, await page.context().newCDPSession(page), box);
  }

  /** Puts fingers down at the first points, moves them along the others, lifts them. */
  async move(path: readonly (readonly Point[])[]): Promise<void> {
    for (const [step, points] of path.entries())
      await this.dispatch(step === 0 ? 'touchStart' : 'touchMove', points);
    await this.dispatch('touchEnd', []);
  }

  tap(point: Point): Promise<void> {
    return this.move([[point]]);
  }

  seen(): Promise<Drawn> {
    return this.page.evaluate<Drawn>(SEEN);
  }

  /** Waits until the picture is as it should be. */
  async until(isSo: (drawn: Drawn) => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    let drawn = await this.seen();
    while (!isSo(drawn)) {
      if (performance.now() > deadline) throw new Error(`the picture stays at ${JSON.stringify(drawn)}`);
      drawn = await this.seen();
    }
  }

  private async dispatch(
    type: 'touchStart' | 'touchMove' | 'touchEnd',
    points: readonly Point[],
  ): Promise<void> {
    const touchPoints = points.map(({ x, y }, id) => ({ x: this.corner.x + x, y: this.corner.y + y, id }));
    await this.session.send('Input.dispatchTouchEvent', { type, touchPoints });
  }
}

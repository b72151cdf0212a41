import { type Camera, fit, reveal, type Size, zoomAt } from './camera.js';
import { CARD_HEIGHT, CARD_WIDTH } from './drawing.js';
import { followGestures } from './gestures.js';
import { cardAt, paint, READABLE_ZOOM, type Scene } from './painter.js';

/** More cards or links than that in sight are moved as a picture, and painted anew when the hand rests. */
const HEAVY = 900;
const REST_MS = 140;
/** The corner that the buttons for zooming take. */
const TOOLS: Size = { width: 40, height: 130 };
const WIDE = 600;

export interface StageEvents {
  /** A card was clicked, or the ground beside them. */
  readonly onPick: (position: number | undefined) => void;
}

/** A canvas on which a scene is seen through a camera that the reader moves. */
export class Stage {
  private scene: Scene | undefined;
  private camera: Camera = { zoom: 1, left: 0, top: 0 };
  private view: Size = { width: 0, height: 0 };
  private frame = 0;
  private rest = 0;
  /** What was painted last, with its camera, to be moved while a hand moves. */
  private picture: { readonly canvas: HTMLCanvasElement; readonly camera: Camera } | undefined;
  private isFitted = true;
  /** A card to reveal once there is a size. */
  private awaited: number | undefined;
  private readonly context: CanvasRenderingContext2D;
  private readonly observer: ResizeObserver;
  private readonly stopGestures: () => void;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    events: StageEvents,
  ) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser has no canvas');
    this.context = context;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(canvas);
    this.stopGestures = followGestures(canvas, {
      move: (dx, dy) => this.look({ ...this.camera, left: this.camera.left + dx, top: this.camera.top + dy }),
      zoom: (factor, x, y) => this.look(zoomAt(this.camera, factor, x, y)),
      tap: (x, y) => events.onPick(this.scene && cardAt(this.scene.drawing, this.camera, x, y)),
      hover: (x, y) => {
        const isOver = this.scene && cardAt(this.scene.drawing, this.camera, x, y) !== undefined;
        canvas.style.cursor = isOver ? 'pointer' : 'grab';
      },
    });
  }

  close(): void {
    this.observer.disconnect();
    this.stopGestures();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }

  /** Another drawing is fitted into the view; another look at the same one leaves the camera where it is. */
  show(scene: Scene): void {
    const isOther = this.scene?.drawing !== scene.drawing;
    const isGrown = isOther && this.scene !== undefined && !this.isFitted && scene.drawing.cards.length > 1;
    this.scene = scene;
    this.picture = undefined;
    if (isOther && !isGrown) this.fit();
    else this.schedule(true);
  }

  fit(): void {
    if (!this.scene || this.view.width === 0) return;
    this.look(fitBeside(this.scene.drawing, this.view));
    this.isFitted = true;
  }

  zoomBy(factor: number): void {
    this.look(zoomAt(this.camera, factor, this.view.width / 2, this.view.height / 2));
  }

  moveBy(dx: number, dy: number): void {
    this.look({ ...this.camera, left: this.camera.left + dx, top: this.camera.top + dy });
  }

  /** Brings a card where it can be read. A picture of the whole that can be read stays as it is. */
  reveal(position: number): void {
    const { x, y } = this.scene?.drawing ?? {};
    this.awaited = this.view.width === 0 ? position : undefined;
    if (!x || !y || this.view.width === 0) return;
    if (this.isFitted && this.camera.zoom >= READABLE_ZOOM) return;
    const box = { x: x[position] ?? 0, y: y[position] ?? 0, width: CARD_WIDTH, height: CARD_HEIGHT };
    this.look(reveal(this.camera, this.view, box, READABLE_ZOOM * 1.6));
  }

  private look(camera: Camera): void {
    this.camera = camera;
    this.isFitted = false;
    this.schedule(false);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = devicePixelRatio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.view = { width, height };
    this.picture = undefined;
    if (this.isFitted) this.fit();
    if (this.awaited !== undefined) this.reveal(this.awaited);
    this.schedule(true);
  }

  private schedule(isFresh: boolean): void {
    if (isFresh) this.picture = undefined;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    if (!this.scene || this.view.width === 0) return;
    if (this.picture) {
      this.drawPicture(this.picture);
      clearTimeout(this.rest);
      this.rest = window.setTimeout(() => this.schedule(true), REST_MS);
      return;
    }
    const ratio = this.canvas.width / this.view.width;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(this.context, this.scene, this.camera, this.view);
    const { cards, links } = this.scene.drawing;
    if (cards.length + links.length > HEAVY)
      this.picture = { canvas: copyOf(this.canvas), camera: this.camera };
    this.canvas.dataset['painted'] = String(cards.length);
  }

  private drawPicture({
    canvas,
    camera,
  }: {
    readonly canvas: HTMLCanvasElement;
    readonly camera: Camera;
  }): void {
    const ratio = this.canvas.width / this.view.width;
    const by = this.camera.zoom / camera.zoom;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.fillStyle = this.scene?.theme.background ?? 'white';
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const left = (this.camera.left - camera.left * by) * ratio;
    const top = (this.camera.top - camera.top * by) * ratio;
    this.context.imageSmoothingQuality = 'low';
    this.context.drawImage(canvas, left, top, canvas.width * by, canvas.height * by);
  }
}

/** All of it, and not below the buttons in the corner, where there is room beside them. */
function fitBeside(drawing: Size, view: Size): Camera {
  const camera = fit(drawing, view);
  const right = camera.left + drawing.width * camera.zoom;
  const bottom = camera.top + drawing.height * camera.zoom;
  const isBelow = right > view.width - TOOLS.width && bottom > view.height - TOOLS.height;
  const width = view.width - TOOLS.width;
  return isBelow && view.width > WIDE ? fit(drawing, { ...view, width }) : camera;
}

function copyOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext('2d', { alpha: false })?.drawImage(canvas, 0, 0);
  return copy;
}

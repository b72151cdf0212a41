export interface GestureEvents {
  readonly move: (dx: number, dy: number) => void;
  /** @param factor above 1 to come nearer; x, y the point that stays */
  readonly zoom: (factor: number, x: number, y: number) => void;
  readonly tap: (x: number, y: number) => void;
  readonly hover: (x: number, y: number) => void;
}

/** A hand that moves less than that has tapped. In pixels. */
const TAP_SLACK = 5;
const ZOOM_PER_PIXEL = 0.0016;
const PIXELS_PER_LINE = 24;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Mouse, pen, fingers and wheel over a canvas, as moves, zooms and taps. @returns lets go of it */
export function followGestures(canvas: HTMLCanvasElement, events: GestureEvents): () => void {
  const fingers = new Map<number, Point>();
  let travelled = 0;
  const controller = new AbortController();
  const { signal } = controller;

  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  const down = (event: PointerEvent) => {
    if (fingers.size === 0) travelled = 0;
    fingers.set(event.pointerId, pointOf(event));
    canvas.setPointerCapture(event.pointerId);
  };

  const move = (event: PointerEvent) => {
    const to = pointOf(event);
    const from = fingers.get(event.pointerId);
    if (!from) {
      events.hover(to.x, to.y);
      return;
    }
    travelled += Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, to);
    if (other) pinch(from, to, other);
    else if (travelled > TAP_SLACK) events.move(to.x - from.x, to.y - from.y);
  };

  const pinch = (from: Point, to: Point, other: Point) => {
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(to.x - other.x, to.y - other.y);
    events.move((to.x - from.x) / 2, (to.y - from.y) / 2);
    if (before > 0) events.zoom(after / before, (to.x + other.x) / 2, (to.y + other.y) / 2);
  };

  const up = (event: PointerEvent) => {
    const isTap = fingers.size === 1 && travelled <= TAP_SLACK && event.type === 'pointerup';
    fingers.delete(event.pointerId);
    if (!isTap) return;
    const { x, y } = pointOf(event);
    events.tap(x, y);
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_PER_LINE : 1;
    const { x, y } = pointOf(event);
    // A pinch on a touchpad arrives as a wheel with Ctrl, in small steps.
    const speed = event.ctrlKey ? ZOOM_PER_PIXEL * 6 : ZOOM_PER_PIXEL;
    events.zoom(Math.exp(-event.deltaY * unit * speed), x, y);
  };

  canvas.addEventListener('pointerdown', down, { signal });
  canvas.addEventListener('pointermove', move, { signal });
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('pointercancel', up, { signal });
  canvas.addEventListener('wheel', wheel, { signal, passive: false });
  return () => controller.abort();
}

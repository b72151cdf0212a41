/** How a drawing is seen: a point of it at (x, y) is on the screen at (x · zoom + left, y · zoom + top). */
export interface Camera {
  readonly zoom: number;
  readonly left: number;
  readonly top: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MIN_ZOOM = 0.002;
const MAX_ZOOM = 3;
/** Fitting never enlarges beyond this. */
const MAX_FIT = 1;

/** All of it, in the middle. */
export function fit(drawing: Size, view: Size, margin = 32): Camera {
  const zoom = clamp(
    Math.min(
      (view.width - 2 * margin) / Math.max(drawing.width, 1),
      (view.height - 2 * margin) / Math.max(drawing.height, 1),
    ),
    MIN_ZOOM,
    MAX_FIT,
  );
  return {
    zoom,
    left: (view.width - drawing.width * zoom) / 2,
    top: (view.height - drawing.height * zoom) / 2,
  };
}

/** Zooms while the point under (x, y) of the screen stays there. */
export function zoomAt(camera: Camera, factor: number, x: number, y: number): Camera {
  const zoom = clamp(camera.zoom * factor, MIN_ZOOM, MAX_ZOOM);
  const by = zoom / camera.zoom;
  return { zoom, left: x - (x - camera.left) * by, top: y - (y - camera.top) * by };
}

function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, left: camera.left + dx, top: camera.top + dy };
}

/** Moves no further than needed to have a box on the screen, zooming in when it could not be read. */
export function reveal(
  camera: Camera,
  view: Size,
  box: Size & { readonly x: number; readonly y: number },
  readable: number,
): Camera {
  const margin = 48;
  if (camera.zoom < readable) {
    return {
      zoom: readable,
      left: view.width / 2 - (box.x + box.width / 2) * readable,
      top: view.height / 2 - (box.y + box.height / 2) * readable,
    };
  }
  const { zoom } = camera;
  const shift = (start: number, length: number, available: number) => {
    if (start < margin) return margin - start;
    const over = start + length - (available - margin);
    return over > 0 ? -over : 0;
  };
  return pan(
    camera,
    shift(box.x * zoom + camera.left, box.width * zoom, view.width),
    shift(box.y * zoom + camera.top, box.height * zoom, view.height),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

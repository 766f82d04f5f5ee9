// Mouse, touch and keys move and zoom a view.
//
// Drag, or one finger, moves; two fingers zoom; so does the wheel, with Ctrl at any time and alone once the drawing has
// the focus, so that a page can be scrolled past its drawings. `timeAt` turns a place on the element into a time;
// `tap` is told the place of a click, `hover` that of a mouse, or nothing when it has gone.

function followGestures(element, view, { timeAt, tap, hover }) {
  const pointers = new Map();
  let start = null;

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    start = pointers.size === 1 ? place(event) : null;
  });

  element.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      hover?.(now);
      return;
    }
    if (start && Math.hypot(now.x - start.x, now.y - start.y) < 5) return;
    start = null;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const [apart, was] = [Math.abs(now.x - other.x), Math.abs(before.x - other.x)];
      if (apart > 10 && was > 10) view.zoom(was / apart, timeAt(other.x));
    } else {
      view.move(timeAt(before.x) - timeAt(now.x));
    }
    pointers.set(event.pointerId, now);
  });

  const lift = (event) => {
    if (event.type === "pointerup" && start && pointers.size === 1) tap?.(place(event));
    pointers.delete(event.pointerId);
    start = null;
  };
  element.addEventListener("pointerup", lift);
  element.addEventListener("pointercancel", lift);
  element.addEventListener("pointerleave", () => hover?.(null));

  element.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (!sideways && !event.ctrlKey && !event.metaKey && document.activeElement !== element) return;
    event.preventDefault();
    const pixels = event.deltaMode ? 16 : 1;
    if (sideways) view.move((timeAt(1) - timeAt(0)) * (event.deltaX || event.deltaY) * pixels);
    // A trackpad tells a pinch as a wheel with Ctrl, in small steps.
    else view.zoom(Math.exp(event.deltaY * pixels * (event.ctrlKey && !event.deltaMode ? 0.01 : 0.002)), timeAt(place(event).x));
  }, { passive: false });

  element.addEventListener("dblclick", (event) => view.zoom(0.25, timeAt(place(event).x)));

  const keys = {
    ArrowLeft: () => view.move(-view.span / 8),
    ArrowRight: () => view.move(view.span / 8),
    PageUp: () => view.move(-view.span),
    PageDown: () => view.move(view.span),
    Home: () => view.show(view.first, view.first + view.span),
    End: () => view.show(view.last - view.span, view.last),
    "+": () => view.zoom(0.5),
    "=": () => view.zoom(0.5),
    "-": () => view.zoom(2),
    0: () => view.whole(),
    Escape: () => element.blur(),
  };
  element.addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    key();
  });
}

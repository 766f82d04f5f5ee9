// The part of a time axis that is seen. Whoever draws it listens to it.

class View {
  constructor(begin, end, shortest) {
    this.first = begin;
    this.last = end;
    this.shortest = Math.min(shortest, end - begin);
    this.begin = begin;
    this.end = end;
    this.listeners = [];
  }

  get span() {
    return this.end - this.begin;
  }

  // Shows a range, as far as there is something to show.
  show(begin, end) {
    const span = Math.min(Math.max(end - begin, this.shortest), this.last - this.first);
    const middle = (begin + end) / 2;
    this.begin = Math.min(Math.max(middle - span / 2, this.first), this.last - span);
    this.end = this.begin + span;
    for (const listener of this.listeners) listener(this);
  }

  // A factor below 1 shows less, and more of it; the moment `about` stays where it is.
  zoom(factor, about = (this.begin + this.end) / 2) {
    const span = Math.min(Math.max(this.span * factor, this.shortest), this.last - this.first);
    const part = (about - this.begin) / this.span;
    this.show(about - part * span, about + (1 - part) * span);
  }

  move(by) {
    this.show(this.begin + by, this.end + by);
  }

  whole() {
    this.show(this.first, this.last);
  }

  listen(listener) {
    this.listeners.push(listener);
  }
}
